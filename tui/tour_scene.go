package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"locktop/tui/chart"
	"locktop/tui/tour"
)

// scene is what the tour shows beside its text. Like the model, it changes in update and key only, and what waits is a command.
type scene interface {
	// start lets it begin, once the learner has guessed what is to be guessed.
	start() tea.Cmd
	// update takes the messages of its own commands, and those of the program that are nobody's.
	update(msg tea.Msg) tea.Cmd
	key(msg tea.KeyMsg) tea.Cmd
	resize(w, h int)
	draw(a chart.Area)
	// changed tells, once, whether it has to be drawn again.
	changed() bool
	// begin has what is counted begin anew, for another act.
	begin(a tour.Act)
	// settled tells whether it is time to look for what is expected.
	settled() bool
	// halted tells whether it waits for the learner to let it go on.
	halted() bool
	// missed tells whether what is expected should have happened by now.
	missed() bool
	// value is what a quantity is now; false while there is none.
	value(quantity string) (tour.Value, bool)
	// offered are the keys that it obeys, for the footer of the tour.
	offered() []tourKey
	// ready tells whether keys will be obeyed.
	ready() bool
	// still tells whether nothing more will happen without a key.
	still() bool
	// wants tells whether a key that the tour has as well is the scene's.
	wants(key string) bool
	failure() error
	// close ends it, and waits for that.
	close() error
}

// sceneMsg is what came of a command of a scene, which may be over by then.
type sceneMsg struct {
	of  scene
	msg tea.Msg
}

// ofScene has what comes of a command reach the scene that it is of. Messages for Bubble Tea itself reach that.
func ofScene(s scene, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		switch msg := cmd().(type) {
		case tickMsg, startedMsg, endedMsg, toldMsg, searchedMsg, exploredMsg, playedMsg, unfoldMsg:
			return sceneMsg{s, msg}
		case tea.BatchMsg:
			all := make(tea.BatchMsg, len(msg))
			for i, c := range msg {
				all[i] = ofScene(s, c)
			}
			return all
		default:
			return msg
		}
	}
}

// sceneFor makes the scene of an act.
func (m *tourModel) sceneFor(a tour.Act) scene {
	switch a.Scene {
	case tour.Race:
		return newRaceScene(m, a)
	case tour.Step:
		return newStepScene(m, a)
	default:
		return newExploreScene(m, a)
	}
}
