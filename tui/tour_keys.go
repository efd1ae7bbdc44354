package tui

import (
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// tourCommand is what a key asks of the tour; all other keys are the scene's.
type tourCommand uint8

const (
	tourNone tourCommand = iota
	tourOn
	tourAgain
	tourNext
	tourPrev
	tourJump
	tourText
	tourSuspend
	tourQuit
	// Of scenes:
	sceneChoose
	sceneWrong
	sceneSend
	sceneStep
	sceneUndo
	sceneRedo
	sceneAgain
)

// tourKey is one entry of the tour's key map, which is what is obeyed and what the footer shows.
type tourKey struct {
	tourCommand
	key.Binding
	shown  string // in the footer
	weight int    // there, of two the heavier stays if there is no room for both; 0 keeps it out
}

// mostWeight is the weight of what always has to be seen.
const mostWeight = 6

// tourKeys are all keys of the tour. The digits jump to a step.
var tourKeys = []tourKey{
	{tourOn, key.NewBinding(key.WithKeys("enter")), "enter", 5},
	{tourAgain, key.NewBinding(key.WithKeys("r")), "r", 4},
	{tourNext, key.NewBinding(key.WithKeys("n", "pgdown")), "n", 4},
	{tourPrev, key.NewBinding(key.WithKeys("p", "pgup")), "p", 3},
	{tourJump, key.NewBinding(key.WithKeys("1", "2", "3", "4", "5", "6", "7", "8", "9")), "1-", 1},
	{tourText, key.NewBinding(key.WithKeys("ctrl+t")), "ctrl+t", 2},
	{tourSuspend, key.NewBinding(key.WithKeys("ctrl+z")), "", 0},
	{tourQuit, key.NewBinding(key.WithKeys("q", "ctrl+c")), "q", mostWeight},
}

// keysTaken are those that never reach the screen of a race itself, which therefore does not speak of them.
func (m *tourModel) keysTaken() (taken []string) {
	for _, k := range tourKeys {
		taken = append(taken, k.Keys()...)
	}
	return taken
}

// names tells whether the footer has a key: it is offered, and its name is no key of the scene.
func (m *tourModel) names(k tourKey) bool {
	return m.offers(k) && (k.tourCommand >= sceneChoose || !m.scene.wants(k.Keys()[0]))
}

// offers tells whether a key of the tour does anything now.
func (m *tourModel) offers(k tourKey) bool {
	switch k.tourCommand {
	case tourOn:
		return m.reached || m.asking && m.typed != ""
	case tourAgain:
		_, race := m.scene.(*raceScene)
		return race && !m.asking
	case tourNext:
		return m.at+1 < len(m.lessons)
	case tourPrev:
		return m.at > 0
	case tourJump:
		return !m.asking && len(m.lessons) > 1
	}
	return true
}

// key obeys a key, or lets the scene do so.
func (m *tourModel) key(msg tea.KeyMsg) tea.Cmd {
	m.stale = true
	name := msg.String()
	if name == "ctrl+z" {
		return m.suspend()
	}
	if !m.scene.wants(name) {
		if m.asking {
			if cmd, took := m.guess(msg); took {
				return cmd
			}
		}
		for _, k := range tourKeys {
			if key.Matches(msg, k.Binding) && m.offers(k) {
				return m.obey(k.tourCommand, name)
			}
		}
		if m.taken(name) {
			return nil
		}
	}
	return ofScene(m.scene, m.scene.key(msg))
}

// taken tells whether a key is the tour's, also where it does nothing.
func (m *tourModel) taken(name string) bool {
	for _, k := range m.keysTaken() {
		if k == name && !m.scene.wants(name) {
			return true
		}
	}
	return false
}

func (m *tourModel) obey(c tourCommand, name string) tea.Cmd {
	switch c {
	case tourOn:
		return m.goOn()
	case tourAgain:
		return m.open(m.at)
	case tourNext:
		return m.open(m.at + 1)
	case tourPrev:
		return m.open(m.at - 1)
	case tourJump:
		if n, err := strconv.Atoi(name); err == nil && n <= len(m.lessons) {
			return m.open(n - 1)
		}
	case tourText:
		m.shows = (m.shows + 1) % layouts
		m.arrange()
	case tourQuit:
		return tea.Quit
	}
	return nil
}

// mostDigits is how long a guess can be.
const mostDigits = 9

// guess takes what is typed as a guess. It leaves keys alone that have nothing to do with one.
func (m *tourModel) guess(msg tea.KeyMsg) (cmd tea.Cmd, took bool) {
	switch name := msg.String(); {
	case name == "enter" && m.typed != "":
		m.asking, m.guessed = false, m.typed
		return ofScene(m.scene, m.scene.start()), true
	case name == "enter":
		return nil, true
	case name == "backspace":
		m.typed = m.typed[:max(len(m.typed)-1, 0)]
		return nil, true
	case len(name) == 1 && '0' <= name[0] && name[0] <= '9':
		if len(m.typed) < mostDigits {
			m.typed += name
		}
		return nil, true
	}
	return nil, false
}
