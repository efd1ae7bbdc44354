// Package outfile gives files that are written bit by bit their names when they are whole. Nothing that has the name
// already is touched until then, and nothing is unless it may be.
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Check refuses a path that a file must not take: one where something is, unless it is forced, and one of what is not a
// regular file, such as a link, in any case. The error is then [fs.ErrExist].
func Check(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // should its directory be missing, creating the file says so
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case info.IsDir():
		return fmt.Errorf("%s: %w and is a directory; choose another name", path, fs.ErrExist)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: %w and is no regular file; choose another name", path, fs.ErrExist)
	case !force:
		return fmt.Errorf("%s: %w; choose another name, or overwrite it with --force", path, fs.ErrExist)
	}
	return nil
}

// Publish renames a finished file. If meanwhile something has come to be there that must not be replaced, it fails with
// [fs.ErrExist], and the file keeps its old name.
func Publish(from, to string, force bool) error {
	if force {
		if err := Check(to, true); err != nil {
			return err
		}
		return os.Rename(from, to)
	}
	return renameNew(from, to, os.Link)
}

// renameNew renames a file to a name that nothing has: if something comes to have
// it at the last moment, it fails with fs.ErrExist. A rename alone would
// overwrite, but a link does not. Where the file system knows no links, it takes
// the name with an empty file first.
func renameNew(from, to string, link func(from, to string) error) error {
	err := link(from, to)
	switch {
	case err == nil:
		return Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	place, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := errors.Join(place.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, Remove(to))
	}
	return nil
}

// Remove removes a file that may be gone already.
func Remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Same tells whether two paths are of one file, or would be: by name, by symbolic links, also those to what is not there
// yet, or by hard links. A path that is "" is of none.
func Same(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if resolved(a) == resolved(b) {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// mostLinks is after how many links a path is taken to lead in a circle.
const mostLinks = 40

// resolved is a path without links, though what it is of need not be there.
func resolved(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	for range mostLinks {
		if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			path = filepath.Join(dir, filepath.Base(path))
		}
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return filepath.Clean(path)
}
