package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLikelyMistakes: what was typed, and all that is said.
func TestLikelyMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("run.jsonl", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const (
		accepted  = "use embedded, spawn for a private redis-server, redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix:///path/to/socket[?db=number]"
		flags     = "\nRun locktop --help for the flags.\n"
		ofCommand = "\nRun locktop %s --help for the flags.\n"
	)
	of := func(command string) string { return strings.Replace(ofCommand, "%s", command, 1) }
	for _, c := range []struct{ typed, said string }{
		// commands
		{"comapre", `unknown command "comapre"; did you mean "compare"?` + flags},
		{"Tour", `unknown command "Tour"; did you mean "tour"?` + flags},
		{"mutex", `unknown command "mutex"; known are tour, compare, explore, step, replay, strategies, presets, faults, changes, version, man, completion, help` + flags},
		{"race", `unknown command "race"; a race takes no command: type locktop` + flags},
		{"rac", `unknown command "rac"; a race takes no command: type locktop` + flags},
		{"--lanes none spin", `unknown command "spin"; between lanes are commas: --lanes none,spin` + flags},
		{"-V", `unknown flag -V; did you mean -v?` + flags},
		{"--force", `force: it lets a FILE be replaced, and none is written: name one` + flags},
		{"spin", `unknown command "spin"; to race that, type locktop --lanes spin` + flags},
		{"none,block:lease=2s", `unknown command "none,block:lease=2s"; to race that, type locktop --lanes none,block:lease=2s` + flags},
		{"gc-pause", `unknown command "gc-pause"; to see that preset, type locktop --preset gc-pause` + flags},
		{"run.jsonl", `unknown command "run.jsonl"; to play a recording, type locktop replay run.jsonl` + flags},
		{"redis://localhost", `unknown command "redis://localhost"; to race on that Redis, put --redis before it` + flags},
		{"compare none", `compare: unexpected argument "none"` + of("compare")},
		{"replay", `replay: want one FILE, a run recorded with --record, have 0` + of("replay")},
		{"replay rnu.jsonl", "replay: open rnu.jsonl: no such file or directory\n"},
		{"tour kill-holder", `tour: there is no step "kill-holder"; did you mean "kill-the-holder"? (or 1 to 8)` + of("tour")},
		{"help blok", `help: nothing is called "blok"; did you mean "block"?` + flags},
		{"help zookeeper", `help: nothing is called "zookeeper"; locktop help lists the commands, and locktop strategies, presets, faults and changes the other words` + flags},
		// flags
		{"--clinets 4", `unknown flag --clinets; did you mean --clients?` + flags},
		{"-clients 4", `unknown flag -clients; did you mean --clients?` + flags},
		{"compare --nosuch", `unknown flag --nosuch` + of("compare")},
		{"compare --lanes none", `unknown flag --lanes; it is one of locktop, not of locktop compare` + of("compare")},
		{"explore --strategies none", `unknown flag --strategies; did you mean --strategy?` + of("explore")},
		{"--clients many", `--clients: want a whole number, have "many"` + flags},
		{"--clients", `--clients: want a whole number behind it, have nothing` + flags},
		{"--work 5", `--work: want a duration such as 40ms, have "5"; did you mean 5ms?` + flags},
		{"--lease 2 s", `--lease: want a duration such as 40ms, have "2"; did you mean 2ms?` + flags},
		{"--ascii=maybe", `--ascii: want true or false, have "maybe"` + flags},
		{"--json --output csv", `json and output "csv" ask for two forms of the report: give one of them` + flags},
		{"compare --json --output markdown", `json and output "markdown" ask for two forms of the report: give one of them` + of("compare")},
		{"explore --json --output text", `json and output "text" ask for two forms of the report: give one of them` + of("explore")},
		{"--output jsn", `output: want one of text, json, csv, markdown, have "jsn"` + flags},
		// strategies, presets, faults, changes
		{"--lanes none,spni", `lanes: unknown strategy "spni"; did you mean "spin"?` + flags},
		{"--lanes mutex", `lanes: unknown strategy "mutex"; known are none, spin, poll, backoff, block, fair, watch, atomic, redlock, fenced, fenced-write, broken-release, broken-wakeup, broken-wait` + flags},
		{"--lanes block:leese=2s", `lanes: block has no setting "leese"; did you mean "lease"?` + flags},
		{"--lanes block:lease", `lanes: "block:lease": want name:key=value, have "lease"` + flags},
		{"compare --strategies none,blck", `strategies: unknown strategy "blck"; did you mean "block"?` + of("compare")},
		{"explore --strategy fencd", `strategy: unknown strategy "fencd"; did you mean "fenced"?` + of("explore")},
		{"--preset gcpause", `preset: unknown "gcpause"; did you mean "gc-pause"?` + flags},
		{"--fault puase:client=1", `fault: unknown fault "puase"; did you mean "pause"?` + flags},
		{"--fault pause:at=wrte", `fault: pause: at: unknown point "wrte"; did you mean "write"?` + flags},
		{"--fault pause:clinet=1", `fault: pause has no setting "clinet"; did you mean "client"?` + flags},
		{"--change strategy=blok", `change: strategy: unknown strategy "blok"; did you mean "block"?` + flags},
		{"--change leese=1s", `change: unknown setting "leese"; did you mean "lease"?` + flags},
		{"--change block", `change: want setting=value, as in strategy=block:lane=1:after=5s, have "block"` + flags},
		{"--change foo=1:after=1s", `change: unknown setting "foo"; known are strategy, clients, work, retry, lease` + flags},
		{"--change strategy=none:aftr=1s", `change: unknown setting "aftr"; did you mean "after"?` + flags},
		{"--change clients=many", `change: clients: want a number from 1 to 100000, have "many"` + flags},
		// Redis
		{"--redis localhost:6379", `redis: unknown Redis source; did you mean redis://localhost:6379?` + flags},
		{"--redis localhost", `redis: unknown Redis source; did you mean redis://localhost?` + flags},
		{"--redis /run/redis.sock", `redis: unknown Redis source; did you mean unix:///run/redis.sock?` + flags},
		{"--redis embeded", `redis: unknown Redis source; did you mean "embedded"?` + flags},
		{"--redis http://localhost", `redis: unknown Redis source: ` + accepted + flags},
		{"--redis redis://me:geheim@localhost:99999", `redis: the port of the Redis URL is not a number from 1 to 65535: ` + accepted + flags},
		{"redis://me:geheim@localhost", `unknown command "redis://***@localhost"; to race on that Redis, put --redis before it` + flags},
	} {
		code, stdout, stderr := locktop(t, append(strings.Fields(c.typed), headless(c.typed)...)...)
		want := exitUsage
		if !strings.Contains(c.said, "--help") {
			want = exitFailed
		}
		if code != want || stdout != "" || stderr != "locktop: "+c.said {
			t.Errorf("locktop %s: exit %d, and says\n%swant\nlocktop: %s", c.typed, code, stderr+stdout, c.said)
		}
	}
}

