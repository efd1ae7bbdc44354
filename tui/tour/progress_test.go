package tour

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestProgress(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	path, err := ProgressPath()
	if err != nil || path != filepath.Join(state, "locktop", "tour.json") {
		t.Fatalf("kept in %s, %v", path, err)
	}
	p := LoadProgress(path)
	if p.Has("predict") || p.Last != "" {
		t.Errorf("a beginner has %+v", p)
	}
	for _, f := range []func(string){p.Visit, p.Finish, p.Finish} {
		if f("predict"); p.Unsaved() != nil {
			t.Fatal(p.Unsaved())
		}
	}
	if p := LoadProgress(path); !p.Has("predict") || len(p.Done) != 1 || p.Last != "predict" {
		t.Errorf("after one lesson it is %+v", p)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left beside the file: %v, %v", left, err)
	}
	if err := p.Reset(); err != nil {
		t.Fatal(err)
	}
	if p := LoadProgress(path); p.Has("predict") || p.Last != "" {
		t.Errorf("after a reset it is %+v", p)
	}
	if err := p.Reset(); err != nil {
		t.Errorf("a second reset: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"done": ["predict"], "last": 3}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := LoadProgress(path); p.Has("predict") {
		t.Errorf("a damaged file counts as %+v", p)
	}
	t.Setenv("XDG_STATE_HOME", "not/absolute")
	t.Setenv("HOME", state)
	if path, err := ProgressPath(); err != nil || path != filepath.Join(state, ".local", "state", "locktop", "tour.json") {
		t.Errorf("without a state directory, kept in %s, %v", path, err)
	}
}

// TestProgressThatCannotBeSaved keeps nobody from learning, and says why.
func TestProgressThatCannotBeSaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Progress{LoadProgress(filepath.Join(file, "locktop", "tour.json")), NoProgress(errors.New("no home"))} {
		p.Visit("predict")
		p.Finish("predict")
		if !p.Has("predict") || p.Last != "predict" || p.Unsaved() == nil {
			t.Errorf("%+v, not saved because of %v", p, p.Unsaved())
		}
		if p.Reset() == nil {
			t.Error("a reset of what cannot be written succeeds")
		}
	}
	if p := NoProgress(nil); p.Unsaved() != nil || p.Reset() != nil {
		t.Error("progress that nobody wants to keep has a reason not to be kept")
	}
}
