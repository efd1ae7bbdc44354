package sim

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"locktop/sim/bubble"
	"locktop/sim/clock"
)

// An Arena is one lane whose clients make one update each, or one try of it if a fence
// refuses the write or the answers of the nodes come too late, while somebody else
// decides, command by command, who goes next. The clients are those of every other
// lane, with the real lock and a real connection to an embedded Redis; they only
// park before each command until it is admitted.
//
// Everything in it happens in virtual time, so it lives in a [bubble]. A schedule is
// played from [Arena.Start] on by asking for the [Arena.Moves] and making one of
// them with [Arena.Make], until there are none. The same moves lead to the same
// state. It is for one goroutine.
//
// Commands take no time, nor does thinking; it passes only
//
//   - when no client can go on otherwise, and then to the next moment at which one
//     can: a time limit, or the end of a lease;
//   - when a move of the kind [Expiry] says so. All time limits on the way pass too.
//
// A client that repeats a command in vain, as a spinning one does, is not let through
// until the keys that the command touches have changed: before, the same command would
// get the same reply. Where all that is sent leads to nothing for long enough, and no
// lease is left to end, the schedule hangs. A client that waits in BLPOP is served by the
// command that fills the list, first come, first served, as Redis does it.
type Arena struct {
	config  ArenaConfig
	clk     *clock.Clock
	lane    *Lane
	players []*player
	stop    context.CancelFunc // of the schedule that is being played
	seed    maphash.Seed

	plainly plainly
	traced  bool
	steps   []Step  // if traced
	events  []Event // of the last move, if traced

	made     []Move
	moves    []Move    // that can be made now
	commands []*parked // of the moves, nil for those that are not commands
	line     []int     // clients that Redis keeps waiting, in the order in which they came
	hung     bool
	settled  bool      // the accounts are
	refused  int64     // writes
	compared time.Time // when the keys of commands in vain were last looked at
	progress int       // how many moves had been made when there last was any

	renaming sync.Mutex
	names    map[string]string    // of random ids
	known    [MostPlayers + 1]int // how many of them each client has
}

// ArenaConfig says who plays.
type ArenaConfig struct {
	// Lane is a strategy, with settings of its own behind colons, as in [Config].
	Lane string
	// Clients is how many clients there are, 1 to [MostPlayers].
	Clients int
	// Expiries and Crashes bound how often a lease ends, and a client crashes, in
	// one schedule.
	Expiries, Crashes int
}

// MostPlayers is how many clients an arena may have.
const MostPlayers = 9

// Config returns the experiment that a schedule is one of.
func (c ArenaConfig) Config() Config {
	cfg := Defaults()
	cfg.Lanes, cfg.Clients, cfg.Servers, cfg.Alerts = []string{c.Lane}, c.Clients, 1, 1
	cfg.Work, cfg.Retry, cfg.Interval, cfg.Backlog = 0, 0, 0, true
	cfg.Lease, cfg.LeaseFloor = 0, 0
	if c.Expiries > 0 || isQuorum(cfg) { // which is never without
		cfg.Lease = time.Second / 10
	}
	cfg.Speed, cfg.Patience = clock.Max, 0
	return cfg
}

func isQuorum(c Config) bool {
	lane, err := c.lane(0)
	return err == nil && lane.nodes > 1
}

