package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"locktop/lock/redistest"
	"locktop/sim"
)

func TestTheReportAsJSON(t *testing.T) {
	code, stdout, stderr := locktop(t, strings.Fields("--headless --json --deterministic --lanes none,spin,block --clients 8 --alerts 20 --seed 7")...)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var doc struct {
		Version    int
		Experiment struct {
			Seed, Clients, Servers, Alerts int
			Speed, Backend                 string
			RedisVersion                   string `json:"redis_version"`
		}
		Lanes []struct {
			Strategy string
			Updates  struct{ Acked, Kept, Lost, Unknown, Clobbers *int }
			Average  struct {
				Redis *float64 `json:"redis_ms"`
				True  *float64 `json:"true_ms"`
			}
			Lock struct {
				Acquired, Failures, Retries, Overlaps *int
				MaxInside                             *int `json:"max_inside"`
			}
			Wait struct{ P50, P99, Max *float64 } `json:"wait_ms"`
			Rate struct {
				Kept     *float64 `json:"kept_per_s"`
				Commands *float64 `json:"commands_per_update"`
			}
			Jain    *float64
			Verdict string
		}
		Elapsed *float64 `json:"elapsed_s"`
	}
	dec := json.NewDecoder(strings.NewReader(stdout))
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("not one JSON object: %v\n%s", err, stdout)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("something follows the object: %v", err)
	}
	e := doc.Experiment
	if doc.Version != 1 || e.Seed != 7 || e.Clients != 8 || e.Servers != 3 || e.Alerts != 20 ||
		e.Speed != "1" || e.Backend != "embedded" || e.RedisVersion == "" || doc.Elapsed == nil {
		t.Errorf("version %d, experiment %+v", doc.Version, e)
	}
	if len(doc.Lanes) != 3 {
		t.Fatalf("%d lanes", len(doc.Lanes))
	}
	for i, want := range []struct {
		strategy, verdict string
		acquired          int
	}{{"none", "wrong", 0}, {"spin", "correct", 160}, {"block", "correct", 160}} {
		l := doc.Lanes[i]
		u := l.Updates
		if l.Strategy != want.strategy || l.Verdict != want.verdict || *u.Acked != 160 || *u.Kept+*u.Lost != 160 || *u.Unknown != 0 {
			t.Errorf("lane %d is %s, %s: %s", i, l.Strategy, l.Verdict, stdout)
		}
		if lost := *u.Lost > 0; lost != (want.verdict == "wrong") {
			t.Errorf("%s lost %d", l.Strategy, *u.Lost)
		}
		waits := l.Wait.P99 != nil && *l.Wait.Max >= *l.Wait.P99
		if *l.Lock.Acquired != want.acquired || *l.Rate.Commands < 2 || *l.Rate.Kept <= 0 || waits != (want.acquired > 0) {
			t.Errorf("%s: lock %+v, rate %+v, wait %+v", l.Strategy, l.Lock, l.Rate, l.Wait)
		}
		if *l.Average.True != *doc.Lanes[0].Average.True || *l.Jain <= 0 || *l.Jain > 1 || *u.Clobbers < 0 || *l.Lock.MaxInside < 1 {
			t.Errorf("%s: average %v, Jain %v", l.Strategy, *l.Average.True, *l.Jain)
		}
	}
}

func TestTheReportAsText(t *testing.T) {
	code, stdout, stderr := locktop(t, "--headless", "--deterministic")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{"WRONG", "CORRECT", "none: lost ", "spin: every one of 120 updates is in the average", "embedded"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in:\n%s", want, stdout)
		}
	}
}

