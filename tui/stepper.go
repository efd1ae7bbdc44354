package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"locktop/sim"
	"locktop/sim/explore"
)

// stepper is a small race in which the user is the scheduler: who goes next is decided command by command, and can be taken
// back. Nothing of it runs between two keys: every state is reached by making the moves again from the start, which takes
// some milliseconds. Its methods return what there is to tell the user, if anything. It is plain data that can be drawn in
// any area: see [drawStepper].
type stepper struct {
	strategy string // as it was asked for, with settings of its own
	clients  int
	expiries int // how often the lease may end by hand
	crashes  int // and how many clients may crash

	lane      string     // the strategy with its lease spelled out
	moves     []sim.Move // those made, and then those that were undone
	at        int        // how many have been made
	cursor    int        // the selected client, from 1
	following bool       // the cursor follows the moves that were undone
	server    int        // to which of several servers the selected client sends next, from 0, of those it can
	playing   explore.Playing
	odds      map[sim.ArenaConfig]*explore.Result // what is known of all orders; nil while it is being found out
}

// defaultFaults is how often the lease may end by hand, and how many clients may crash, unless told.
const defaultFaults = 2

// handLease is the lease of locks that are driven by hand, unless they have one of their own. Time passes only when it is
// made to end, or nobody can go on otherwise.
const handLease = 100 * time.Millisecond

// newStepper returns a race before its first command. At least as many expiries and crashes are allowed as the arena has.
func newStepper(c sim.ArenaConfig) (*stepper, error) {
	s := &stepper{expiries: c.Expiries, crashes: c.Crashes, odds: map[sim.ArenaConfig]*explore.Result{}}
	return s, s.begin(c.Lane, c.Clients)
}

// openSchedule returns a race of which a schedule has been played up to a move.
func openSchedule(schedule explore.Schedule, at int) (*stepper, error) {
	s := &stepper{expiries: defaultFaults, crashes: defaultFaults, odds: map[sim.ArenaConfig]*explore.Result{}}
	return s, s.load(schedule, at)
}

// begin starts anew with a strategy and so many clients. On an error, everything stays as it is.
func (s *stepper) begin(strategy string, clients int) error {
	lane := strategy
	c := sim.ArenaConfig{Lane: lane, Clients: clients}
	if err := c.Validate(); err != nil {
		return err
	}
	if info := c.Config().LaneInfo(0); info.Locks && s.expiries > 0 && !strings.Contains(lane, ":lease=") {
		lane += ":lease=" + handLease.String()
	}
	return s.play(stepper{strategy: strategy, clients: clients, lane: lane, cursor: 1})
}

// load takes over a schedule, of which the first moves are made.
func (s *stepper) load(schedule explore.Schedule, at int) error {
	schedule = schedule.WithLease()
	if _, err := explore.Play(schedule); err != nil {
		return err
	}
	return s.play(stepper{
		strategy: schedule.Lane, clients: schedule.Clients, lane: schedule.Lane,
		moves: slices.Clone(schedule.Moves), at: at, cursor: 1, following: true,
	})
}

// play goes to another state, if it can be reached.
func (s *stepper) play(next stepper) error {
	next.expiries, next.crashes, next.odds = s.expiries, s.crashes, s.odds
	var err error
	if next.playing, err = explore.PlayIn(next.arena(), next.moves[:next.at]); err != nil {
		return err
	}
	next.server = 0
	next.follow()
	*s = next
	return nil
}

// arena is who plays, and what may be done by hand.
func (s *stepper) arena() sim.ArenaConfig {
	used := explore.Schedule{Lane: s.lane, Clients: s.clients, Moves: s.moves}.Arena()
	c := sim.ArenaConfig{Lane: s.lane, Clients: s.clients, Crashes: max(s.crashes, used.Crashes)}
	if s.leased() {
		c.Expiries = max(s.expiries, used.Expiries)
	}
	return c
}

// info is what the lane is.
func (s *stepper) info() sim.LaneInfo {
	return sim.ArenaConfig{Lane: s.lane, Clients: s.clients}.Config().LaneInfo(0)
}

// leased tells whether there is a lock whose lease can end.
func (s *stepper) leased() bool { return s.info().Locks && s.info().Lease > 0 }

// follow selects the client of the next move that was undone or, where there is none, one that can go.
func (s *stepper) follow() {
	switch {
	case s.following && s.at < len(s.moves):
		if c := s.moves[s.at].Client; c > 0 {
			s.cursor = c
		}
	case !s.playing.Over && !s.can(s.cursor):
		for i := range s.clients {
			if c := (s.cursor+i)%s.clients + 1; s.can(c) {
				s.cursor = c
				return
			}
		}
	}
}

