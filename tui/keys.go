package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
)

// command is what a key asks for.
type command uint8

const (
	cmdNone command = iota
	cmdView
	cmdNextView
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
	cmdFaults
	cmdCrash
	cmdReset
	cmdPresets
	cmdInject
	cmdPick
	cmdClose
	cmdHelp
	cmdNextChart
	cmdPrevChart
	cmdZoomIn
	cmdZoomOut
	cmdNextColumn
	cmdPrevColumn
	cmdReverse
	cmdMark
	cmdPrevLoss
	cmdNextLoss
	cmdTell
	cmdInfo
	cmdLog
	cmdMoreClients
	cmdFewerClients
	cmdMoreWork
	cmdLessWork
	cmdLongerLease
	cmdShorterLease
	cmdLongerRetry
	cmdShorterRetry
	cmdNextPoint
	cmdPrevPoint
	cmdCopy
	cmdExport
	cmdMouse
	cmdSuspend
	cmdQuit
	cmdDrive // step through a small race by hand
	cmdLeave // that, or a part of it
	cmdSelect
	cmdGrant
	cmdUndo
	cmdRedo
	cmdExpire
	cmdNextServer
	cmdShowWrong
	cmdGrid
	cmdLeft
	cmdRight
	cmdNextWrong
	cmdPrevWrong
	cmdOpen
	cmdOpenEnd
	cmdUnfit // something that a recording has no use for
)

// keyed is one entry of the key map.
type keyed struct {
	command
	key.Binding
	brief  string        // its words in the footer; empty keeps it out of there
	weight int           // in the footer, of two the heavier stays when there is no room for both
	over   Overlay       // where it is obeyed: on the screen itself, or in a menu
	always bool          // it is obeyed everywhere
	views  viewSet       // where it makes sense on the screen itself
	view   View          // what cmdView shows
	fault  sim.FaultKind // what cmdInject does
	node   bool          // and to one node of several
	of     kind          // what it is for
	client int           // whom cmdSelect selects
}

// kind is what the screen may show.
type kind uint8

const (
	both kind = iota
	race
	recording
)

// ofRaces has a key obeyed while something races, and ofRecordings while a recording is played.
func (k keyed) ofRaces() keyed      { k.of = race; return k }
func (k keyed) ofRecordings() keyed { k.of = recording; return k }

func bind(c command, keys []string, shown, does string) keyed {
	return keyed{command: c, views: allViews, Binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))}
}

// shows is the number key of a view.
func shows(v View, does string) keyed {
	number := fmt.Sprint(int(v) + 1)
	k := bind(cmdView, []string{number}, number, does)
	k.view = v
	return k
}

// on has a key obeyed in some views only.
func (k keyed) on(views ...View) keyed {
	k.views = only(views...)
	return k
}

func (k keyed) inFooter(weight int, brief string) keyed {
	k.weight, k.brief = weight, brief
	return k
}

// in has a key obeyed in a menu.
func (k keyed) in(over Overlay) keyed {
	k.over = over
	return k
}

// everywhere has a key obeyed whatever lies over the screen.
func (k keyed) everywhere() keyed {
	k.always = true
	return k
}

// injects is a key of the fault menu, which has its words from the fault; those after the first are other names for it.
func injects(kind sim.FaultKind, keys ...string) keyed {
	k := bind(cmdInject, keys, keys[0], kind.Title()).in(FaultMenu)
	k.fault = kind
	return k
}

// toANode has a fault done to one of several nodes.
func (k keyed) toANode() keyed {
	k.node = true
	k.SetHelp(k.Help().Key, "restart one more node, empty")
	return k
}