// Validate returns an error that says what cannot be used.
func (c ArenaConfig) Validate() error {
	switch {
	case c.Clients < 1 || c.Clients > MostPlayers:
		return fmt.Errorf("clients: want 1 to %d, have %d", MostPlayers, c.Clients)
	case c.Expiries < 0:
		return fmt.Errorf("expiries: want 0 or more, have %d", c.Expiries)
	case c.Crashes < 0:
		return fmt.Errorf("crashes: want 0 or more, have %d", c.Crashes)
	}
	cfg := c.Config()
	lane, err := cfg.lane(0)
	if err != nil {
		return fmt.Errorf("strategy: %w", err)
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	switch {
	case c.Expiries > 0 && !lane.strategy.Locks:
		return fmt.Errorf("expiries: %s takes no lock", lane.strategy.Name)
	case c.Expiries > 0 && lane.lease == 0:
		return fmt.Errorf("expiries: the lock of %s has no lease", c.Lane)
	case lane.lease >= keyTTL:
		return fmt.Errorf("strategy: want a lease of less than %v, for which keys live in Redis, have %v", keyTTL, lane.lease)
	}
	return nil
}

// OpenArena makes an arena. It must be called, like all its methods, inside of a
// bubble, and the arena closed in it.
func OpenArena(config ArenaConfig) (*Arena, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	a := &Arena{config: config, clk: clock.NewVirtual(clock.Max), seed: maphash.MakeSeed(), stop: func() {}}
	lane, err := openLane(context.Background(), config.Config(), 0, a.clk, "explore")
	if err != nil {
		a.clk.Close()
		return nil, err
	}
	a.lane = lane
	a.plainly = newPlainly(lane)
	lane.gate.scheduled, lane.gate.came = true, make(chan struct{}, 1)
	for _, c := range lane.clients {
		p := &player{client: c, ended: make(chan struct{})}
		close(p.ended)
		c.oneTry = true
		c.seen = func(r request, err error) { a.seen(p, r, err) }
		a.players = append(a.players, p)
	}
	return a, nil
}

// Close ends what is being played, and the arena.
func (a *Arena) Close() error {
	a.end()
	err := a.lane.close()
	a.clk.Close()
	return err
}

// Start begins a new schedule: an empty Redis, and every client before its first
// command.
func (a *Arena) Start() error {
	a.end()
	if rest := a.clk.Now() % time.Millisecond; rest > 0 {
		time.Sleep(time.Millisecond - rest) // which is what the servers count in
	}
	for _, server := range a.lane.servers() {
		server.Begin()
	}
	board := newBoard(a.lane.info, 64)
	board.timeless = true
	a.lane.recorder.begin(board)
	a.lane.gate.close()
	a.steps, a.events = a.steps[:0:0], a.events[:0]
	a.lane.recorder.log = a.heard
	a.refused, a.progress = 0, 0
	a.made, a.line, a.hung, a.settled = a.made[:0], a.line[:0], false, false
	a.names, a.known = map[string]string{}, [MostPlayers + 1]int{}
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	for _, p := range a.players {
		p.begin(a.seed)
		go p.play(ctx)
	}
	return a.settle()
}

// end leaves nothing of the schedule that is being played.
func (a *Arena) end() {
	for _, p := range a.players {
		if !p.over() {
			a.kill(p)
		}
	}
	a.stop()
	a.lane.gate.open()
	for _, p := range a.players {
		<-p.ended
		p.settleLock()
	}
}

// kill has everything that the client still sends fail.
func (a *Arena) kill(p *player) {
	p.announcing.Lock()
	p.announced = p.announced[:0] // it is never sent
	p.announcing.Unlock()
	p.record(Event{Kind: Crashed})
	p.door.dead.Store(true)
	if p.isSending() {
		p.door.breakConns(0) // and Redis forgets that it waits
	}
}

// Moves returns what can happen next, in an order that depends on the moves made so
// far only. There is nothing when all clients have ended, or hang.
func (a *Arena) Moves() []Move { return a.moves }

// Made returns the moves made since the start.
func (a *Arena) Made() []Move { return a.made }

// Make makes one of the moves that can be made, and returns when all clients have
// come to a stop again. The error is of a move that cannot be made, or of a client
// that has failed as it should not.
func (a *Arena) Make(m Move) error {
	i := slices.Index(a.moves, m)
	if i < 0 {
		return fmt.Errorf("move %d: %s cannot be made here; there is %s", len(a.made)+1, m, joinedMoves(a.moves))
	}
	a.made = append(a.made, m)
	waiting := slices.Clone(a.line)
	if err := a.do(m, i); err != nil {
		return err
	}
	a.traceRest(waiting)
	return nil
}

// heard takes in an event as it is folded.
func (a *Arena) heard(e Event) {
	if a.traced {
		a.events = append(a.events, e)
	}
	switch {
	case e.Kind == Read && e.Client > 0:
		a.players[e.Client-1].read = e.Value
	case e.Kind == Refused:
		a.refused++
	}
	switch e.Kind {
	case Granted, Read, Acked, Computed, Released, Finished, Crashed:
		a.progress = len(a.made)
	}
}

// do makes the move that has an index among those that can be made.
func (a *Arena) do(m Move, i int) error {
	switch m.Kind {
	case Send:
		p := a.players[m.Client-1]
		return a.send(p, a.commands[i])
	case Expiry:
		time.Sleep(a.untilExpiry())
	case Kill:
		p := a.players[m.Client-1]
		p.crashed = true
		a.kill(p)
		if !p.isSending() {
			for _, w := range a.lane.gate.waiting() {
				if w.client == m.Client {
					a.lane.gate.admit(w)
				}
			}
		}
	}
	return a.settle()
}

func joinedMoves(moves []Move) string {
	if len(moves) == 0 {
		return "none left"
	}
	texts := make([]string, len(moves))
	for i, m := range moves {
		texts[i] = m.String()
	}
	return strings.Join(texts, " ")
}

// send admits a command.
func (a *Arena) send(p *player, w *parked) error {
	keys := a.touched(w.request)
	before := a.state(w.node, keys)
	step := a.traceSend(p, w)
	if p.began.IsZero() {
		p.began = time.Now()
	}
	p.mu.Lock()
	p.sending, p.step = w, step
	p.mu.Unlock()
	a.lane.gate.admit(w)
	bubble.Wait()
	a.noteSent(p, w, keys, before)
	return a.settle()
}

// seen takes in the reply to a client's request, on the client's goroutine.
func (a *Arena) seen(p *player, r request, err error) {
	text := a.rename(p.number, r.String()+"\x00"+r.replies(err)+"\x00")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trace.WriteString(text)
	if p.sending != nil && p.sending.request.is(r) {
		p.sending = nil
		if a.traced {
			p.replies = append(p.replies, traced{p.step, a.plainly.reply(r, err, a.ownerFor(p.number))})
		}
	}
}

// settle lets all come to a stop, and finds out what can happen next. If no client
// can go on, time passes until one can.
func (a *Arena) settle() error {
	const horizon = time.Minute // longer than any time limit but a lease
	for waited := time.Duration(0); ; {
		bubble.Wait()
		a.line = slices.DeleteFunc(a.line, func(number int) bool { return !a.players[number-1].isSending() })
		if err := a.failure(); err != nil {
			return err
		}
		a.look()
		live := slices.ContainsFunc(a.players, func(p *player) bool { return !p.over() })
		if len(a.commands) > 0 || !live {
			break
		}
		if ttl := a.untilExpiry(); ttl > 0 {
			a.wait(ttl)
			waited = 0
			continue
		}
		if waited >= horizon {
			a.hang()
			break
		}
		start := time.Now()
		a.wait(horizon - waited)
		waited += time.Since(start)
	}
	a.lane.recorder.Fold()
	if a.overcomeVain() {
		return a.settle()
	}
	a.addAdversary()
	return nil
}

// look finds the commands that can be sent.
func (a *Arena) look() {
	if time.Now() != a.compared { // keys may have expired
		a.forgetChanged()
	}
	a.moves, a.commands = a.moves[:0], a.commands[:0]
	for _, w := range a.lane.gate.waiting() {
		p := a.players[w.client-1]
		if _, ok := p.vain[anonymous(w)]; ok {
			continue
		}
		m := Move{Kind: Send, Client: w.client}
		if len(a.lane.nodes) > 0 {
			m.Node = w.node
		}
		if slices.Contains(a.moves, m) {
			continue // after the first one
		}
		a.moves, a.commands = append(a.moves, m), append(a.commands, w)
	}
}

// addAdversary adds the moves that nobody wishes for.
func (a *Arena) addAdversary() {
	if a.hung || !slices.ContainsFunc(a.players, func(p *player) bool { return !p.over() }) {
		return
	}
	expiries, crashes := a.faults()
	if expiries < a.config.Expiries && a.untilExpiry() > 0 {
		a.moves = append(a.moves, Move{Kind: Expiry})
	}
	if crashes < a.config.Crashes {
		for _, p := range a.players {
			if !p.over() {
				a.moves = append(a.moves, Move{Kind: Kill, Client: p.number})
			}
		}
	}
}

// faults counts the moves made that nobody wishes for.
func (a *Arena) faults() (expiries, crashes int) {
	for _, m := range a.made {
		switch m.Kind {
		case Expiry:
			expiries++
		case Kill:
			crashes++
		}
	}
	return expiries, crashes
}

// untilExpiry is how long it takes until the lock's lease, if there is one, has run
// out; 0 if there is none.
func (a *Arena) untilExpiry() time.Duration {
	var longest time.Duration
	if !a.lane.info.Locks {
		return 0
	}
	for _, server := range a.lane.servers() {
		ttl := server.State(a.lane.lockKeys[0])[0].TTL
		longest = max(longest, ttl)
	}
	if longest > 0 {
		longest += time.Millisecond // which is what Redis counts in
	}
	return longest
}

// wait lets time pass, at most d, until a command comes.
func (a *Arena) wait(d time.Duration) {
	select {
	case <-a.lane.gate.came: // before
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-a.lane.gate.came:
	case <-timer.C:
	}
}

// failure is the error of a client that has not crashed.
func (a *Arena) failure() error {
	for _, p := range a.players {
		if p.over() && p.err != nil && !p.door.dead.Load() {
			return p.err
		}
	}
	return nil
}

// Outcome is what has come of a schedule.
type Outcome struct {
	// Acked, Kept, Lost and Unknown count updates.
	Acked, Kept, Lost, Unknown int64
	// Refused counts the writes that were too late, and not done.
	Refused int64
	// Overlap says that two clients were inside at once, Hung that some wait for
	// ever.
	Overlap, Hung bool
}

// Outcome settles the accounts of a schedule of which nothing is left.
func (a *Arena) Outcome() Outcome {
	s := a.Snapshot(View{})
	return Outcome{
		Acked: s.Acked, Kept: s.Kept, Lost: s.Lost, Unknown: s.Unknown,
		Refused: a.refused, Overlap: s.Overlaps > 0, Hung: a.hung,
	}
}

// Snapshot is the lane's state now; after the last move it is final.
func (a *Arena) Snapshot(view View) *Snapshot {
	if len(a.moves) == 0 && !a.settled {
		a.settled = true
		value := a.lane.server.State(a.lane.averageKey())[0].Value
		a.lane.recorder.Record(Event{Kind: Read, Value: value})
		a.lane.recorder.Record(Event{Kind: Stopped})
	}
	a.lane.recorder.Fold()
	return a.lane.recorder.Snapshot(view)
}