// can tells whether a client can send its next command.
func (s *stepper) can(client int) bool { return s.playing.Players[client-1].Sends }

// schedule is what has been played.
func (s *stepper) schedule() explore.Schedule {
	return explore.Schedule{Lane: s.lane, Clients: s.clients, Moves: s.moves[:s.at]}
}

// selectClient moves the cursor to a client, if there is one with that number.
func (s *stepper) selectClient(n int) {
	if 1 <= n && n <= s.clients {
		s.cursor, s.following, s.server = n, false, 0
	}
}

// sends are the commands that a client can send next: several, if they are for different servers.
func (s *stepper) sends(client int) []sim.Move {
	return slices.DeleteFunc(slices.Clone(s.playing.Moves), func(m sim.Move) bool { return m.Kind != sim.Send || m.Client != client })
}

// nextServer has the selected client send to another server next, if it can.
func (s *stepper) nextServer() string {
	sends := s.sends(s.cursor)
	if len(sends) < 2 {
		return clientName(s.cursor) + " has no commands for several servers to choose from"
	}
	s.server, s.following = (s.server+1)%len(sends), false
	var nodes []string
	for _, m := range sends {
		nodes = append(nodes, fmt.Sprint(m.Node))
	}
	return fmt.Sprintf("%s's next command goes to server %d, of %s", clientName(s.cursor), sends[s.server].Node, strings.Join(nodes, " "))
}

// grant lets the selected client's next command through. As long as the cursor follows a schedule, that is its next move.
func (s *stepper) grant() string {
	if s.following && s.at < len(s.moves) {
		return s.redo()
	}
	if sends := s.sends(s.cursor); len(sends) > 0 {
		return s.make(sends[s.server%len(sends)])
	}
	return s.whyNot(s.cursor)
}

// whyNot says why a client cannot send anything.
func (s *stepper) whyNot(client int) string {
	name := clientName(client)
	switch p := s.playing.Players[client-1]; {
	case p.Crashed:
		return name + " has crashed: it never sends anything again"
	case p.Over:
		return name + " has made its update"
	case p.Waits:
		return name + " waits in BLPOP, until somebody pushes to the list or its time is up"
	case s.playing.Over:
		return "nobody gets any further: u takes the last move back"
	case p.Next == "":
		return name + " waits to be given the lock"
	}
	return name + " would get the same reply as before: first something has to change"
}

// make makes a move. What was undone is forgotten, unless this is the first of it.
func (s *stepper) make(m sim.Move) string {
	next := *s
	next.following = false
	if s.at < len(s.moves) && s.moves[s.at] == m {
		next.following = s.following
	} else {
		next.moves = append(slices.Clone(s.moves[:s.at]), m)
	}
	next.at++
	return s.told(next)
}

// told goes to another state and says if that is not possible.
func (s *stepper) told(next stepper) string {
	if err := s.play(next); err != nil {
		return err.Error()
	}
	return ""
}

// undo takes the last move back.
func (s *stepper) undo() string {
	if s.at == 0 {
		return "this is the beginning"
	}
	next := *s
	next.at--
	next.following = true
	return s.told(next)
}

// redo makes the next of the moves that were undone.
func (s *stepper) redo() string {
	if s.at == len(s.moves) {
		return "there is no move to make again: . lets the selected client go on"
	}
	next := *s
	next.at++
	next.following = true
	return s.told(next)
}

// restart takes all moves back.
func (s *stepper) restart() string {
	next := *s
	next.at, next.following = 0, true
	return s.told(next)
}

// toEnd makes all moves again that were undone.
func (s *stepper) toEnd() string {
	next := *s
	next.at, next.following = len(s.moves), true
	return s.told(next)
}

// expire has the lock's lease end.
func (s *stepper) expire() string {
	m := sim.Move{Kind: sim.Expiry}
	switch {
	case slices.Contains(s.playing.Moves, m):
		return s.make(m)
	case !s.info().Locks:
		return s.info().Strategy + " takes no lock, and has no lease that could end"
	case !s.leased():
		return "this lock has no lease that could end"
	case s.playing.Over:
		return "it is over: u takes the last move back"
	case s.used().Expiries >= s.arena().Expiries:
		return fmt.Sprintf("the lease may end %s here, as --expiries says", times(s.arena().Expiries))
	}
	return "nobody has the lock, so there is no lease to end"
}

// crash ends the selected client in mid-air.
func (s *stepper) crash() string {
	m := sim.Move{Kind: sim.Kill, Client: s.cursor}
	switch {
	case slices.Contains(s.playing.Moves, m):
		return s.make(m)
	case s.playing.Players[s.cursor-1].Over, s.playing.Over:
		return s.whyNot(s.cursor)
	}
	return fmt.Sprintf("%s may crash here, as --crashes says", clientCount(s.arena().Crashes))
}

