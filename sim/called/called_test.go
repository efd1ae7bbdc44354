package called

import "testing"

func TestHowTheProgramWasStarted(t *testing.T) {
	for arg0, want := range map[string]string{
		"locktop":       "locktop",
		"./locktop":     "./locktop",
		"/opt/bin/lock": "/opt/bin/lock",
		"/tmp/go-build1365441230/b001/exe/locktop":           "go run .",
		"/home/x/.cache/go-build/ab/abcdef-d/locktop":        "go run .",
		`C:\Users\x\AppData\Local\go-build\12\34-d\lock.exe`: "go run .",
		"/opt/my programs/locktop":                           "'/opt/my programs/locktop'",
		"it's":                                               `'it'\''s'`,
		"":                                                   "locktop",
	} {
		if got := startedAs(arg0); got != want {
			t.Errorf("%q was started as %s, want %s", arg0, got, want)
		}
	}
}

func TestHintsNameTheProgram(t *testing.T) {
	t.Cleanup(func() { name = "locktop" })
	By("/tmp/go-build1/b001/exe/locktop")
	for text, want := range map[string]string{
		"locktop replay --schedule 'none@2: 1 2 2 1'":  "go run . replay --schedule 'none@2: 1 2 2 1'",
		"  locktop\n  locktop tour":                    "  go run .\n  go run . tour",
		"see locktop faults; `locktop` (locktop man)":  "see go run . faults; `go run .` (go run . man)",
		"~/.config/locktop/config.toml, locktop-1.txt": "~/.config/locktop/config.toml, locktop-1.txt",
		"locktop: 6 clients":                           "locktop: 6 clients",
		"--record a.jsonl && locktop replay a.jsonl":   "--record a.jsonl && go run . replay a.jsonl",
	} {
		if got := Hint(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