// headless keeps races off the screen, where it is a flag.
func headless(typed string) []string {
	if strings.HasPrefix(typed, "--") && !strings.HasSuffix(typed, "--clients") {
		return []string{"--headless"}
	}
	return nil
}

// TestContradictionsInOnePlace: of what is given in two places, the better one counts.
func TestContradictionsInOnePlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte("json = true\noutput = 'csv'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := locktop(t, "--headless", "--config", file); code != exitUsage || !strings.Contains(stderr, file+": json and output \"csv\" ask for two forms") {
		t.Errorf("in a file: exit %d: %s", code, stderr)
	}
	args := strings.Fields("--headless --deterministic --alerts 1 --output csv --config")
	if code, stdout, stderr := locktop(t, append(args, file)...); code != exitDone || !strings.HasPrefix(stdout, "lane,") {
		t.Errorf("a flag goes before both: exit %d: %s%s", code, stdout, stderr)
	}
	t.Setenv("LOCKTOP_JSON", "1")
	t.Setenv("LOCKTOP_OUTPUT", "csv")
	if code, _, stderr := locktop(t, "--headless"); code != exitUsage || !strings.Contains(stderr, "LOCKTOP_OUTPUT: json and output") {
		t.Errorf("in the environment: exit %d: %s", code, stderr)
	}
	t.Setenv("LOCKTOP_WORK", "5")
	os.Unsetenv("LOCKTOP_OUTPUT")
	if code, _, stderr := locktop(t, "--headless"); code != exitUsage || !strings.Contains(stderr, `LOCKTOP_WORK: want a duration such as 40ms, have "5"; did you mean 5ms?`) {
		t.Errorf("a duration in the environment: exit %d: %s", code, stderr)
	}
}

// TestSecretsStaySecret, however they are quoted, and help that looks like one is left alone.
func TestSecretsStaySecret(t *testing.T) {
	for _, password := range []string{"geheim", `ge"heim`, "ge heim", "ge\\heim", "ge@heim", "ge\x1bheim", "ge'heim/x?y#z"} {
		for _, args := range [][]string{
			{"--redis", "redis://user:" + password + "@host:port"},
			{"redis://user:" + password + "@host"},
			{"compare", "redis://" + password + "@host"},
			{"--lanes", "redis://user:" + password + "@host"},
			{"--preset", "redis://user:" + password + "@host"},
			{"--theme", "redis://user:" + password + "@host"},
			{"--fault", "redis://user:" + password + "@host"},
			{"help", "redis://user:" + password + "@host"},
			{"replay", "redis://user:" + password + "@host"},
		} {
			_, stdout, stderr := locktop(t, args...)
			for _, part := range []string{"heim", password} {
				if strings.Contains(stdout+stderr, part) {
					t.Errorf("%q says %s", args, stderr)
				}
			}
		}
	}
}