func TestMistakesAreUsageErrorsAndTouchNothing(t *testing.T) {
	for args, want := range map[string]string{
		"--clients 0":                         "clients: want 1 to 100000, have 0",
		"--clients 100001":                    "clients: want 1 to 100000, have 100001",
		"--clients many":                      "--clients",
		"--lanes none,spni":                   `unknown strategy "spni"; did you mean "spin"?`,
		"--lanes none,none,none,none,none":    "lanes: want 1 to 4",
		"--lanes ":                            "lanes:",
		"--alerts -1":                         "alerts: want 0",
		"--servers 0":                         "servers: want 1",
		"--work -1ms":                         "work: want a duration of 0 or more",
		"--retry -1ms":                        "retry: want",
		"--lease -1s":                         "lease: want",
		"--lease 10us":                        "lease: want 0 (none) or at least 1ms",
		"--interval -1s":                      "interval: want",
		"--speed 0":                           "speed:",
		"--speed fast":                        "speed:",
		"--redis http://localhost":            "redis:",
		"--redis redis://:geheim@host:port":   "redis:",
		"--redis geheim@@:":                   "redis:",
		"--output xml":                        "output: want one of text, json, csv, markdown",
		"--theme pink":                        "theme: want dark or light",
		"--fps 0":                             "fps: want 1 to 60",
		"--fps 61":                            "fps: want 1 to 60",
		"--nonsense":                          "unknown flag --nonsense",
		"extra":                               `unknown command "extra"; known are tour, compare,`,
		"--seed -1":                           "--seed",
		"--clients 0 --work -1ms --speed zzz": "work: want",
	} {
		code, stdout, stderr := locktop(t, append([]string{"--headless"}, strings.Split(args, " ")...)...)
		if code != exitUsage || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
		if strings.Contains(stderr, "geheim") {
			t.Errorf("%s: the password is in %q", args, stderr)
		}
	}
}

func TestTheEnvironmentStandsInForFlags(t *testing.T) {
	t.Setenv("LOCKTOP_CLIENTS", "3")
	t.Setenv("LOCKTOP_LANES", "block")
	t.Setenv("LOCKTOP_JSON", "true")
	code, stdout, stderr := locktop(t, "--headless", "--alerts", "2", "--lanes", "none")
	if code != exitDone || !strings.Contains(stdout, `"clients": 3`) || !strings.Contains(stdout, `"strategy": "none"`) || strings.Contains(stdout, "block") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr = locktop(t, "--headless", "--alerts", "2", "--output", "text"); code != exitDone || json.Valid([]byte(stdout)) {
		t.Errorf("--output goes before LOCKTOP_JSON: exit %d: %s%s", code, stdout, stderr)
	}
	t.Setenv("LOCKTOP_CLIENTS", "three")
	if code, _, stderr = locktop(t, "--headless"); code != exitUsage || !strings.Contains(stderr, "LOCKTOP_CLIENTS") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	t.Setenv("LOCKTOP_CLIENTS", "3")
	t.Setenv("LOCKTOP_REDIS", "redis://:geheim@127.0.0.1:1")
	if code, stdout, stderr = locktop(t, "--headless"); code != exitFailed || strings.Contains(stdout+stderr, "geheim") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr = locktop(t, "--help"); code != exitDone || strings.Contains(stdout+stderr, "geheim") {
		t.Errorf("--help: exit %d: %s%s", code, stdout, stderr)
	}
}

func TestCheckTellsWrongFromCorrect(t *testing.T) {
	for lanes, want := range map[string]int{"block,spin": exitDone, "spin,none": exitNotCorrect} {
		if code, _, stderr := locktop(t, "--headless", "--deterministic", "--check", "--lanes", lanes); code != want {
			t.Errorf("--lanes %s: exit %d, want %d: %s", lanes, code, want, stderr)
		}
	}
	code, _, stderr := locktop(t, "--headless", "--deterministic", "--check", "--lanes", "spin", "--clients", "1")
	if code != exitNotCorrect || !strings.Contains(stderr, "UNDECIDED") {
		t.Errorf("one client: exit %d: %s", code, stderr)
	}
}

