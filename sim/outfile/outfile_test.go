package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestRenameNewWhereThereAreNoLinks is of file systems such as FAT.
func TestRenameNewWhereThereAreNoLinks(t *testing.T) {
	noLinks := func(string, string) error { return errors.ErrUnsupported }
	for _, link := range []func(string, string) error{os.Link, noLinks} {
		dir := t.TempDir()
		from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
		put := func(path, text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put(from, "new")
		if err := renameNew(from, to, link); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(to); err != nil || string(text) != "new" {
			t.Errorf("renamed to %q, %v", text, err)
		}
		if _, err := os.Lstat(from); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the old name is still there: %v", err)
		}
		put(from, "newer")
		if err := renameNew(from, to, link); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over a file: %v", err)
		}
		if text, err := os.ReadFile(to); err != nil || string(text) != "new" {
			t.Errorf("the file there is now %q, %v", text, err)
		}
	}
}

// TestSame: two names of a file, whether it is there or not.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(at("file"), nil, 0o600))
	must(os.Mkdir(at("sub"), 0o700))
	must(os.Link(at("file"), at("hard")))
	must(os.Symlink("file", at("soft")))
	must(os.Symlink(at("soft"), at("softer")))
	must(os.Symlink("new", at("dangling")))
	must(os.Symlink("sub", at("linked")))
	must(os.Symlink("circle", at("circle")))
	t.Chdir(dir)
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"file", "file", true},
		{"file", "./sub/../file", true},
		{"file", at("file"), true},
		{"file", "hard", true},
		{"file", "soft", true},
		{"hard", "softer", true},
		{"new", "dangling", true},
		{"sub/new", "linked/new", true},
		{"sub/new", "linked/../sub/new", true},
		{"new", "sub/new", false},
		{"file", "new", false},
		{"", "", false},
		{"circle", "file", false},
		{"nowhere/new", "nowhere/new", true},
	} {
		if Same(c.a, c.b) != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("%q and %q: want %t", c.a, c.b, c.want)
		}
	}
}
