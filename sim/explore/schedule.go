package explore

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"locktop/sim"
	"locktop/sim/bubble"
)

// A Schedule is who plays and in which order, as in
//
//	none@2: 1 2 1 2
//	spin:lease=100ms@2: 1 1 e 2 2 1 2
//
// which is the lane, how many clients it has, and the moves: see [sim.Move].
type Schedule struct {
	Lane    string
	Clients int
	Moves   []sim.Move
}

// String writes the schedule so that [ParseSchedule] reads it.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s@%d:", s.Lane, s.Clients)
	for _, m := range s.Moves {
		b.WriteByte(' ')
		b.WriteString(m.String())
	}
	return b.String()
}

// ParseSchedule reads a schedule. It may end before everybody has.
func ParseSchedule(text string) (Schedule, error) {
	lane, rest, ok := strings.Cut(strings.TrimSpace(text), "@")
	clients, moves, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 {
		return Schedule{}, fmt.Errorf("schedule %q: want strategy@clients: moves, as in none@2: 1 2 1 2", text)
	}
	s := Schedule{Lane: strings.TrimSpace(lane)}
	var err error
	if s.Clients, err = strconv.Atoi(strings.TrimSpace(clients)); err != nil {
		return Schedule{}, fmt.Errorf("schedule: %q is no number of clients", clients)
	}
	for _, field := range strings.FieldsFunc(moves, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' }) {
		m, err := sim.ParseMove(field)
		if err != nil {
			return Schedule{}, err
		}
		s.Moves = append(s.Moves, m)
	}
	return s, s.Arena().Validate()
}

// Arena is who plays, with as many faults allowed as the schedule has.
func (s Schedule) Arena() sim.ArenaConfig {
	c := sim.ArenaConfig{Lane: s.Lane, Clients: s.Clients}
	for _, m := range s.Moves {
		switch m.Kind {
		case sim.Expiry:
			c.Expiries++
		case sim.Kill:
			c.Crashes++
		}
	}
	return c
}

// WithLease spells out the lease that a schedule has only because it has it end, so
// that what is left when moves are taken away is still of the same race.
func (s Schedule) WithLease() Schedule {
	s.Lane = WithLease(s.Arena()).Lane
	return s
}

// WithLease spells out the lease that a lock has only because it may run out.
func WithLease(c sim.ArenaConfig) sim.ArenaConfig {
	if c.Expiries > 0 && !strings.Contains(c.Lane, ":lease=") {
		c.Lane += ":lease=" + c.Config().LaneInfo(0).Lease.String()
	}
	return c
}

// A Playing is a schedule that was played.
type Playing struct {
	Schedule Schedule
	Steps    []sim.Step
	Outcome  sim.Outcome
	Snapshot *sim.Snapshot
	// Moves are those that could be made next, Players what the clients are about to
	// do, and Held is what Redis holds then.
	Moves   []sim.Move
	Players []sim.Player
	Held    []sim.Held
	// Over says that the schedule went on to the end.
	Over bool
}

// Play plays a schedule, with no more faults than it has. The error is of a schedule
// that does not fit: a move that cannot be made.
func Play(s Schedule) (Playing, error) { return PlayIn(s.Arena(), s.Moves) }

// PlayIn plays moves in an arena, which may allow for more faults than they have.
func PlayIn(c sim.ArenaConfig, moves []sim.Move) (p Playing, err error) {
	p.Schedule = Schedule{Lane: c.Lane, Clients: c.Clients, Moves: moves}
	err = bubble.Run(func() (err error) {
		a, err := sim.OpenArena(c)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		a.Trace(true)
		if err := a.Start(); err != nil {
			return err
		}
		for _, m := range moves {
			if err := a.Make(m); err != nil {
				return err
			}
		}
		p.Steps, p.Moves, p.Over = a.Steps(), slices.Clone(a.Moves()), len(a.Moves()) == 0
		p.Players, p.Held = a.Players(), a.Held()
		p.Snapshot = a.Snapshot(sim.View{Count: c.Clients})
		p.Outcome = a.Outcome()
		return nil
	})
	return p, err
}
