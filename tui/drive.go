package tui

import (
	"context"
	"errors"
	"os"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/explore"
)

// drive is the two screens on which one is the scheduler oneself: stepping through one schedule of a small race, and the grid
// of all of them. It belongs to the model; what takes longer than a key may runs beside it.
type drive struct {
	step   *stepper
	grid   *orders // nil until it is opened
	onGrid bool    // it is the grid that is shown
	home   bool    // onGrid, of the screen that esc leaves everything from
	alone  bool    // there is no race to go back to
	paused bool    // the race, by opening this
	over   Overlay
	page   int

	ctx     context.Context // of the searches
	cancel  context.CancelFunc
	work    sync.WaitGroup // them
	pending int            // how many have not been taken over yet

	census     *census // of the grid; nil is none
	stopCensus context.CancelFunc
}

// searchedMsg is what a search beside the screen has come to.
type searchedMsg struct {
	drive *drive
	err   error
	take  func() (notice string) // takes it over
}

// DriveOptions say what [Drive] begins with.
type DriveOptions struct {
	// Arena is who plays. Its faults are those that may be done by hand; in the grid, those that are tried.
	Arena sim.ArenaConfig
	// Schedule, if it has clients, is one to be stepped through, from its start. Arena then counts for nothing.
	Schedule explore.Schedule
	// Grid begins with the grid.
	Grid bool
}

// Drive shows the screens on which one is the scheduler oneself until the user quits or the context ends, which is no error.
// It returns what had been played last. The error is of an arena or a schedule that cannot be played, or of the terminal.
func Drive(ctx context.Context, d DriveOptions, opts Options) (explore.Playing, error) {
	if opts.Output == nil {
		opts.Output = os.Stdout
	}
	m, cancel, err := newDriveModel(ctx, d, opts)
	if err != nil {
		return explore.Playing{}, err
	}
	defer cancel(nil)
	done, err := opts.attach()
	if err != nil {
		return explore.Playing{}, err
	}
	defer done()
	step := m.drive.step
	_, err = m.run(opts, cancel, func() (sim.Result, error) { return sim.Result{}, nil })
	return step.playing, err
}

// newDriveModel returns a model that has nothing but these screens. To cancel ends it.
func newDriveModel(ctx context.Context, d DriveOptions, opts Options) (*model, context.CancelCauseFunc, error) {
	var step *stepper
	var err error
	if d.Schedule.Clients > 0 {
		step, err = openSchedule(d.Schedule, 0)
	} else {
		step, err = newStepper(d.Arena)
	}
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	m := newModel(ctx, sim.Defaults(), opts, newOutput(opts.Output))
	m.drive = newDrive(ctx, step)
	m.drive.alone = true
	if d.Grid {
		m.drive.home = true
		m.drive.openGrid(explore.WithLease(d.Arena))
	}
	return m, cancel, nil
}

func newDrive(ctx context.Context, step *stepper) *drive {
	d := &drive{step: step, stopCensus: func() {}}
	d.ctx, d.cancel = context.WithCancel(ctx)
	return d
}

// openDrive opens the screens over the race, which waits if it can, with the strategy of the focused lane.
func (m *model) openDrive() tea.Cmd {
	f := &m.frame
	const clients = 2
	step, err := newStepper(sim.ArenaConfig{Lane: f.Config.Lanes[f.Focus], Clients: clients, Expiries: defaultFaults, Crashes: defaultFaults})
	if err != nil {
		m.notify(err.Error())
		return nil
	}
	f.Over, f.Notice = NoOverlay, ""
	m.drive = newDrive(m.ctx, step)
	if m.session != nil && !m.session.over() && m.session.exp.CanPause() && !m.paused {
		m.drive.paused = true
		m.session.exp.Pause()
	}
	return m.drive.searches()
}

// closeDrive leaves the screens, if they are shown, and ends what runs beside them.
func (m *model) closeDrive() {
	d := m.drive
	if d == nil {
		return
	}
	d.end()
	m.drive = nil
	if d.paused && m.session != nil {
		m.session.exp.Resume()
	}
}

// end ends what runs beside the screens, and waits for that.
func (d *drive) end() {
	d.cancel()
	d.stopCensus()
	d.work.Wait()
}

// idle tells whether the screen will stay as it is without the user.
func (d *drive) idle() bool { return d.pending == 0 }

// look takes over what the census has so far, and tells whether the screen changes by that.
func (d *drive) look() bool { return d.census != nil && d.grid != nil && d.grid.take(d.census) }

