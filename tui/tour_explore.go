package tui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/explore"
	"locktop/sim/report"
	"locktop/tui/chart"
	"locktop/tui/tour"
)

// exploreScene counts what comes of all orders of a few commands and, as a grid, shows each of them.
type exploreScene struct {
	ctx    context.Context
	cancel context.CancelFunc
	words  *tourWords
	ascii  bool
	marks  explore.Marks
	grid   bool // every schedule is a cell
	opts   explore.Options
	err    error
	stale  bool
	quick  bool // cells need not be shown one after the other

	running bool
	result  *explore.Result
	orders  []order // of a grid
	shown   int     // how many of them
	perRow  int
	gap     int // between two cells
	w, h    int
	at      int              // the one that is chosen
	played  *explore.Playing // it or, while there is no result, an example
}

// Messages.
type (
	exploredMsg struct {
		result *explore.Result
		orders []order
		err    error
	}
	playedMsg struct {
		playing explore.Playing
		err     error
	}
	unfoldMsg struct{}
)

// unfoldTicks is in how many steps, and unfoldTick how fast, the cells of a grid are shown.
const (
	unfoldTicks = 30
	unfoldTick  = 50 * time.Millisecond
)

func newExploreScene(m *tourModel, a tour.Act) *exploreScene {
	s := &exploreScene{words: m.words, ascii: m.opts.ASCII, marks: m.marks(), grid: a.Scene == tour.Grid, opts: a.Exploration(), quick: m.auto != nil}
	s.ctx, s.cancel = context.WithCancel(m.ctx)
	return s
}

// example has the first of all orders played, in which the clients take turns, for the learner to see what they send.
func (s *exploreScene) example() tea.Cmd {
	return func() (msg tea.Msg) {
		var moves []sim.Move
		o := s.opts
		o.Method, o.Limit = explore.All, 1
		o.Each = func(made []sim.Move, _ sim.Outcome) { moves = slices.Clone(made) }
		if _, err := explore.Run(s.ctx, o); err != nil {
			return playedMsg{err: err}
		}
		return s.play(moves)
	}
}

func (s *exploreScene) play(moves []sim.Move) tea.Msg {
	p, err := explore.Play(explore.Schedule{Lane: s.opts.Lane, Clients: s.opts.Clients, Moves: moves})
	return playedMsg{p, err}
}

func (s *exploreScene) start() tea.Cmd {
	s.running, s.stale, s.played = true, true, nil
	return func() tea.Msg {
		var msg exploredMsg
		o := s.opts
		if s.grid {
			o.Each = func(made []sim.Move, outcome sim.Outcome) {
				msg.orders = append(msg.orders, order{slices.Clone(made), outcome})
			}
		}
		msg.result, msg.err = explore.Run(s.ctx, o)
		return msg
	}
}

func (s *exploreScene) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case exploredMsg:
		s.stale = true
		if msg.err != nil {
			return s.broke(msg.err)
		}
		s.result, s.orders = msg.result, msg.orders
		s.resize(s.w, s.h)
		return tea.Batch(s.unfold(), s.first())
	case playedMsg:
		if s.stale = true; msg.err != nil {
			return s.broke(msg.err)
		}
		if s.running == (s.result != nil) { // not an example that is late
			s.played = &msg.playing
		}
	case unfoldMsg:
		return s.unfold()
	}
	return nil
}

// broke notes an error, unless the scene has been closed.
func (s *exploreScene) broke(err error) tea.Cmd {
	if s.ctx.Err() == nil {
		s.err = err
	}
	return nil
}

// unfold shows some more of the cells.
func (s *exploreScene) unfold() tea.Cmd {
	s.stale = true
	s.shown = min(s.shown+max(len(s.orders)/unfoldTicks, 1), len(s.orders))
	if s.quick {
		s.shown = len(s.orders)
	}
	if s.shown == len(s.orders) {
		return nil
	}
	return tea.Tick(unfoldTick, func(time.Time) tea.Msg { return unfoldMsg{} })
}