// used is who plays, with as many faults as there have been.
func (s *stepper) used() sim.ArenaConfig { return s.schedule().Arena() }

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func clientCount(n int) string {
	if n == 1 {
		return "one client"
	}
	return fmt.Sprintf("%d clients", n)
}

// nextStrategy starts anew with the strategy that comes some places after this one.
func (s *stepper) nextStrategy(by int) string {
	name := neighbour(s.strategy, by)
	if err := s.begin(name, s.clients); err != nil {
		return err.Error()
	}
	strategy, _ := sim.StrategyNamed(name)
	return name + ": " + strategy.Title
}

// neighbour is the strategy that comes some places after that of a lane.
func neighbour(lane string, by int) string {
	names := sim.StrategyNames()
	strategy, _, _ := strings.Cut(lane, ":")
	i := slices.Index(names, strategy)
	return names[(i+by+len(names))%len(names)]
}

// addClients starts anew with more clients, or fewer.
func (s *stepper) addClients(by int) string {
	n := s.clients + by
	if n < 1 || n > sim.MostPlayers {
		return fmt.Sprintf("there can be 1 to %d clients", sim.MostPlayers)
	}
	if err := s.begin(s.strategy, n); err != nil {
		return err.Error()
	}
	return ""
}

// The limits of what is searched beside the screen.
const (
	oddsTime = 20 * time.Second
	oddsMost = 50_000
)

// wanted returns a race of which all orders should be counted: the one that is played, with as many faults as there have
// been. ok is false if that has been done, or is under way.
func (s *stepper) wanted() (c sim.ArenaConfig, ok bool) {
	c = s.used()
	_, known := s.odds[c]
	return c, !known
}

// countOrders counts what comes of all orders of a race. It takes some seconds at most.
func countOrders(ctx context.Context, c sim.ArenaConfig) (*explore.Result, error) {
	return explore.Run(ctx, explore.Options{ArenaConfig: c, Method: explore.States, Preemptions: -1, Limit: oddsMost, Timeout: oddsTime})
}

// findWrong looks for the smallest schedule of the stepper's race that goes wrong: without a fault, or with the end of a
// lease, or with a crash. It returns what was searched, the last of it having a counterexample if there is one.
func (s *stepper) findWrong() func(context.Context) ([]*explore.Result, error) {
	c := sim.ArenaConfig{Lane: s.lane, Clients: s.clients}
	searches := []sim.ArenaConfig{c}
	if s.leased() {
		c.Expiries = 1
		searches = append(searches, c)
		c.Expiries = 0
	}
	c.Crashes = 1
	searches = append(searches, c)
	return func(ctx context.Context) (found []*explore.Result, err error) {
		for _, c := range searches {
			r, err := countOrders(ctx, c)
			if err != nil {
				return nil, err
			}
			if found = append(found, r); r.Counterexample != nil {
				break
			}
		}
		return found, nil
	}
}

// showWrong takes over what [stepper.findWrong] has found.
func (s *stepper) showWrong(found []*explore.Result) string {
	complete := true // all that were searched before the last
	for _, r := range found[:len(found)-1] {
		complete = complete && r.Complete
	}
	for _, r := range found {
		if r.Complete {
			s.odds[r.Options.ArenaConfig] = r
		}
	}
	last := found[len(found)-1]
	c := last.Counterexample
	if c == nil {
		complete = complete && last.Complete
		text := "no order goes wrong, with at most one fault"
		if !complete {
			text = "none was found that goes wrong, but there are too many orders to try them all"
		}
		return text
	}
	if err := s.load(c.Schedule, len(c.Schedule.Moves)); err != nil {
		return err.Error()
	}
	const hint = ": ← takes its moves back, → makes them again"
	if complete && last.Smallest {
		return "the smallest that goes wrong" + hint
	}
	return "one that goes wrong, perhaps not the smallest" + hint
}

// status is what a client is doing, in words.
func (s *stepper) status(p sim.Player) string {
	switch {
	case p.Crashed:
		return "crashed"
	case p.Over:
		return "has ended"
	case p.Waits:
		return "waits in BLPOP"
	case p.Sends:
		return "can go"
	case s.playing.Outcome.Hung:
		return "waits for ever"
	case p.Next == "":
		return "waits for the lock"
	}
	return "asks in vain"
}

