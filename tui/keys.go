package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// command is what a key asks for.
type command uint8

const (
	cmdNone command = iota
	cmdPause
	cmdStep
	cmdBack
	cmdForward
	cmdLive
	cmdNextLane
	cmdPrevLane
	cmdUp
	cmdDown
	cmdPageUp
	cmdPageDown
	cmdFirst
	cmdLast
	cmdNextStrategy
	cmdPrevStrategy
	cmdFaster
	cmdSlower
	cmdRestart
	cmdHelp
	cmdSuspend
	cmdQuit
)

// keyed is one entry of the key map.
type keyed struct {
	command
	key.Binding
	brief  string // its words in the footer; empty keeps it out of there
	weight int    // in the footer, of two the heavier stays when there is no room for both
}

func bind(c command, keys []string, shown, does string) keyed {
	return keyed{command: c, Binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))}
}

func (k keyed) inFooter(weight int, brief string) keyed {
	k.weight, k.brief = weight, brief
	return k
}

// keyMap is every key there is: it is what Update obeys, what the footer shows and what the help lists. An entry without
// words of its own is the counterpart of the one before, which speaks for both. Where room is short, the words up to the
// first comma have to do.
var keyMap = []keyed{
	bind(cmdPause, []string{" "}, "space", "pause, resume").inFooter(9, "pause"),
	bind(cmdStep, []string{"."}, ".", "step, one Redis command of the focused lane, the selected client first").inFooter(8, "step"),
	bind(cmdBack, []string{"left", "h"}, "←", "look back, and forward again, along the timelines").inFooter(6, "back"),
	bind(cmdForward, []string{"right", "l"}, "→", ""),
	bind(cmdLive, []string{"esc"}, "esc", "to the present, from looking back"),
	bind(cmdNextLane, []string{"tab"}, "tab", "next lane, previous lane").inFooter(7, "lane"),
	bind(cmdPrevLane, []string{"shift+tab"}, "shift+tab", ""),
	bind(cmdUp, []string{"up", "k"}, "↑ k", "client above, client below").inFooter(2, "client"),
	bind(cmdDown, []string{"down", "j"}, "↓ j", ""),
	bind(cmdPageUp, []string{"pgup"}, "pgup", "page of clients, up and down"),
	bind(cmdPageDown, []string{"pgdown"}, "pgdn", ""),
	bind(cmdFirst, []string{"home", "g"}, "home g", "first client, last client"),
	bind(cmdLast, []string{"end", "G"}, "end G", ""),
	bind(cmdNextStrategy, []string{"s"}, "s", "next strategy, previous strategy, for the focused lane; restarts").inFooter(5, "strategy"),
	bind(cmdPrevStrategy, []string{"S"}, "S", ""),
	bind(cmdFaster, []string{"+", "="}, "+", "faster, slower").inFooter(4, "speed"),
	bind(cmdSlower, []string{"-"}, "-", ""),
	bind(cmdRestart, []string{"r"}, "r", "restart, with the same seed").inFooter(3, "restart"),
	bind(cmdHelp, []string{"?"}, "?", "this help").inFooter(10, "help"),
	bind(cmdSuspend, []string{"ctrl+z"}, "ctrl+z", "suspend"),
	bind(cmdQuit, []string{"q", "ctrl+c"}, "q", "quit, and print the report").inFooter(11, "quit"),
}

// offers tells whether a command can do anything in this run: there is no next lane where there is only one.
func (f *Frame) offers(c command) bool {
	switch c {
	case cmdNextLane, cmdPrevLane:
		return len(f.Config.Lanes) > 1
	case cmdUp, cmdDown, cmdPageUp, cmdPageDown, cmdFirst, cmdLast:
		return f.Config.Clients > 1
	}
	return true
}

// commandOf returns what a key asks for.
func (f *Frame) commandOf(msg tea.KeyMsg) command {
	for _, k := range keyMap {
		if key.Matches(msg, k.Binding) && f.offers(k.command) {
			return k.command
		}
	}
	return cmdNone
}

// footerKeys returns what the footer calls the key of a command, which may stand for its counterpart as well.
func footerKeys(k keyed) string {
	switch k.command {
	case cmdBack:
		return "←→"
	case cmdUp:
		return "↑↓"
	case cmdFaster:
		return "+-"
	}
	return k.Help().Key
}