func TestPresetsFromTheCommandLine(t *testing.T) {
	code, stdout, _ := locktop(t, "presets")
	for _, p := range sim.Presets() {
		if !strings.Contains(stdout, p.Name+" ") || !strings.Contains(stdout, p.Title) {
			t.Errorf("exit %d, no %s in:\n%s", code, p.Name, stdout)
		}
	}
	if code, stdout, stderr := locktop(t, "--preset", "lost-update", "--deterministic", "--headless", "--check"); code != exitDone || !strings.Contains(stdout, "WRONG") {
		t.Errorf("exit %d, %s\n%s", code, stderr, stdout)
	}
	// Other flags change it, whichever comes first; here so that nothing goes wrong.
	args := strings.Fields("--lanes atomic,atomic --clients 3 --preset lost-update --headless --check")
	if code, stdout, stderr := locktop(t, args...); code != exitNotCorrect || !strings.Contains(stdout, "3 clients") || !strings.Contains(stderr, "not what it promises") {
		t.Errorf("exit %d, %s\n%s", code, stderr, stdout)
	}
	if code, _, stderr := locktop(t, "--preset", "lost-updates"); code != exitUsage || !strings.Contains(stderr, `did you mean "lost-update"?`) {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func TestFaultsOnTheCommandLine(t *testing.T) {
	code, stdout, _ := locktop(t, "faults")
	if code != exitDone {
		t.Fatalf("exit %d", code)
	}
	for _, k := range sim.FaultKinds() {
		if !strings.Contains(stdout, "\n"+string(k)+" ") {
			t.Errorf("no %s in:\n%s", k, stdout)
		}
	}
	for _, c := range []struct {
		name string
		args string
		code int
		want string // on stdout or stderr
	}{
		{"a lane that hangs ends, and fails the check", "--lanes spin:lease=0s --fault crash:at=acquired --speed 4 --alerts 2 --check --deterministic", exitNotCorrect, "HUNG"},
		{"a crash under a lease does not", "--lanes spin:lease=100ms --fault crash:at=acquired --speed 1 --work 5ms --alerts 2 --check --deterministic", exitDone, "clients crashed"},
		{"lanes of one strategy are told apart", "--lanes none,spin:retry=5ms,spin:retry=0s --alerts 2", exitDone, "spin:retry=5ms: every one"},
		{"an unknown fault lists the known", "--fault melt", exitUsage, "known are pause, crash"},
		{"an unknown setting is named", "--fault pause:colour=red", exitUsage, `pause has no setting "colour"`},
		{"a client that is not there is named", "--fault pause:client=7", exitUsage, "there are only 6"},
		{"a Redis of others is not restarted", "--redis redis://localhost:1 --fault restart", exitUsage, "not locktop's own"},
		{"an unknown preset lists the known", "--preset melt", exitUsage, "redlock-restart"},
		{"a preset does what it promises", "--preset swallowed-signal --check --deterministic", exitDone, "HUNG"},
		{"its faults that no lane can have any more are left out", "--preset stolen-release --lanes block,block --check --deterministic", exitNotCorrect, "not what it promises"},
		{"and not with the remedy in both lanes", "--preset swallowed-signal --lanes block,block --check --deterministic", exitNotCorrect, "not what it promises"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := locktop(t, append([]string{"--headless"}, strings.Fields(c.args)...)...)
			if code != c.code || !strings.Contains(stdout+stderr, c.want) {
				t.Errorf("exit %d, want %d and %q\n%s%s", code, c.code, c.want, stdout, stderr)
			}
		})
	}
}

// TestADeterministicRunIsTheSameWithOneProcessor and with two: the log and the report.
func TestADeterministicRunIsTheSameWithOneProcessor(t *testing.T) {
	dir := t.TempDir()
	once := func(processors, name string, args ...string) (log, report string) {
		t.Helper()
		t.Setenv("GOMAXPROCS", processors)
		path := filepath.Join(dir, name+".jsonl")
		cmd, stdout, stderr := process(t, append(args, "--deterministic", "--headless", "--json", "--record", path)...)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), stdout.String()
	}
	logs := map[string]bool{}
	for i, args := range [][]string{
		{"--seed", "5"},
		{"--seed", "6", "--lanes", "fair,watch,redlock,backoff", "--alerts", "5"},
		{"--seed", "7", "--lanes", "block,fenced", "--clients", "16", "--fault", "failover:after=300ms", "--fault", "pause:client=2:at=write"},
		{"--seed", "5", "--lanes", "none,spin", "--change", "strategy=fair:lane=2:after=300ms", "--change", "clients=9:after=500ms"},
	} {
		first, report := once("1", fmt.Sprint(i, "-first"), args...)
		for n, processors := range []string{"1", "2"} {
			again, said := once(processors, fmt.Sprint(i, "-", n), args...)
			if again != first || said != report {
				t.Errorf("%v: another run with %s processors is another one", args, processors)
			}
		}
		logs[first] = true
	}
	if len(logs) != 4 {
		t.Errorf("four races have %d logs", len(logs))
	}
}

