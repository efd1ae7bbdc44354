package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"locktop/sim/eventlog"
	"locktop/sim/outfile"
)

// A place is a file that a command reads or writes, by its path or already open.
type place struct {
	name string // in a message
	flag string // whose value is at fault when this clashes with what comes before; empty is none
	path string // "" is none
	file any    // what has a Stat, as an [os.File] has, or what is none
	read bool   // it is only read
}

type places []place

// clash returns an error if two places are one file, of which one is written: it would take
// the other's place.
func (all places) clash() error {
	for i, p := range all {
		for _, before := range all[:i] {
			if p.flag != "" && !(p.read && before.read) && p.same(before) {
				return fmt.Errorf("%s: %s is %s; choose another name", p.flag, p.label(), before.name)
			}
		}
	}
	return nil
}

func (p place) label() string {
	if p.path == "" {
		return p.name
	}
	return p.path
}

// same tells whether two places are one file. What is no regular file, such as a terminal,
// takes nothing's place.
func (p place) same(other place) bool {
	if p.path != "" && other.path != "" {
		return outfile.Same(p.path, other.path)
	}
	a, b := p.info(), other.info()
	return a != nil && b != nil && a.Mode().IsRegular() && os.SameFile(a, b)
}

func (p place) info() os.FileInfo {
	var info os.FileInfo
	var err error
	of := p.file
	if w, ok := of.(io.Writer); ok {
		of = behind(w)
	}
	if file, ok := of.(interface{ Stat() (os.FileInfo, error) }); ok {
		info, err = file.Stat()
	} else if p.path != "" {
		info, err = os.Stat(p.path)
	}
	if err != nil {
		return nil
	}
	return info
}

// partOf is what a recording is called until it is whole.
func partOf(path string) string {
	if path == "" {
		return ""
	}
	return eventlog.PartName(path)
}

// forcesSomething returns an error if files may be replaced and none is written.
func forcesSomething(force bool, paths ...string) error {
	if force && strings.Join(paths, "") == "" {
		return errors.New("force: it lets a FILE be replaced, and none is written: name one")
	}
	return nil
}