// later runs something beside the screen; what it returns is then called to take over what has come of it.
func (d *drive) later(ctx context.Context, search func(context.Context) (take func() string, err error)) tea.Cmd {
	d.pending++
	result := make(chan searchedMsg, 1)
	d.work.Go(func() {
		msg := searchedMsg{drive: d}
		msg.err = guard(func() (err error) {
			msg.take, err = search(ctx)
			return err
		})
		result <- msg
	})
	return func() tea.Msg { return <-result }
}

// searched takes over what a search has come to.
func (m *model) searched(msg searchedMsg) tea.Cmd {
	d := msg.drive
	d.pending--
	if d != m.drive {
		return nil
	}
	if msg.err != nil {
		if !errors.Is(msg.err, context.Canceled) {
			m.notify(msg.err.Error())
		}
	} else if notice := msg.take(); notice != "" {
		m.notify(notice)
	}
	m.stale = true
	m.look()
	return tea.Batch(d.searches(), m.nextTick())
}

// searches starts what there is to be found out beside the screen: what comes of all orders of the race that is played.
func (d *drive) searches() tea.Cmd {
	c, ok := d.step.wanted()
	if !ok || d.onGrid {
		return nil
	}
	odds := d.step.odds
	odds[c] = nil
	return d.later(d.ctx, func(ctx context.Context) (func() string, error) {
		r, err := countOrders(ctx, c)
		return func() string { odds[c] = r; return "" }, err
	})
}

// openGrid shows the grid of a race.
func (d *drive) openGrid(c sim.ArenaConfig) {
	d.onGrid = true
	if d.grid != nil && d.grid.arena == c {
		return
	}
	d.stopCensus()
	d.grid, d.census = &orders{arena: c}, nil
}

// startCensus has the grid filled, if that is not under way.
func (d *drive) startCensus() tea.Cmd {
	if d.grid == nil || d.census != nil {
		return nil
	}
	ctx, stop := context.WithCancel(d.ctx)
	c := &census{arena: d.grid.arena}
	d.stopCensus, d.census = stop, c
	return d.later(ctx, func(ctx context.Context) (func() string, error) {
		defer stop()
		c.run(ctx, censusTime)
		return func() string { return "" }, ctx.Err()
	})
}

// driveKey obeys a key on these screens.
func (m *model) driveKey(msg tea.KeyMsg) tea.Cmd {
	d, f := m.drive, &m.frame
	keys := stepKeyMap
	if d.onGrid {
		keys = gridKeyMap
	}
	k := matching(keys, msg)
	if d.over != NoOverlay && msg.Type == tea.KeyEsc {
		k.command = cmdClose
	}
	if k.command == cmdNone {
		return nil
	}
	f.Notice = "" // which was of another state
	if d.over == Explanation && k.command != cmdTell {
		d.over = NoOverlay
	}
	var notice string
	var cmd tea.Cmd
	switch k.command {
	case cmdClose:
		d.over = NoOverlay
	case cmdHelp:
		d.toggle(Help, len(driveHelp(d, m.size(), f)), m.size().h)
	case cmdSuspend:
		return m.suspend()
	case cmdCopy:
		cmd = m.copySchedule()
	case cmdQuit:
		if d.alone || msg.Type == tea.KeyCtrlC {
			return tea.Quit
		}
		m.closeDrive()
	case cmdLeave:
		switch {
		case d.onGrid != d.home:
			d.onGrid = d.home
		case d.alone:
			return tea.Quit
		default:
			m.closeDrive()
		}
	default:
		if d.onGrid {
			notice = d.obeyOnGrid(k, m.size())
		} else if k.command == cmdShowWrong {
			notice, cmd = "looking for one that goes wrong …", d.showWrong()
		} else {
			notice = d.obeyOnStep(k, f, m.size())
		}
	}
	if notice != "" {
		m.notify(notice)
	}
	m.stale = true
	if d := m.drive; d != nil {
		cmd = tea.Batch(cmd, d.searches(), d.startCensus())
	}
	m.look()
	return tea.Batch(cmd, m.nextTick())
}

// toggle lays something to read over the screen, turns its pages, and takes it away after the last.
func (d *drive) toggle(o Overlay, lines, h int) {
	if d.over != o {
		d.over, d.page = o, 0
		return
	}
	if d.page++; d.page >= pages(lines, h) {
		d.over, d.page = NoOverlay, 0
	}
}

// explains tells whether there is an outcome to explain.
func (d *drive) explains() bool {
	return !d.onGrid && d.step.playing.Over && d.step.at == len(d.step.moves)
}

