package tui

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/tui/chart"
	"locktop/tui/tour"
)

// A Tour is a series of lessons, and where it is begun.
type Tour struct {
	Lessons []tour.Lesson
	// Language is that of the words around the lessons: those of a language that it has none for are in English.
	Language string
	// First is the lesson to begin with, from 0.
	First int
	// Progress is told of the lessons that are taken.
	Progress *tour.Progress
}

// Take shows a tour until the user quits or the context ends, which is no error.
func (t Tour) Take(ctx context.Context, opts Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done, err := opts.attach()
	if err != nil {
		return err
	}
	defer done()
	m := newTourModel(ctx, t, opts, newOutput(opts.Output))
	return present(ctx, m, opts, cancel, m.close)
}

// tourModel is the screen of a tour: a text, and beside it a scene.
type tourModel struct {
	ctx     context.Context
	opts    Options
	output  *termenv.Output
	words   *tourWords
	english bool
	err     error

	lessons  []tour.Lesson
	progress *tour.Progress
	auto     *autoplay // plays the tour instead of a user; nil is nobody

	at      int          // the lesson
	act     int          // and its act; as many as there are is the end
	scene   scene        // of the act
	old     []scene      // those that are being closed
	asking  bool         // what the learner guesses
	typed   string       // as far as it is typed
	guessed string       // the guess of this act
	reached bool         // what is expected has happened
	values  []tour.Value // of the expectations, as it did

	shows layout
	grid  *chart.Grid
	pens  []chart.Pen
	stale bool
	drawn string
}

// layout is which parts are shown.
type layout uint8

const (
	textAndScene layout = iota
	textOnly
	sceneOnly
	layouts
)

// tourTick is how often it is looked whether what is expected has happened. A race tells of its own accord that there is something
// new.
const tourTick = 100 * time.Millisecond

// Messages.
type (
	tourTickMsg struct{}
	closedMsg   struct {
		scene scene
		err   error
	}
)

func newTourModel(ctx context.Context, t Tour, opts Options, output *termenv.Output) *tourModel {
	m := &tourModel{
		ctx: ctx, opts: opts, output: output, words: wordsOf(t.Language), english: wordsOf(t.Language) == languageWords[tour.English],
		lessons: t.Lessons, progress: t.Progress, at: t.First,
		grid: chart.NewGrid(0, 0), pens: Pens(opts.Theme, output.Profile), stale: true,
	}
	if m.progress == nil {
		m.progress = &tour.Progress{}
	}
	return m
}

func (m *tourModel) fail(err error) { m.err = errors.Join(m.err, err) }

func (m *tourModel) failure() error {
	if m.scene == nil {
		return m.err
	}
	return errors.Join(m.err, m.scene.failure())
}

func (m *tourModel) Init() tea.Cmd {
	leave := func() tea.Msg {
		<-m.ctx.Done()
		return leaveMsg{}
	}
	return tea.Batch(m.open(m.at), m.tick(), leave)
}

func (m *tourModel) tick() tea.Cmd {
	return tea.Tick(tourTick, func(time.Time) tea.Msg { return tourTickMsg{} })
}

// lesson is the one that is shown.
func (m *tourModel) lesson() *tour.Lesson { return &m.lessons[m.at] }

// over tells whether all acts of the lesson have been played.
func (m *tourModel) over() bool { return m.act == len(m.lesson().Acts) }

// open goes to a lesson.
func (m *tourModel) open(lesson int) tea.Cmd {
	m.at = lesson
	m.progress.Visit(m.lesson().Name)
	return m.play(0)
}

// play begins an act.
func (m *tourModel) play(act int) tea.Cmd {
	m.act, m.stale = act, true
	m.asking, m.typed, m.guessed, m.reached, m.values = false, "", "", false, nil
	if m.over() {
		m.reached = m.at+1 < len(m.lessons)
		return nil
	}
	a := m.lesson().Acts[act]
	if a.Scene == tour.Same {
		m.scene.begin(a)
		return nil
	}
	cmd := m.end()
	m.scene = m.sceneFor(a)
	m.arrange()
	if a.Answer != "" {
		m.asking = true
		if s, ok := m.scene.(*exploreScene); ok {
			return tea.Batch(cmd, ofScene(s, s.example()))
		}
		return cmd
	}
	return tea.Batch(cmd, ofScene(m.scene, m.scene.start()))
}

