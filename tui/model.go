package tui

import (
	"context"
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/sim"
	"locktop/tui/chart"
)

// model is the one Bubble Tea model. Its update changes state and nothing else: what waits for Redis is a command.
type model struct {
	ctx    context.Context
	output *termenv.Output
	stage  *stage
	tick   time.Duration
	err    error // ends the program

	mouse bool // it is on

	session  *session  // nil while starting
	play     *playback // the recording that is shown, instead of a race; else nil
	drive    *drive    // what is driven by hand, over all that; else nil
	starting bool      // a command is at it
	again    bool      // the configuration has changed since that command was given

	frame       Frame
	script      []sim.Change  // changes that every run is to have in its course
	begun       sim.Config    // what a run with a script begins with
	changes     int64         // how many settings have been changed in the race that is shown
	paused      bool          // the user has paused the race
	suspended   bool          // it is paused while the program is suspended
	frozen      bool          // or the view, where the race cannot be
	frozenAt    time.Duration // since when
	noticeUntil time.Time
	whySince    time.Time // when the explanation was last changed
	steppedAt   time.Time
	stepping    bool      // a step is under way, or its reply
	before      sim.Event // the last reply before it

	ran   int // how many runs have ended
	ticks int // counts the chains of ticks, of which the last one lives
	grid  *chart.Grid
	pens  []chart.Pen
	stale bool // the frame has changed since it was drawn
	drawn string
}

// Messages.
type (
	tickMsg    struct{ chain int }
	startedMsg struct {
		session *session
		err     error
	}
	endedMsg   struct{ session *session }
	leaveMsg   struct{}            // the context has ended
	resumedMsg struct{ err error } // the program was suspended, or could not be
)

const (
	idleTick    = time.Second     // while nothing moves
	afterStep   = time.Second     // how long a step is watched closely
	readingTime = 3 * time.Second // how long an explanation stands while the race runs on
)

// noticeTime is how long a notice stays. It is a variable for tests, which are not to miss one that is told while they are kept
// from running.
var noticeTime = 4 * time.Second

func newModel(ctx context.Context, cfg sim.Config, opts Options, output *termenv.Output) *model {
	script := cfg.Changes
	cfg.Changes = nil
	return &model{
		script: script, begun: cfg,
		ctx: ctx, output: output,
		stage: &stage{ctx: ctx, opened: opts.Opened},
		tick:  time.Second / time.Duration(opts.fps()),
		frame: Frame{
			Config: cfg, Speed: cfg.Speed, Backend: backendText(cfg, cfg.Source.String()), Cursor: 1, ASCII: opts.ASCII, Preset: opts.Preset,
		},
		grid:  chart.NewGrid(0, 0),
		pens:  Pens(opts.Theme, output.Profile),
		stale: true,
	}
}

// backendText says where the Redis of an experiment is, or that its time is virtual, which only the embedded one can have.
func backendText(cfg sim.Config, backend string) string {
	if cfg.Deterministic {
		return "deterministic"
	}
	return backend
}

func (m *model) fail(err error) { m.err = errors.Join(m.err, err) }
func (m *model) failure() error { return m.err }

// Init starts the first session and the ticks.
func (m *model) Init() tea.Cmd {
	leave := func() tea.Msg {
		<-m.ctx.Done()
		return leaveMsg{}
	}
	begin := m.awaitReading
	switch {
	case m.drive != nil:
		begin = tea.Batch(m.drive.searches(), m.drive.startCensus())
	case m.play == nil:
		begin = m.restart()
	}
	return tea.Batch(begin, m.nextTick(), leave)
}

// nextTick starts a new chain of ticks, which ends the one before.
func (m *model) nextTick() tea.Cmd {
	m.ticks++
	return m.tickOn()
}

// tickOn continues the chain.
func (m *model) tickOn() tea.Cmd {
	chain := m.ticks
	return tea.Tick(m.pace(), func(time.Time) tea.Msg { return tickMsg{chain} })
}