// keyMap is every key there is: it is what Update obeys, what the footer shows and what the help lists. An entry without
// words of its own is the counterpart of the one before, which speaks for both. Where room is short, the words up to the
// first comma have to do.
var keyMap = [...]keyed{
	bind(cmdPageUp, []string{"pgup"}, "pgup", "earlier lines of the log, later ones").in(ClientLog),
	bind(cmdPageDown, []string{"pgdown"}, "pgdn", "").in(ClientLog),
	bind(cmdFirst, []string{"home"}, "home", "the log's earliest line, its latest").in(ClientLog),
	bind(cmdLast, []string{"end", "G"}, "end G", "").in(ClientLog),

	shows(RaceView, "the views, by their numbers in the header").inFooter(6, "view"),
	shows(TimelineView, ""),
	shows(HistoryView, ""),
	shows(ClientsView, ""),
	shows(RunsView, ""),
	bind(cmdNextView, []string{"v"}, "v", "the next view"),
	bind(cmdPause, []string{" "}, "space", "pause, resume").inFooter(9, "pause"),
	bind(cmdStep, []string{"."}, ".", "step, one Redis command of the focused lane, the selected client first").on(RaceView, TimelineView, HistoryView, ClientsView).inFooter(8, "step").ofRaces(),
	bind(cmdStep, []string{"."}, ".", "step, to the next reply of Redis in the focused lane").on(RaceView, TimelineView, HistoryView, ClientsView).inFooter(8, "step").ofRecordings(),
	bind(cmdBack, []string{"left", "h"}, "←", "look back, and forward again in time, in all views").on(RaceView, TimelineView).inFooter(6, "back"),
	bind(cmdForward, []string{"right", "l"}, "→", "").on(RaceView, TimelineView),
	bind(cmdBack, []string{"left", "h"}, "←", "look back, and forward again in time, in all views").on(HistoryView, ClientsView).inFooter(6, "back"),
	bind(cmdForward, []string{"right", "l"}, "→", "").on(HistoryView, ClientsView),
	bind(cmdLive, []string{"esc", "g"}, "esc g", "to the present, from looking back").on(RaceView, TimelineView, HistoryView, ClientsView).ofRaces(),
	bind(cmdLive, []string{"g"}, "g", "to the end of the recording").on(RaceView, TimelineView, HistoryView, ClientsView).inFooter(5, "end").ofRecordings(),
	bind(cmdPrevLoss, []string{"["}, "[", "the lost update before, the one after, of the focused lane").on(RaceView, TimelineView, HistoryView).inFooter(5, "losses"),
	bind(cmdNextLoss, []string{"]"}, "]", "").on(RaceView, TimelineView, HistoryView),
	bind(cmdPrevLoss, []string{"["}, "[", "the lost update before, the one after, of the focused lane").on(ClientsView).inFooter(3, "losses"),
	bind(cmdNextLoss, []string{"]"}, "]", "").on(ClientsView),
	bind(cmdTell, []string{"enter", "E"}, "enter", "explain the selected client's last loss, command by command").on(RaceView, TimelineView, ClientsView).inFooter(6, "explain"),
	bind(cmdTell, []string{"enter", "E"}, "enter", "explain the selected version, if it was lost").on(HistoryView).inFooter(6, "explain"),
	bind(cmdLog, []string{"L"}, "L", "log of the selected client, as it would print it").on(RaceView, TimelineView, ClientsView).inFooter(3, "log"),
	bind(cmdInfo, []string{"i"}, "i", "what this is, the focused strategy and the view in three sentences").inFooter(2, "info"),
	bind(cmdNextLane, []string{"tab"}, "tab", "next lane, previous lane").inFooter(7, "lane"),
	bind(cmdPrevLane, []string{"shift+tab"}, "shift+tab", ""),
	bind(cmdUp, []string{"up", "k"}, "↑ k", "client above, client below").on(RaceView, TimelineView, ClientsView).inFooter(2, "client"),
	bind(cmdDown, []string{"down", "j"}, "↓ j", "").on(RaceView, TimelineView, ClientsView),
	bind(cmdPageUp, []string{"pgup"}, "pgup", "page of clients, up and down").on(RaceView, TimelineView, ClientsView),
	bind(cmdPageDown, []string{"pgdown"}, "pgdn", "").on(RaceView, TimelineView, ClientsView),
	bind(cmdFirst, []string{"home"}, "home", "first client, last client").on(RaceView, TimelineView, ClientsView),
	bind(cmdLast, []string{"end", "G"}, "end G", "").on(RaceView, TimelineView, ClientsView),
	bind(cmdUp, []string{"up", "k"}, "↑ k", "newer version, older version").on(HistoryView).inFooter(8, "scroll"),
	bind(cmdDown, []string{"down", "j"}, "↓ j", "").on(HistoryView),
	bind(cmdPageUp, []string{"pgup"}, "pgup", "page of versions, up and down").on(HistoryView),
	bind(cmdPageDown, []string{"pgdown"}, "pgdn", "").on(HistoryView),
	bind(cmdFirst, []string{"home"}, "home", "the newest version, the oldest of the last thousand").on(HistoryView),
	bind(cmdLast, []string{"end", "G"}, "end G", "").on(HistoryView),
	bind(cmdUp, []string{"up", "k"}, "↑ k", "newer run, older run").on(RunsView).inFooter(8, "run"),
	bind(cmdDown, []string{"down", "j"}, "↓ j", "").on(RunsView),
	bind(cmdFirst, []string{"home"}, "home", "newest run, oldest run").on(RunsView),
	bind(cmdLast, []string{"end", "G"}, "end G", "").on(RunsView),
	bind(cmdMark, []string{"enter", "E"}, "enter", "mark the selected run, two that are marked are compared").on(RunsView).inFooter(9, "mark"),
	bind(cmdNextChart, []string{"a"}, "a", "another chart, the one before: average, waits, kept updates, queue, or what tells most").on(RaceView).inFooter(3, "chart"),
	bind(cmdPrevChart, []string{"A"}, "A", "").on(RaceView),
	bind(cmdZoomIn, []string{"z"}, "z", "zoom in, zoom out").on(TimelineView).inFooter(8, "zoom"),
	bind(cmdZoomOut, []string{"Z"}, "Z", "").on(TimelineView),
	bind(cmdNextColumn, []string{">", "o"}, ">", "order by the next column, by the one before").on(ClientsView).inFooter(8, "order"),
	bind(cmdPrevColumn, []string{"<", "O"}, "<", "").on(ClientsView),
	bind(cmdReverse, []string{"R", "!"}, "R", "turn the order round").on(ClientsView).inFooter(7, "reverse"),
	bind(cmdNextStrategy, []string{"s"}, "s", "next strategy, previous strategy, for the focused lane").inFooter(6, "strategy").ofRaces(),
	bind(cmdPrevStrategy, []string{"S"}, "S", "").ofRaces(),
	bind(cmdFaster, []string{"+", "="}, "+", "faster, slower").inFooter(4, "speed"),
	bind(cmdSlower, []string{"-"}, "-", ""),
	bind(cmdMoreClients, []string{"c"}, "c", "more clients, fewer, in every lane").inFooter(1, "clients").ofRaces(),
	bind(cmdFewerClients, []string{"C"}, "C", "").ofRaces(),
	bind(cmdMoreWork, []string{"w"}, "w", "think longer, or shorter, between read and write, in every lane").ofRaces(),
	bind(cmdLessWork, []string{"W"}, "W", "").ofRaces(),
	bind(cmdLongerLease, []string{"t"}, "t", "lease longer, or shorter: the time to live of the focused lane's lock").ofRaces(),
	bind(cmdShorterLease, []string{"T"}, "T", "").ofRaces(),
	bind(cmdLongerRetry, []string{"b"}, "b", "pause longer, or shorter, between tries for the focused lane's lock").ofRaces(),
	bind(cmdShorterRetry, []string{"B"}, "B", "").ofRaces(),
	bind(cmdRestart, []string{"r"}, "r", "restart, with the same seed and the settings as they are").inFooter(3, "restart").ofRaces(),
	bind(cmdRestart, []string{"r"}, "r", "play it from the start").inFooter(3, "from the start").ofRecordings(),
	bind(cmdFaults, []string{"f"}, "f", "faults, a menu of what can be done to the selected client or to Redis").on(RaceView, TimelineView, HistoryView, ClientsView).inFooter(6, "fault").ofRaces(),
	bind(cmdCrash, []string{"x"}, "x", "crash the selected client, and reset all locks of the focused lane, whoever holds one").on(RaceView, TimelineView, ClientsView).inFooter(1, "crash").ofRaces(),
	bind(cmdReset, []string{"X"}, "X", "").on(RaceView, TimelineView, ClientsView).inFooter(1, "reset").ofRaces(),
	bind(cmdDrive, []string{"d"}, "d", "drive it yourself, command by command, and see every order there is").ofRaces(),
	bind(cmdPresets, []string{"p"}, "p", "presets, a menu of failures to watch, each beside its remedy").inFooter(4, "presets").ofRaces(),
	bind(cmdCopy, []string{"y"}, "y", "copy the explanation of the loss, to the clipboard of the terminal"),
	bind(cmdExport, []string{"e"}, "e", "export the frame as text and with colours, and the run as JSON").inFooter(1, "export"),
	bind(cmdMouse, []string{"m"}, "m", "mouse on, or off: a click selects and the wheel scrolls"),
	bind(cmdHelp, []string{"?"}, "?", "this help").inFooter(10, "help"),
	bind(cmdSuspend, []string{"ctrl+z"}, "ctrl+z", "suspend").everywhere(),
	bind(cmdQuit, []string{"q", "ctrl+c"}, "q", "quit, and print the report").inFooter(11, "quit").everywhere(),

	injects(sim.Pause, "p"),
	injects(sim.Crash, "c", "x"),
	injects(sim.Swallow, "s"),
	injects(sim.Delay, "d"),
	injects(sim.Cut, "u"),
	injects(sim.Expire, "e"),
	injects(sim.Jump, "j"),
	injects(sim.Restart, "r"),
	injects(sim.Restart, "n").toANode(),
	injects(sim.Failover, "o"),
	injects(sim.Reset, "X"),
	bind(cmdUp, []string{"up", "k"}, "↑ k", "client above, client below").inFooter(8, "client").in(FaultMenu),
	bind(cmdDown, []string{"down"}, "↓", "").in(FaultMenu),
	bind(cmdNextLane, []string{"tab"}, "tab", "next lane, previous lane").inFooter(7, "lane").in(FaultMenu),
	bind(cmdPrevLane, []string{"shift+tab"}, "shift+tab", "").in(FaultMenu),
	bind(cmdNextPoint, []string{"right", "l"}, "→", "at another point of the client's update").inFooter(6, "when").in(FaultMenu),
	bind(cmdPrevPoint, []string{"left", "h"}, "←", "").in(FaultMenu),
	bind(cmdClose, []string{"esc", "f"}, "esc", "close, and do nothing").inFooter(9, "close").in(FaultMenu),

	bind(cmdUp, []string{"up", "k"}, "↑ k", "preset above, preset below").inFooter(8, "preset").in(PresetMenu),
	bind(cmdDown, []string{"down", "j"}, "↓ j", "").in(PresetMenu),
	bind(cmdFirst, []string{"home"}, "home", "first preset, last preset").in(PresetMenu),
	bind(cmdLast, []string{"end", "G"}, "end G", "").in(PresetMenu),
	bind(cmdPick, []string{"enter"}, "enter", "start the selected preset").inFooter(10, "start").in(PresetMenu),
	bind(cmdClose, []string{"esc", "p"}, "esc", "close, and change nothing").inFooter(9, "close").in(PresetMenu),
}

