package lock_test

import (
	"context"
	"os"
	"strings"
	"testing"
)

// TestReadme has the program that README.md begins with be one that is compiled, and runs it.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(readme), "```go\n")
	program, _, _ = strings.Cut(program, "```")
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	indented := ""
	for line := range strings.Lines(program) {
		indented += "\t" + line
	}
	if program == "" || !strings.Contains(string(source), indented) {
		t.Errorf("this is not compiled anywhere:\n%s", indented)
	}
	client, stop := startRedis()
	defer stop()
	done := false
	if err := overview(t.Context(), client, func(context.Context) error { done = true; return nil }); err != nil || !done {
		t.Errorf("it returns %v, done: %t", err, done)
	}
}

// TestReadmeAccessRules has README.md tell the same rights as the errors.
func TestReadmeAccessRules(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if rules := accessRules(t); !strings.Contains(string(readme), "Rights for an ACL: `"+rules+"`") {
		t.Errorf("README.md does not say: Rights for an ACL: `%s`", rules)
	}
}