// end ends the scene there is; what waits for that is the command.
func (m *tourModel) end() tea.Cmd {
	old := m.scene
	if old == nil {
		return nil
	}
	m.old = append(m.old, old)
	return func() tea.Msg { return closedMsg{old, guard(old.close)} }
}

// close ends all scenes. It waits for them.
func (m *tourModel) close() error {
	var errs []error
	for _, s := range append(m.old, m.scene) {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}

// goOn goes to the next act or, after the last one, to the next lesson.
func (m *tourModel) goOn() tea.Cmd {
	if m.over() {
		return m.open(m.at + 1)
	}
	return m.play(m.act + 1)
}

func (m *tourModel) update(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.grid.Resize(msg.Width, msg.Height)
		m.arrange()
	case tourTickMsg:
		cmd = m.tick()
	case leaveMsg:
		return tea.Quit
	case closedMsg:
		m.old = slices.DeleteFunc(m.old, func(s scene) bool { return s == msg.scene })
		if msg.err != nil {
			m.fail(msg.err)
		}
	case tea.KeyMsg:
		cmd = m.keys(msg)
	case tea.MouseMsg:
		at, _, _ := m.sceneArea()
		msg.X, msg.Y = msg.X-at.x, msg.Y-at.y
		cmd = ofScene(m.scene, m.scene.update(msg))
	case sceneMsg:
		if msg.of == m.scene {
			cmd = ofScene(m.scene, m.scene.update(msg.msg))
		}
	case resumedMsg:
		cmd = ofScene(m.scene, m.scene.update(msg))
	}
	m.check()
	if m.auto != nil {
		cmd = tea.Batch(cmd, m.auto.drive(m))
	}
	return cmd
}

// keys obeys what was typed; characters that arrive together are one message.
func (m *tourModel) keys(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 || msg.Paste {
		return m.key(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		cmds = append(cmds, m.key(keyNamed(string(r))))
	}
	return tea.Batch(cmds...)
}

// suspend is the race's, which then waits.
func (m *tourModel) suspend() tea.Cmd {
	if s, ok := m.scene.(*raceScene); ok {
		return ofScene(s, s.suspend())
	}
	if !canSuspend {
		return nil
	}
	return tea.Exec(&suspension{ctx: m.ctx}, func(err error) tea.Msg { return resumedMsg{err} })
}

// check looks whether what is expected has happened.
func (m *tourModel) check() {
	if m.scene == nil || m.reached || m.asking || m.over() || !m.scene.settled() {
		return
	}
	values, holds := m.expected()
	if !holds {
		return
	}
	m.reached, m.values, m.stale = true, values, true
	if m.act == len(m.lesson().Acts)-1 {
		m.progress.Finish(m.lesson().Name)
	}
}

// missed tells whether the learner has gone another way, on which what is expected will not happen any more.
func (m *tourModel) missed() bool { return !m.reached && !m.asking && !m.over() && m.scene.missed() }

// expected returns what the quantities are that are expected to be something, and whether all are.
func (m *tourModel) expected() (values []tour.Value, all bool) {
	all = true
	for _, e := range m.lesson().Acts[m.act].Expect {
		v, known := m.scene.value(e.Quantity)
		values = append(values, v)
		all = all && known && e.Holds(v)
	}
	return values, all
}

// view draws the screen, unless it is the one drawn last.
func (m *tourModel) view() string {
	if m.scene != nil && m.scene.changed() {
		m.stale = true
	}
	if m.stale {
		m.stale = false
		m.grid.Clear()
		m.draw()
		m.drawn = m.grid.Paint(m.pens)
	}
	return m.drawn
}