// obeyed tells whether a key does something now. Under what is only read, the keys work as ever.
func (f *Frame) obeyed(k keyed) bool {
	over := f.Over
	if over == ClientLog {
		switch k.command {
		case cmdPageUp, cmdPageDown, cmdFirst, cmdLast: // which scroll it
			return k.over == ClientLog
		}
	}
	if over.reading() {
		over = NoOverlay
	}
	return f.suits(k) && (k.always || k.over == over && (over != NoOverlay || k.views.has(f.View))) && f.offers(k)
}

// suits tells whether a key is for what is shown, a race or a recording.
func (f *Frame) suits(k keyed) bool { return k.of == both || (k.of == recording) == (f.Replay != nil) }

// offers tells whether a key can do anything in this run: there is no next lane where there is only one.
func (f *Frame) offers(k keyed) bool {
	if k.over == NoOverlay && !slices.ContainsFunc(k.Keys(), func(key string) bool { return !f.isTaken(key) }) {
		return false
	}
	switch k.command {
	case cmdNextLane, cmdPrevLane:
		return len(f.Config.Lanes) > 1
	case cmdUp, cmdDown, cmdPageUp, cmdPageDown, cmdFirst, cmdLast:
		ofClients := k.over == FaultMenu || k.over == NoOverlay && k.views.has(ClientsView)
		return !ofClients || f.Config.Clients > 1
	case cmdInject:
		return !k.node || f.laneInfo(f.Focus).Nodes > 1
	}
	return true
}