func TestADeterministicRunTakesTheEmbeddedRedis(t *testing.T) {
	for _, args := range [][]string{{"--deterministic", "--headless", "--redis", "redis://localhost:1"}, {"compare", "--deterministic", "--redis", "spawn"}} {
		code, _, stderr := locktop(t, args...)
		if code != exitUsage || !strings.Contains(stderr, "use --redis embedded") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

// TestADeterministicScorecardIsTheSame in every form, times and all.
func TestADeterministicScorecardIsTheSame(t *testing.T) {
	t.Parallel()
	for form, note := range map[string]string{"text": "of virtual time", "json": `"deterministic": true`, "csv": "", "markdown": "of virtual time"} {
		args := []string{"compare", "--deterministic", "--seed", "5", "--updates", "48", "--clients", "4", "--strategies", "none,block,fair,watch", "--output", form}
		code, first, stderr := locktop(t, args...)
		if code != exitDone || !strings.Contains(first, note) {
			t.Errorf("%s: exit %d: %s%s", form, code, first, stderr)
		}
		if _, again, _ := locktop(t, args...); again != first {
			t.Errorf("%s: another run differs:\n%s", form, difference(first, again))
		}
	}
}

// TestHeadlessTimesAreThoseOfTheSettings: on a real Redis think time is taken, unless told otherwise, and so are times
// and rates; at speed max none are told. An exclusive hold of 40 ms lets 25 updates a second through.
func TestHeadlessTimesAreThoseOfTheSettings(t *testing.T) {
	server := redistest.Real(t)
	for _, c := range []struct {
		name  string
		args  []string
		speed string
		times bool
	}{
		{"embedded", nil, "max", false},
		{"embedded, at its pace", []string{"--speed", "2"}, "2", true},
		{"in virtual time", []string{"--deterministic"}, "1", true},
		{"in virtual time, at any speed", []string{"--deterministic", "--speed", "max"}, "1", true},
		{"a private server", []string{"--redis", "spawn"}, "1", true},
		{"a server", []string{"--redis", server.URL()}, "1", true},
		{"a server, in a hurry", []string{"--redis", server.URL(), "--speed", "max"}, "max", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"--headless", "--json", "--lanes", "block", "--clients", "2", "--alerts", "5", "--interval", "0s"}, c.args...)
			code, stdout, stderr := locktop(t, args...)
			if code != exitDone {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			var doc struct {
				Experiment struct{ Speed string }
				Lanes      []struct {
					Rate struct {
						KeptPerS *float64 `json:"kept_per_s"`
					}
					NotMeasured map[string]string `json:"not_measured"`
				}
			}
			if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
				t.Fatal(err)
			}
			kept := doc.Lanes[0].Rate.KeptPerS
			if doc.Experiment.Speed != c.speed || (kept != nil) != c.times {
				t.Fatalf("%s", stdout)
			}
			if kept != nil && *kept > 25 {
				t.Errorf("%v updates a second, of 40 ms each", *kept)
			}
			if why := doc.Lanes[0].NotMeasured["rate.kept_per_s"]; (why == "") != c.times {
				t.Errorf("the reason is %q", why)
			}
		})
	}
}
