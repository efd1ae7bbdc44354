//go:build unix

// Package vhs has the tapes of the screen, which vhs/record films, and plays them without VHS: a tape that no longer fits
// the program fails here.
package vhs

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A tape is a program of VHS's language, of which it may use only what is known here.
// All of it is described in VHS's README.
type tape struct {
	width, height, padding, fontSize int // pixels
	patience                         time.Duration
	require                          []string // programs
	env                              []string // NAME=value
	output                           string
	commands                         []command
	filmed                           int // how many of them, before those that are hidden at the end
	hidden                           bool
}

// A command is something to do while the tape plays: type keys, or wait.
type command struct {
	line int    // of the tape, from 1
	text string // as the tape has it

	keys    []string       // each is the bytes of one key
	pattern *regexp.Regexp // to wait for; nil where there are keys
	screen  bool           // it may be anywhere, not only in the line of the cursor
	timeout time.Duration
}

// settings are those that say how it looks, and nothing about what the program does.
var settings = map[string]bool{
	"Shell": true, "MarginFill": true, "FontFamily": true, "LetterSpacing": true, "LineHeight": true, "Framerate": true,
	"TypingSpeed": true, "CursorBlink": true, "Theme": true,
}

// pressed are the keys that are commands, as a terminal sends them.
var pressed = map[string]string{
	"Enter": "\r", "Space": " ", "Tab": "\t", "Escape": "\x1b", "Backspace": "\x7f", "Delete": "\x1b[3~", "Insert": "\x1b[2~",
	"Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D", "PageUp": "\x1b[5~", "PageDown": "\x1b[6~",
}

// prompt is what Wait waits for unless it is told.
var prompt = regexp.MustCompile(`>$`)

// load reads a tape. Paths on it are relative to root, where VHS is started.
func load(root, path string) (tape, error) {
	t := tape{patience: 15 * time.Second}
	if err := t.read(root, path, false); err != nil {
		return tape{}, err
	}
	if !t.hidden {
		t.filmed = len(t.commands)
	}
	if t.columns() < 1 || t.lines() < 1 {
		return tape{}, fmt.Errorf("%s: no room for a character at Width %d, Height %d, Padding %d, FontSize %d", path, t.width, t.height, t.padding, t.fontSize)
	}
	return t, nil
}

func (t *tape) read(root, path string, sourced bool) error {
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(text), "\n") {
		if err := t.parse(root, strings.TrimSpace(line), i+1, sourced); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", path, i+1, line, err)
		}
	}
	return nil
}

// parse reads one line.
func (t *tape) parse(root, line string, number int, sourced bool) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	word, at, timed := strings.Cut(word, "@")
	var given time.Duration
	if timed {
		var err error
		if given, err = duration(at); err != nil {
			return err
		}
	}
	c := command{line: number, text: line}
	switch name, argument, _ := strings.Cut(word, "+"); name {
	case "Source":
		if sourced {
			return errors.New("a sourced tape cannot source another")
		}
		return t.read(root, rest, true)
	case "Output":
		if !sourced {
			t.output = rest
		}
		return nil
	case "Require":
		t.require = append(t.require, rest)
		return nil
	case "Set":
		if len(t.commands) > 0 || len(t.env) > 0 {
			return errors.New("comes too late to have an effect")
		}
		return t.set(rest)
	case "Env":
		name, value, _ := strings.Cut(rest, " ")
		value, err := unquote(value)
		t.env = append(t.env, name+"="+value)
		return err
	case "Hide", "Show":
		t.hidden, t.filmed = name == "Hide", len(t.commands)
		return nil
	case "Sleep": // for those who watch; what has to be waited for is waited for by Wait
		_, err := duration(rest)
		return err
	case "Type":
		text, err := unquote(rest)
		if err != nil {
			return err
		}
		c.keys = strings.Split(text, "")
	case "Ctrl":
		if len(argument) != 1 || argument[0] < 'a' || argument[0] > 'z' {
			return fmt.Errorf("unknown key %q", argument)
		}
		c.keys = []string{string(rune(argument[0] - 'a' + 1))}
	case "Wait":
		if argument != "" && argument != "Line" && argument != "Screen" {
			return fmt.Errorf("cannot wait for a %s", argument)
		}
		c.screen, c.timeout, c.pattern = argument == "Screen", t.patience, prompt
		if timed {
			c.timeout = given
		}
		if rest != "" {
			if len(rest) < 2 || rest[0] != '/' || rest[len(rest)-1] != '/' {
				return errors.New("want a pattern between slashes")
			}
			var err error
			if c.pattern, err = regexp.Compile(rest[1 : len(rest)-1]); err != nil {
				return err
			}
		}
	default:
		key, known := pressed[word]
		if !known {
			return fmt.Errorf("unknown command %q", word)
		}
		times := 1
		if rest != "" {
			var err error
			if times, err = strconv.Atoi(rest); err != nil {
				return err
			}
		}
		for range times {
			c.keys = append(c.keys, key)
		}
	}
	t.commands = append(t.commands, c)
	return nil
}

// set reads the rest of a Set.
func (t *tape) set(rest string) error {
	name, value, _ := strings.Cut(rest, " ")
	pixels := map[string]*int{"Width": &t.width, "Height": &t.height, "Padding": &t.padding, "FontSize": &t.fontSize}
	switch where, known := pixels[name]; {
	case known:
		n, err := strconv.Atoi(value)
		*where = n
		return err
	case name == "WaitTimeout":
		d, err := duration(value)
		t.patience = d
		return err
	case !settings[name]:
		return fmt.Errorf("unknown setting %q", name)
	}
	return nil
}

// duration reads a time as VHS does: a number without a unit is of seconds.
func duration(text string) (time.Duration, error) {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%v is no time to wait", d)
	}
	return d, err
}

// unquote returns what stands between quotes. VHS would take some words without any, but
// others are units or numbers to it.
func unquote(text string) (string, error) {
	if len(text) >= 2 {
		quote, inner := text[0], text[1:len(text)-1]
		if strings.IndexByte("\"'`", quote) >= 0 && text[len(text)-1] == quote && strings.IndexByte(inner, quote) < 0 {
			return inner, nil
		}
	}
	return "", fmt.Errorf("want one text in quotes, have %s", text)
}

// The terminal that VHS films keeps a margin on all sides, and room for a scroll bar. A
// character of DejaVu Sans Mono is as wide and as high as the font says, in whole pixels.
const (
	margin    = 5
	scrollBar = 15

	advance, ascent, descent = 0.602, 0.928, 0.236 // in font sizes
)

// columns is how many characters there are in a line of the terminal.
func (t tape) columns() int {
	return (t.width - 2*t.padding - 2*margin - scrollBar) / max(1, int(advance*float64(t.fontSize)))
}

// lines is how many lines the terminal has.
func (t tape) lines() int {
	size := float64(t.fontSize)
	return (t.height - 2*t.padding - 2*margin) / max(1, int(math.Round(ascent*size)+math.Round(descent*size)))
}