// readText is what a client has read so far, in words. stale tells whether it is about to build on it although Redis holds
// something else by now.
func (s *stepper) readText(p sim.Player) (text string, stale bool) {
	read, builds := false, false
	for _, step := range s.playing.Steps {
		for _, e := range step.Events {
			switch {
			case e.Client != p.Number:
			case e.Kind == sim.Read:
				read, builds = true, true
			case e.Kind == sim.Acked, e.Kind == sim.Refused:
				builds = false
			}
		}
	}
	if !read {
		return "nothing yet", false
	}
	now := ""
	for _, h := range s.playing.Held {
		if h.Name == "average" {
			now = h.Value
		}
	}
	if text = p.Read; text == "" {
		text = "nil: no value yet"
	}
	return text, builds && !p.Over && now != p.Read
}

// badge says how a client and the lock stand, if there is anything to say; wrong tells whether it should not be so.
func (s *stepper) badge(p sim.Player) (text string, wrong bool) {
	info, owned := s.info(), 0
	for _, h := range s.playing.Held {
		if h.Name == "lock" && h.Value == clientName(p.Number) {
			owned++
		}
	}
	nodes := max(info.Nodes, 1)
	switch has := owned > nodes/2; {
	case p.Inside && !info.Locks:
		return "inside", false
	case p.Inside && has:
		return "holds the lock", false
	case p.Inside:
		return "✗ lock is gone", true
	case has:
		return "has the lock", false
	case owned > 0:
		return fmt.Sprintf("has %d of %d", owned, nodes), false
	}
	return "", false
}

// nextText is what a client sends next; the same to several servers is said once.
func nextText(p sim.Player) string {
	parts := strings.Split(p.Next, "; ")
	if n := len(parts); n > 1 && !slices.ContainsFunc(parts, func(part string) bool { return part != parts[0] }) {
		return fmt.Sprintf("%d× %s", n, parts[0])
	}
	return p.Next
}

// oddsText says how many of all orders go wrong, with as many faults as there have been; empty if that is not known.
func (s *stepper) oddsText() string {
	c := s.used()
	r := s.odds[c]
	if r == nil {
		if _, ok := s.odds[c]; ok {
			return "counting what comes of all orders …"
		}
		return ""
	}
	if !r.Complete {
		return "there are too many orders to try them all"
	}
	var parts []string
	if r.Losing > 0 {
		parts = append(parts, fmt.Sprintf("%s of the %s lose an update", explore.Many(r.Losing), plural(r.Schedules, "order")))
	}
	if r.Hanging > 0 {
		parts = append(parts, fmt.Sprintf("%s of the %s hang", explore.Many(r.Hanging), plural(r.Schedules, "order")))
	}
	if len(parts) == 0 && r.Bad() {
		parts = append(parts, fmt.Sprintf("%s of the %s let two in at once", explore.Many(r.Overlapping), plural(r.Schedules, "order")))
	}
	if len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("none of the %s goes wrong", plural(r.Schedules, "order")))
	}
	return strings.Join(parts, ", ") + faultText(c)
}

// faultText says how many faults there may be in a race.
func faultText(c sim.ArenaConfig) string {
	var parts []string
	if c.Expiries > 0 {
		parts = append(parts, "the lease may end "+times(c.Expiries))
	}
	if c.Crashes > 0 {
		parts = append(parts, clientCount(c.Crashes)+" may crash")
	}
	if len(parts) == 0 {
		return ""
	}
	return ", if " + strings.Join(parts, " and ")
}

func plural(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return explore.Many(n) + " " + what
}

// explanation tells what has come of it, in lines of n cells.
func (s *stepper) explanation(f *Frame, n int) [][]piece {
	p := &s.playing
	sign, ink := outcomeSign(p)
	lines := paragraph(sign+f.say(p.Sentence())+f.say("."), n, ink)
	for _, l := range p.Snapshot.Losses {
		if l.Killer.Client == 0 {
			continue
		}
		lines = append(append(lines, nil), paragraph(f.say(fmt.Sprintf("%s had read n=%d, and was told OK when it wrote n=%d. %s had read n=%d, and wrote n=%d over what was there: "+
			"%s's sample of %s is in no value any more. Redis had no way to know.", clientName(l.Victim.Client), l.Victim.Base.Count, l.Victim.Value.Count,
			clientName(l.Killer.Client), l.Killer.Base.Count, l.Killer.Value.Count, clientName(l.Victim.Client), sample(l.Victim.Latency))), n, inkPlain)...)
	}
	if odds := f.say(s.oddsText()); odds != "" {
		lines = append(append(lines, nil), paragraph(capitalized(odds)+f.say("."), n, inkPlain)...)
	}
	strategy, _ := sim.StrategyNamed(s.info().Strategy)
	return append(append(lines, nil), paragraph(strings.ToUpper(strategy.Name)+": "+f.say(strategy.Explain), n, inkDim)...)
}

func capitalized(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:]
}
