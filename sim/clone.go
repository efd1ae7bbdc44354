package sim

import (
	"maps"
	"slices"
)

// clone returns a copy of a board that further events change independently. What
// is only ever appended to is shared. It takes a millisecond or two, most of it for
// the versions that the ledger remembers.
func (b *Board) clone() *Board {
	c := *b
	if b.waits != nil {
		c.waits = b.waits.Clone()
	}
	c.curve, c.unstruck = slices.Clip(b.curve), slices.Clip(b.unstruck)
	c.parts, c.leases, c.awayUntil = slices.Clone(b.parts), slices.Clone(b.leases), maps.Clone(b.awayUntil)
	c.course = b.course.clone()
	c.clients = slices.Clone(b.clients)
	for i := range c.clients {
		client := &c.clients[i]
		client.track = client.track.clone()
		client.log = client.log.clone()
		if client.waits != nil {
			client.waits = client.waits.Clone()
		}
	}
	c.ledger = b.ledger.clone()
	c.ledger.linked = c.linked
	return &c
}

// clone returns a copy of a ledger, without the function that it calls. Versions
// point at each other in circles, so each of them notes its copy while others
// still may ask for it.
func (l *Ledger) clone() *Ledger {
	c := *l
	c.slab = nil
	var copied []*version
	of := func(v *version) *version {
		if v == nil {
			return nil
		}
		if v.twin == nil {
			v.twin = c.newVersion()
			*v.twin = *v
			v.twin.twin = nil
			copied = append(copied, v)
		}
		return v.twin
	}
	all := func(versions []*version) []*version {
		copies := make([]*version, len(versions), cap(versions))
		for i, v := range versions {
			copies[i] = of(v)
		}
		return copies
	}
	seatOf := func(s seat) seat {
		s.base, s.pending = of(s.base), of(s.pending)
		return s
	}
	waiting := func(updates []computed) []computed {
		copies := slices.Clone(updates)
		for i := range copies {
			copies[i].seat = seatOf(copies[i].seat)
		}
		return copies
	}

	c.window = all(l.window)
	c.head = of(l.head)
	c.known = make(map[uint64]*version, len(l.known))
	for hash, v := range l.known {
		c.known[hash] = of(v)
	}
	c.early = make(map[string][]*version, len(l.early))
	for text, queue := range l.early {
		c.early[text] = all(queue)
	}
	c.tip, c.backs = of(l.tip), all(l.backs)
	c.ahead = maps.Clone(l.ahead)
	for base, updates := range l.ahead {
		c.ahead[base] = waiting(updates)
	}
	c.silent = waiting(l.silent)
	c.seats = slices.Clone(l.seats)
	for i, s := range c.seats {
		c.seats[i] = seatOf(s)
	}
	c.tally, c.parts = slices.Clone(l.tally), slices.Clone(l.parts)
	c.losses = all(l.losses)
	for i := 0; i < len(copied); i++ { // which grows meanwhile
		v := copied[i]
		v.twin.parent, v.twin.killer = of(v.parent), of(v.killer)
		v.twin.gap, v.twin.ends = of(v.gap), slices.Clone(v.ends)
		for i := range v.ends {
			v.twin.ends[i].by = of(v.ends[i].by)
		}
	}
	for _, v := range copied {
		v.twin = nil
	}
	return &c
}