// changesRace tells whether a command does something to the race, and not only to how it is shown.
func (c command) changesRace() bool {
	switch c {
	case cmdPause, cmdStep, cmdRestart, cmdFaster, cmdSlower, cmdDrive, cmdPresets, cmdPick, cmdFaults, cmdInject, cmdCrash, cmdReset,
		cmdNextStrategy, cmdPrevStrategy, cmdMoreClients, cmdFewerClients, cmdMoreWork, cmdLessWork,
		cmdLongerLease, cmdShorterLease, cmdLongerRetry, cmdShorterRetry:
		return true
	}
	return false
}

// isTaken tells whether somebody else obeys a key.
func (f *Frame) isTaken(key string) bool { return slices.Contains(f.taken, key) }

// nameOf is what a key is called: if somebody else obeys it, by its other name.
func (f *Frame) nameOf(k keyed) string {
	keys := k.Keys()
	if i := slices.IndexFunc(keys, func(key string) bool { return !f.isTaken(key) }); i > 0 {
		return keys[i]
	}
	return k.Help().Key
}

// explainKey is what the key is called that explains a loss, or what has happened.
func (f *Frame) explainKey() string {
	if f.isTaken("enter") {
		return "E"
	}
	return "enter"
}

// footerKey is what the footer calls a key.
func (f *Frame) footerKey(k keyed) string {
	if f.isTaken(k.Keys()[0]) {
		return f.nameOf(k)
	}
	return footerKeys(k)
}

