package sim

import (
	"encoding/binary"
	"time"
)

// Packed, an event takes a third of its size in memory or less, and nothing that a
// garbage collector would have to look through. Numbers are varints and times are
// from the event before; fields that are zero are left out.

// Which fields of a packed event follow.
const (
	packedAlert = 1 << iota
	packedCommands
	packedLatency
	packedLease
	packedValue
	packedBase
	packedText
)

// packer packs events one after the other.
type packer struct{ at time.Duration }

// pack appends an event.
func (p *packer) pack(b []byte, e *Event) []byte {
	flags := len(b) + 1
	b = append(b, byte(e.Kind), 0)
	b = binary.AppendVarint(b, int64(e.At-p.at))
	b = binary.AppendVarint(b, int64(e.Client))
	p.at = e.At
	for _, number := range [...]struct {
		flag  byte
		value int64
	}{
		{packedAlert, int64(e.Alert)}, {packedCommands, int64(e.Commands)},
		{packedLatency, int64(e.Latency)}, {packedLease, int64(e.Lease)},
	} {
		if number.value != 0 {
			b[flags] |= number.flag
			b = binary.AppendVarint(b, number.value)
		}
	}
	for _, text := range [...]struct {
		flag  byte
		value string
	}{{packedValue, e.Value}, {packedBase, e.Base}, {packedText, e.Text}} {
		if text.value != "" {
			b[flags] |= text.flag
			b = binary.AppendUvarint(b, uint64(len(text.value)))
			b = append(b, text.value...)
		}
	}
	return b
}

// unpacker unpacks what one packer has packed, from its first event on.
type unpacker struct {
	packed []byte
	offset int
	at     time.Duration
}

// next returns the next event; false if there is none.
func (u *unpacker) next() (e Event, ok bool) {
	if u.offset >= len(u.packed) {
		return e, false
	}
	e.Kind = Kind(u.packed[u.offset])
	flags := u.packed[u.offset+1]
	u.offset += 2
	u.at += time.Duration(u.number())
	e.At, e.Client = u.at, int(u.number())
	if flags&packedAlert != 0 {
		e.Alert = int(u.number())
	}
	if flags&packedCommands != 0 {
		e.Commands = int(u.number())
	}
	if flags&packedLatency != 0 {
		e.Latency = time.Duration(u.number())
	}
	if flags&packedLease != 0 {
		e.Lease = time.Duration(u.number())
	}
	if flags&packedValue != 0 {
		e.Value = u.text()
	}
	if flags&packedBase != 0 {
		e.Base = u.text()
	}
	if flags&packedText != 0 {
		e.Text = u.text()
	}
	return e, true
}

func (u *unpacker) number() int64 {
	v, n := binary.Varint(u.packed[u.offset:])
	u.offset += n
	return v
}

func (u *unpacker) text() string {
	length, n := binary.Uvarint(u.packed[u.offset:])
	from := u.offset + n
	u.offset = from + int(length)
	return string(u.packed[from:u.offset])
}
