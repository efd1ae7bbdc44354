package eventlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// checkTarget refuses a path that a log must not take.
func checkTarget(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // should its directory be missing, creating the file says so
	case err != nil:
		return fmt.Errorf("event log %s: %w", path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("event log %s: %w and is no regular file; choose another name", path, fs.ErrExist)
	case !force:
		return fmt.Errorf("event log %s: %w; choose another name, or overwrite it with --force", path, fs.ErrExist)
	}
	return nil
}

// renameNew renames a file to a name that nothing has: if something comes to have
// it at the last moment, it fails with fs.ErrExist. A rename alone would
// overwrite, but a link does not. Where the file system knows no links, it takes
// the name with an empty file first.
func renameNew(from, to string, link func(from, to string) error) error {
	err := link(from, to)
	switch {
	case err == nil:
		return remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	place, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := errors.Join(place.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, remove(to))
	}
	return nil
}

// remove removes a file that may be gone already.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