// first chooses the smallest schedule that goes wrong or, if none does, the first of all.
func (s *exploreScene) first() tea.Cmd {
	if c := s.result.Counterexample; c != nil && !s.grid {
		return func() tea.Msg {
			p, err := explore.Play(c.Schedule)
			return playedMsg{p, err}
		}
	}
	best := 0
	for i, o := range s.orders {
		if wrong, best2 := o.outcome.Lost > 0, s.orders[best]; wrong && (best2.outcome.Lost == 0 || len(o.moves) < len(best2.moves)) {
			best = i
		}
	}
	return s.choose(best)
}

// choose has an order of the grid drawn.
func (s *exploreScene) choose(i int) tea.Cmd {
	if len(s.orders) == 0 {
		return nil
	}
	s.at, s.stale = min(max(i, 0), len(s.orders)-1), true
	moves := s.orders[s.at].moves
	return func() tea.Msg { return s.play(moves) }
}

// gridKeys are the keys of a grid, as the footer shows them.
var gridKeys = []tourKey{
	{sceneChoose, key.NewBinding(key.WithKeys("left", "right", "up", "down")), "←→", 4},
	{sceneWrong, key.NewBinding(key.WithKeys("[", "]")), "[]", 2},
}

func (s *exploreScene) offered() []tourKey {
	if !s.grid || !s.complete() {
		return nil
	}
	return gridKeys
}

func (s *exploreScene) key(msg tea.KeyMsg) tea.Cmd {
	if s.result == nil {
		return nil
	}
	switch msg.String() {
	case "left", "h":
		return s.choose(s.at - 1)
	case "right", "l":
		return s.choose(s.at + 1)
	case "up", "k":
		return s.choose(s.at - s.perRow)
	case "down", "j":
		return s.choose(s.at + s.perRow)
	case "]":
		return s.nextWrong(+1)
	case "[":
		return s.nextWrong(-1)
	}
	return nil
}

// nextWrong chooses the next order that loses an update.
func (s *exploreScene) nextWrong(by int) tea.Cmd {
	for i := s.at + by; 0 <= i && i < len(s.orders); i += by {
		if s.orders[i].outcome.Lost > 0 {
			return s.choose(i)
		}
	}
	return nil
}

func (s *exploreScene) resize(w, h int) {
	s.w, s.h = w, h
	s.stale, s.gap = true, 1
	if 2*len(s.orders) > w*h/2 { // too many to be apart
		s.gap = 0
	}
	s.perRow = max((w-4-s.gap)/(1+s.gap), 1)
}

func (s *exploreScene) begin(tour.Act)    {}
func (s *exploreScene) settled() bool     { return s.complete() }
func (s *exploreScene) halted() bool      { return false }
func (s *exploreScene) missed() bool      { return s.result != nil && !s.result.Complete }
func (s *exploreScene) still() bool       { return s.result != nil && s.shown == len(s.orders) }
func (s *exploreScene) ready() bool       { return s.complete() }
func (s *exploreScene) wants(string) bool { return false }
func (s *exploreScene) failure() error    { return s.err }

// complete tells whether everything there is has been found, and shown.
func (s *exploreScene) complete() bool {
	return s.result != nil && s.result.Complete && s.shown == len(s.orders)
}

func (s *exploreScene) changed() bool {
	stale := s.stale
	s.stale = false
	return stale
}

func (s *exploreScene) close() error {
	s.cancel()
	return nil
}

func (s *exploreScene) value(quantity string) (tour.Value, bool) {
	r := s.result
	if !s.complete() {
		return tour.Value{}, false
	}
	switch quantity {
	case "schedules":
		return tour.Count(r.Schedules), true
	case "losing":
		return tour.Count(r.Losing), true
	case "overlapping":
		return tour.Count(r.Overlapping), true
	case "hanging":
		return tour.Count(r.Hanging), true
	case "refusing":
		return tour.Count(r.Refusing), true
	}
	return tour.Value{}, false
}