// keyOf returns what a key asks for; the zero keyed if it is nothing, and cmdUnfit if a race would have obeyed it.
func (f *Frame) keyOf(msg tea.KeyMsg) keyed {
	for _, k := range keyMap {
		if key.Matches(msg, k.Binding) && f.obeyed(k) {
			return k
		}
	}
	if f.Replay != nil {
		for _, k := range keyMap {
			if k.of == race && k.over == NoOverlay && k.command != cmdLive && key.Matches(msg, k.Binding) {
				return keyed{command: cmdUnfit}
			}
		}
	}
	return keyed{}
}

// footerKeys returns what the footer calls the key, which may stand for its counterpart as well.
func footerKeys(k keyed) string {
	switch k.command {
	case cmdView:
		return fmt.Sprintf("1-%d", viewCount)
	case cmdBack, cmdNextPoint:
		return "←→"
	case cmdUp:
		return "↑↓"
	case cmdFaster:
		return "+-"
	case cmdPrevLoss:
		return "[]"
	case cmdMoreClients:
		return "cC"
	case cmdZoomIn:
		return "zZ"
	case cmdNextColumn:
		return "<>"
	case cmdLeft:
		return "←→↑↓"
	case cmdNextWrong:
		return "[]"
	}
	return k.Help().Key
}

// arrowWords are the keys with arrows where arrows cannot be drawn.
var arrowWords = strings.NewReplacer("←→↑↓", "arrows", "←→", "left/right", "↑↓", "up/down", "←", "left", "→", "right", "↑", "up", "↓", "down")

// keyText is a text that names keys, as the frame can show it.
func (f *Frame) keyText(text string) string { return keyText(text, f.ASCII) }

func keyText(text string, ascii bool) string {
	if ascii {
		return arrowWords.Replace(text)
	}
	return text
}