// pace is the time between two ticks, which is long while there is nothing to see.
func (m *model) pace() time.Duration {
	if m.idle() {
		return max(idleTick, m.tick)
	}
	return m.tick
}

// idle tells whether the screen will stay as it is without the user.
func (m *model) idle() bool {
	if m.drive != nil {
		return m.drive.idle()
	}
	if m.frozen || m.frame.Back {
		return true
	}
	switch m.frame.State {
	case Done:
		return true
	case Paused:
		return time.Since(m.steppedAt) > afterStep
	}
	return false
}

func (m *model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.grid.Resize(msg.Width, msg.Height)
		m.stale = true
		m.look()
	case resumedMsg:
		m.resume(msg.err)
		if m.mouse {
			return tea.EnableMouseCellMotion
		}
	case tickMsg:
		if msg.chain != m.ticks {
			return nil
		}
		m.look()
		return m.tickOn()
	case tea.KeyMsg:
		return m.keys(msg)
	case tea.MouseMsg:
		if m.drive == nil {
			return m.pointed(msg)
		}
	case searchedMsg:
		return m.searched(msg)
	case toldMsg:
		m.notify(msg.text)
		m.stale = true
		return m.nextTick()
	case startedMsg:
		return m.started(msg)
	case endedMsg:
		m.remember(msg.session)
		if msg.session == m.session && msg.session != nil {
			if err := msg.session.err; err != nil {
				// The session is finished and its error returned by Run.
				return tea.Quit
			}
			m.look()
		}
	case readMsg:
		m.haveRead()
		m.look()
	case leaveMsg:
		return tea.Quit
	}
	return nil
}

// restart has the session replaced by one of the present configuration. While one is being started already, it is
// followed by another.
func (m *model) restart() tea.Cmd {
	m.session = nil
	m.paused, m.frozen, m.stepping, m.suspended = false, false, false, false
	m.frame.why = nil
	if m.frame.Over == Explanation {
		m.frame.Over = NoOverlay
	}
	m.frame.Snapshots, m.frame.State, m.frame.Back, m.frame.Scale, m.frame.Line = nil, Starting, false, Scale{}, 0
	m.frame.Scales = [chartCount]Scale{}
	m.stale = true
	if m.starting {
		m.again = true
		return nil
	}
	m.starting, m.again = true, false
	cfg, stage := m.beginning(), m.stage
	return func() tea.Msg {
		var msg startedMsg
		msg.err = guard(func() (err error) {
			msg.session, err = stage.restart(cfg)
			return err
		})
		return msg
	}
}

// beginning is the configuration that a run is started with: that of the screen or, where changes are to come in its course,
// the one before these.
func (m *model) beginning() sim.Config {
	f := &m.frame
	cfg := f.Config
	if len(m.script) > 0 {
		m.begun.Speed = cfg.Speed
		cfg = m.begun
	}
	cfg = cfg.WithFittingFaults()
	f.Config, m.changes = cfg, 0
	f.Cursor = min(f.Cursor, cfg.Clients)
	if cfg.Changes = m.script; cfg.Validate() != nil {
		cfg.Changes = nil // after what was changed by hand
	}
	return cfg
}

// started takes over a new session.
func (m *model) started(msg startedMsg) tea.Cmd {
	m.starting = false
	if msg.err != nil {
		if !errors.Is(msg.err, errStageClosed) && !errors.Is(msg.err, context.Canceled) {
			m.fail(msg.err)
		}
		return tea.Quit
	}
	if m.again {
		return m.restart()
	}
	m.session = msg.session
	m.session.preset = m.frame.presetText()
	m.passSpeed()
	backend, _ := m.session.exp.Backend()
	m.frame.Backend = backendText(m.frame.Config, backend)
	m.look()
	wait := func() tea.Msg {
		<-msg.session.ended
		return endedMsg{msg.session}
	}
	return tea.Batch(wait, m.nextTick())
}

