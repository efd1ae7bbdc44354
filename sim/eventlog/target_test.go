package eventlog

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