func (s *exploreScene) draw(a chart.Area) {
	in := a.Box(s.words.allOrders, inkFrame, inkTitle, s.ascii)
	in = in.Sub(1, 0, in.W()-2, in.H())
	y, small := 2, in.H() < 16
	if small {
		y = 1
	}
	if s.result == nil && s.played != nil && len(s.played.Steps) > in.H()-y-1 {
		y = 0 // what they send has precedence
	} else {
		in.Text(0, 0, s.words.players(s.opts.ArenaConfig), inkDim)
	}
	switch {
	case s.result == nil && s.running:
		in.Text(0, y, s.words.counting, inkDim)
		return
	case s.result == nil:
		if s.played != nil {
			in.Text(0, y, s.words.oneOf, inkDim)
			drawDiagram(in.Sub(0, y+1, in.W(), in.H()-y-1), s.played, s.marks)
		}
		return
	}
	y = s.drawCounts(in, y)
	if s.grid {
		y = s.drawCells(in, y)
	}
	if s.played != nil {
		if !small {
			y++
		}
		if s.grid {
			in.Text(0, y, s.words.nth(s.at+1, len(s.orders)), inkDim)
		} else {
			in.Text(0, y, s.words.smallest, inkDim)
		}
		drawDiagram(in.Sub(0, y+1, in.W(), in.H()-y-1), s.played, s.marks)
	}
}

// drawCounts draws how many orders there are, and what comes of them.
func (s *exploreScene) drawCounts(a chart.Area, y int) int {
	r := s.result
	counted := "schedules"
	if !r.Complete {
		counted = "tried"
	}
	put(a, 0, y, piece{explore.Many(r.Schedules) + " ", inkTitle}, piece{s.words.quantity(counted), inkDim})
	y++
	for _, c := range []struct {
		name  string
		n     uint64
		bad   chart.Ink
		shown bool
	}{
		{"losing", r.Losing, inkLost, true},
		{"overlapping", r.Overlapping, inkUndecided, s.strategy().Locks},
		{"hanging", r.Hanging, inkLost, r.Hanging > 0},
		{"refusing", r.Refusing, inkKept, r.Refusing > 0},
	} {
		if !c.shown {
			continue
		}
		share := float64(c.n) / float64(max(r.Schedules, 1))
		ink := c.bad
		if c.n == 0 {
			ink = inkKept
		}
		a.Text(0, y, fmt.Sprintf("%6s", explore.Many(c.n)), ink)
		a.Text(7, y, s.words.quantity(c.name), inkDim)
		const bar = 30
		a.Text(bar, y, shareText(c.n, r.Schedules), ink)
		if room := min(a.W()-bar-9, 40); room > 0 {
			chart.Bar(a, y, bar+8, room, share, ink, inkFrame, s.ascii)
		}
		y++
	}
	return y
}

// shareText is a share in percent, as wide as any.
func shareText(n, of uint64) string { return fmt.Sprintf("%5s %%", report.Percent(n, of)) }

func (s *exploreScene) strategy() sim.Strategy {
	strategy, _ := sim.StrategyNamed(sim.StrategyOf(s.opts.Lane))
	return strategy
}

// drawCells draws a sign for each order, and the chosen one between brackets. If there are too many, it is those around that.
func (s *exploreScene) drawCells(a chart.Area, y int) int {
	const leastDiagram = 7
	gap := s.gap
	rows := max(min((len(s.orders)+s.perRow-1)/s.perRow, a.H()-y-leastDiagram), 1)
	first := 0
	if at := s.at / s.perRow; at >= rows {
		first = (at - rows + 1) * s.perRow
	}
	for i := first; i < min(s.shown, first+rows*s.perRow); i++ {
		sign, ink := '✓', inkKept
		switch o := s.orders[i].outcome; {
		case o.Lost > 0:
			sign, ink = '✗', inkLost
		case o.Hung:
			sign, ink = '■', inkLost
		}
		x, row := (i-first)%s.perRow*(1+gap)+gap, y+(i-first)/s.perRow
		a.Set(x, row, sign, ink)
		if i == s.at && gap > 0 {
			a.Set(x-1, row, '[', inkCursor)
			a.Set(x+1, row, ']', inkCursor)
		} else if i == s.at {
			a.Set(x, row, sign, inkCursor)
		}
	}
	return y + rows
}
