package tui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
)

// The keys of the two screens on which one is the scheduler oneself. They are what is obeyed, what the footer shows and what
// the help lists, as in [keyMap].

// stepKeyMap are those for stepping through one schedule.
var stepKeyMap = append([]keyed{
	bind(cmdGrant, []string{"."}, ".", "let the selected client's next command through").inFooter(10, "step"),
	bind(cmdTell, []string{"enter", "E"}, "enter", "explain what has happened, at the end").inFooter(10, "explain"),
	bind(cmdUp, []string{"up", "k"}, "↑ k", "client above, client below").inFooter(9, "client"),
	bind(cmdDown, []string{"down", "j"}, "↓ j", ""),
	bind(cmdUndo, []string{"u", "left", "h", "backspace"}, "u ←", "undo the last move").inFooter(9, "undo"),
	bind(cmdRedo, []string{"right", "l"}, "→", "make again what was undone, or the next move of the schedule").inFooter(7, "redo"),
	bind(cmdNextServer, []string{"tab"}, "tab", "to another server next, where the selected client has commands for several").inFooter(8, "server"),
	bind(cmdShowWrong, []string{"w"}, "w", "show one that goes wrong, the smallest there is").inFooter(8, "show a wrong one"),
	bind(cmdGrid, []string{"g"}, "g", "the grid of every order").inFooter(8, "grid"),
	bind(cmdExpire, []string{"e"}, "e", "the lease ends, if somebody has the lock and it has one").inFooter(9, "lease ends"),
	bind(cmdCrash, []string{"x"}, "x", "crash the selected client, which never sends anything again").inFooter(6, "crash"),
	bind(cmdFirst, []string{"r", "home"}, "r", "from the start").inFooter(5, "restart"),
	bind(cmdLast, []string{"end", "G"}, "end G", "to the end of what was undone"),
	bind(cmdNextStrategy, []string{"s"}, "s", "next strategy, previous strategy").inFooter(7, "strategy"),
	bind(cmdPrevStrategy, []string{"S"}, "S", ""),
	bind(cmdMoreClients, []string{"c"}, "c", "one client more, one fewer").inFooter(6, "clients"),
	bind(cmdFewerClients, []string{"C"}, "C", ""),
	bind(cmdCopy, []string{"y"}, "y", "copy the schedule, for replay --schedule").inFooter(3, "copy"),
	bind(cmdHelp, []string{"?"}, "?", "this help").inFooter(10, "help"),
	bind(cmdSuspend, []string{"ctrl+z"}, "ctrl+z", "suspend"),
	bind(cmdLeave, []string{"esc"}, "esc", "back").inFooter(4, "leave"),
	bind(cmdQuit, []string{"q", "ctrl+c"}, "q", "quit").inFooter(11, "quit"),
}, clientKeys()...)

// clientKeys have the client of a number send its next command.
func clientKeys() (keys []keyed) {
	for n := 1; n <= sim.MostPlayers; n++ {
		number, words := fmt.Sprint(n), ""
		if n == 1 {
			words = "let the next command of the client of that number through"
		}
		k := bind(cmdSelect, []string{number}, number, words)
		k.client = n
		keys = append(keys, k)
	}
	return keys
}

// gridKeyMap are those of the grid.
var gridKeyMap = []keyed{
	bind(cmdLeft, []string{"left", "h"}, "← h", "one order back, one on, one up, one down").inFooter(9, "select"),
	bind(cmdRight, []string{"right", "l"}, "→ l", ""),
	bind(cmdUp, []string{"up", "k"}, "↑ k", ""),
	bind(cmdDown, []string{"down", "j"}, "↓ j", ""),
	bind(cmdOpen, []string{"enter", "E"}, "enter", "step through the selected order, from its start").inFooter(10, "step through it"),
	bind(cmdOpenEnd, []string{"o"}, "o", "the same, from its end").inFooter(4, "at its end"),
	bind(cmdNextWrong, []string{"]", "n"}, "]", "the next that goes wrong, the one before").inFooter(8, "wrong ones"),
	bind(cmdPrevWrong, []string{"[", "N"}, "[", ""),
	bind(cmdPageUp, []string{"pgup"}, "pgup", "page up, page down"),
	bind(cmdPageDown, []string{"pgdown"}, "pgdn", ""),
	bind(cmdFirst, []string{"home"}, "home", "first order, last order"),
	bind(cmdLast, []string{"end", "G"}, "end G", ""),
	bind(cmdExpire, []string{"e"}, "e", "how often the lease may end: never, once, twice").inFooter(6, "lease ends"),
	bind(cmdCrash, []string{"x"}, "x", "how many clients may crash: none, one, two").inFooter(6, "crashes"),
	bind(cmdNextStrategy, []string{"s"}, "s", "next strategy, previous strategy").inFooter(7, "strategy"),
	bind(cmdPrevStrategy, []string{"S"}, "S", ""),
	bind(cmdMoreClients, []string{"c"}, "c", "one client more, one fewer").inFooter(7, "clients"),
	bind(cmdFewerClients, []string{"C"}, "C", ""),
	bind(cmdCopy, []string{"y"}, "y", "copy the schedule, for replay --schedule").inFooter(3, "copy"),
	bind(cmdHelp, []string{"?"}, "?", "this help").inFooter(10, "help"),
	bind(cmdSuspend, []string{"ctrl+z"}, "ctrl+z", "suspend"),
	bind(cmdLeave, []string{"esc", "g"}, "esc g", "back").inFooter(5, "leave"),
	bind(cmdQuit, []string{"q", "ctrl+c"}, "q", "quit").inFooter(11, "quit"),
}

// matching returns the key of a map that was pressed; the zero keyed if it is none.
func matching(keys []keyed, msg tea.KeyMsg) keyed {
	for _, k := range keys {
		if key.Matches(msg, k.Binding) {
			return k
		}
	}
	return keyed{}
}