// look takes the snapshots for the next frame.
func (m *model) look() {
	f := &m.frame
	if f.Notice != "" && time.Now().After(m.noticeUntil) {
		f.Notice = ""
		m.stale = true
	}
	if m.drive != nil {
		m.stale = m.drive.look() || m.stale
		return
	}
	if m.session == nil {
		return
	}
	if state := m.state(); state != f.State {
		f.State = state
		m.stale = true
	}
	if m.play == nil {
		m.keepUp()
	} else if end := m.play.end(); end != f.Replay.End {
		f.Replay.End, m.stale = end, true
	}
	snapshots := m.snapshots(f.needs(m.size()))
	for i, s := range snapshots {
		if old := f.snapshot(i); old == nil || old.Events != s.Events || old.At != s.At ||
			old.First != s.First || len(old.Clients) != len(s.Clients) {
			m.stale = true
		}
	}
	selected := f.selectedVersion()
	f.Snapshots = snapshots
	f.followLog()
	if n := changeCount(snapshots); n != m.changes {
		m.changes = n
		m.follow()
	}
	f.Line = f.follow(selected)
	f.Scale = f.Scale.next(snapshots)
	if f.View == RaceView {
		f.Scales = f.scalesFor(f.plotsOf())
	}
	m.explain()
	m.tellStep()
}

// changeCount is how many settings have been changed in all lanes.
func changeCount(snapshots []*sim.Snapshot) (n int64) {
	for _, s := range snapshots {
		n += s.ChangeCount
	}
	return n
}

// explain holds on to an explanation long enough to be read while the race runs on, and follows at once when it halts.
func (m *model) explain() {
	f := &m.frame
	last, ok := lastLoss(f)
	switch {
	case f.State != Live || !ok:
		f.why = nil
	case f.why == nil || f.why.lane != last.lane || time.Since(m.whySince) >= readingTime:
		f.why, m.whySince = &last, time.Now()
	}
}

// tellStep says what the command of a step has done, once its reply is there.
func (m *model) tellStep() {
	s := m.frame.snapshot(m.frame.Focus)
	if !m.stepping || s == nil || s.Reply == m.before {
		return
	}
	m.stepping = false
	m.notify(replyText(s))
}

type size struct{ w, h int }

func (m *model) size() size { return size{m.grid.Area().W(), m.grid.Area().H()} }

func (m *model) state() State {
	switch {
	case m.play != nil:
		return m.replayState()
	case m.session == nil:
		return Starting
	case m.frozen:
		return Frozen
	case m.session.over():
		return Done
	case m.paused && !m.session.exp.Paused():
		return Stepping
	case m.paused:
		return Paused
	}
	return Live
}

// view draws the frame, unless it is the one drawn last.
func (m *model) view() string {
	if m.stale {
		m.stale = false
		m.grid.Clear()
		if m.drive != nil {
			drawDrive(m.grid.Area(), m.drive, &m.frame)
		} else {
			Draw(m.grid, m.frame)
		}
		m.drawn = m.grid.Paint(m.pens)
	}
	return m.drawn
}

// keys obeys what was typed. Characters that arrive together, from a fast typist or over a slow line, are one message.
func (m *model) keys(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 || msg.Paste {
		return m.key(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		one := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
		if r == ' ' {
			one.Type = tea.KeySpace
		}
		cmds = append(cmds, m.key(one))
	}
	return tea.Batch(cmds...)
}

// key obeys a key, and shows at once what has come of it.
func (m *model) key(msg tea.KeyMsg) tea.Cmd {
	if m.drive != nil {
		return m.driveKey(msg)
	}
	k := m.frame.keyOf(msg)
	if m.frame.Over.reading() && msg.Type == tea.KeyEsc {
		k = keyed{command: cmdClose}
	}
	if k.command == cmdNone {
		return nil
	}
	cmd := m.obey(k)
	m.stale = true
	m.look()
	return tea.Batch(cmd, m.nextTick())
}

func (m *model) notify(text string) {
	m.frame.Notice = text
	m.noticeUntil = time.Now().Add(noticeTime)
}
