package tui

import (
	"context"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/tui/tour"
)

// A Played is an act of a tour that was played without a user.
type Played struct {
	Lesson *tour.Lesson
	// Act counts from 0.
	Act int
	// Values are what the expectations of the act came to, in their order, and Kept says that all hold.
	Values []tour.Value
	Kept   bool
}

// Play plays a tour without a screen: it presses the keys that the lessons say, and tells after each act what came of it. An act
// is given up when nothing more will happen, or after the patience, which is real time.
func (t Tour) Play(ctx context.Context, patience time.Duration, each func(Played)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	output := termenv.NewOutput(io.Discard, termenv.WithProfile(termenv.Ascii))
	t.Progress = nil
	m := newTourModel(ctx, t, Options{}, output)
	m.auto = &autoplay{patience: patience, each: each}
	m.grid.Resize(fullWidth, fullHeight)
	program := tea.NewProgram(playing{m}, tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithoutRenderer(), tea.WithoutSignalHandler())
	_, err := program.Run()
	if closing := m.close(); err == nil {
		err = closing
	}
	if err == nil {
		err = m.failure()
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// playing is a tour as Bubble Tea has it, drawn nowhere.
type playing struct{ *tourModel }

func (p playing) View() string { return "" }

func (p playing) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := p.update(msg)
	if p.failure() != nil {
		return p, tea.Quit
	}
	return p, cmd
}

// autoplay is a user that does what the lessons say.
type autoplay struct {
	patience time.Duration
	each     func(Played)

	lesson, act int
	begun       time.Time
	pressed     int // how many keys of the act
	over        bool
}

// drive presses a key, if it is time for one.
func (p *autoplay) drive(m *tourModel) tea.Cmd {
	switch {
	case p.over || m.scene == nil:
		return nil
	case m.over() && m.at+1 == len(m.lessons):
		p.over = true
		return tea.Quit
	case m.over():
		return m.key(keyNamed("enter"))
	case p.begun.IsZero() || p.lesson != m.at || p.act != m.act:
		p.lesson, p.act, p.pressed, p.begun = m.at, m.act, 0, time.Now()
	}
	act := &m.lesson().Acts[m.act]
	switch {
	case m.reached && p.pressed == len(act.Keys):
		p.each(Played{m.lesson(), m.act, m.values, true})
		return m.key(keyNamed("enter"))
	case time.Since(p.begun) > p.patience, p.pressed == len(act.Keys) && !m.asking && m.scene.still():
		values, _ := m.expected()
		p.each(Played{m.lesson(), m.act, values, false})
		m.reached = true // as far as it will be
		return m.key(keyNamed("enter"))
	case p.pressed < len(act.Keys) && (m.asking || m.scene.ready()):
		p.pressed++
		return m.key(keyNamed(act.Keys[p.pressed-1]))
	}
	return nil
}

// keyTypes are the keys that a lesson may name, other than characters and space: [tour.KeyNames].
var keyTypes = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "esc": tea.KeyEsc, "backspace": tea.KeyBackspace,
	"left": tea.KeyLeft, "right": tea.KeyRight, "up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd,
}

// keyNamed is what arrives when a key is pressed.
func keyNamed(name string) tea.KeyMsg {
	if t, ok := keyTypes[name]; ok {
		return tea.KeyMsg{Type: t}
	}
	if name == " " || name == "space" {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}