// obeyOnStep does what a key asks for while one schedule is stepped through.
func (d *drive) obeyOnStep(k keyed, f *Frame, s size) string {
	switch k.command {
	case cmdGrant:
		return d.step.grant()
	case cmdTell:
		if !d.explains() {
			return "it is not over yet: . lets the selected client's next command through"
		}
		d.toggle(Explanation, len(d.step.explanation(f, boxText(s.w))), s.h)
	case cmdUp:
		d.step.selectClient(d.step.cursor - 1)
	case cmdDown:
		d.step.selectClient(d.step.cursor + 1)
	case cmdSelect:
		if k.client > d.step.clients {
			return "there are only " + clientCount(d.step.clients)
		}
		d.step.selectClient(k.client)
		return d.step.grant()
	case cmdNextServer:
		return d.step.nextServer()
	case cmdUndo:
		return d.step.undo()
	case cmdRedo:
		return d.step.redo()
	case cmdFirst:
		return d.step.restart()
	case cmdLast:
		return d.step.toEnd()
	case cmdExpire:
		return d.step.expire()
	case cmdCrash:
		return d.step.crash()
	case cmdNextStrategy:
		return d.step.nextStrategy(+1)
	case cmdPrevStrategy:
		return d.step.nextStrategy(-1)
	case cmdMoreClients:
		return d.step.addClients(+1)
	case cmdFewerClients:
		return d.step.addClients(-1)
	case cmdGrid:
		d.openGrid(explore.WithLease(d.step.used()))
	}
	return ""
}

// showWrong has the smallest schedule that goes wrong looked for, and shown.
func (d *drive) showWrong() tea.Cmd {
	step, find := d.step, d.step.findWrong()
	lane, clients := step.lane, step.clients
	return d.later(d.ctx, func(ctx context.Context) (func() string, error) {
		found, err := find(ctx)
		return func() string {
			if step.lane != lane || step.clients != clients {
				return "" // the user has gone on to another race
			}
			return step.showWrong(found)
		}, err
	})
}

// obeyOnGrid does what a key asks for in the grid.
func (d *drive) obeyOnGrid(k keyed, s size) string {
	o := d.grid
	p := planOrders(s.w, driveBody(s.h), o)
	switch k.command {
	case cmdLeft:
		o.move(-1)
	case cmdRight:
		o.move(+1)
	case cmdUp:
		o.moveRow(-1, p.columns)
	case cmdDown:
		o.moveRow(+1, p.columns)
	case cmdPageUp:
		o.move(-p.page())
	case cmdPageDown:
		o.move(+p.page())
	case cmdFirst:
		o.move(-farthest)
	case cmdLast:
		o.move(+farthest)
	case cmdNextWrong:
		return o.nextWrong(+1)
	case cmdPrevWrong:
		return o.nextWrong(-1)
	case cmdOpen, cmdOpenEnd:
		return d.open(k.command == cmdOpenEnd)
	case cmdExpire:
		return d.vary(func(c *sim.ArenaConfig) { c.Expiries = (c.Expiries + 1) % (defaultFaults + 1) })
	case cmdCrash:
		return d.vary(func(c *sim.ArenaConfig) { c.Crashes = (c.Crashes + 1) % (defaultFaults + 1) })
	case cmdNextStrategy:
		return d.vary(func(c *sim.ArenaConfig) { c.Lane, c.Expiries = neighbour(c.Lane, +1), 0 })
	case cmdPrevStrategy:
		return d.vary(func(c *sim.ArenaConfig) { c.Lane, c.Expiries = neighbour(c.Lane, -1), 0 })
	case cmdMoreClients:
		return d.vary(func(c *sim.ArenaConfig) { c.Clients++ })
	case cmdFewerClients:
		return d.vary(func(c *sim.ArenaConfig) { c.Clients-- })
	}
	return ""
}

// vary goes to the grid of another race, if there can be one.
func (d *drive) vary(change func(*sim.ArenaConfig)) string {
	c := d.grid.arena
	change(&c)
	if err := c.Validate(); err != nil {
		return err.Error()
	}
	d.openGrid(explore.WithLease(c))
	return ""
}

// open steps through the selected order, from its start or from its end.
func (d *drive) open(atEnd bool) string {
	s, ok := d.grid.selected()
	if !ok {
		return "there is nothing to open yet"
	}
	at := 0
	if atEnd {
		at = len(s.Moves)
	}
	if err := d.step.load(s, at); err != nil {
		return err.Error()
	}
	d.onGrid = false
	return ""
}

// copySchedule copies the schedule on the screen, by a sequence that the terminal obeys.
func (m *model) copySchedule() tea.Cmd {
	s := m.drive.step.schedule()
	if m.drive.onGrid {
		var ok bool
		if s, ok = m.drive.grid.selected(); !ok {
			m.notify("there is nothing to copy yet")
			return nil
		}
	}
	text, output := s.String(), m.output
	return func() tea.Msg {
		output.Copy(text)
		return toldMsg{"copied, if this terminal allows it: " + text}
	}
}
