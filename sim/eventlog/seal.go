package eventlog

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
)

// A seal is what the lines of a log so far come to: their CRC-32C, without the seals at
// their ends.
type seal uint32

const (
	sealKey   = `,"crc":`
	sealStart = sealKey + `"`
	sealEnd   = `"}`
	sealLen   = len(sealStart) + len("00000000") + len(sealEnd)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errSeal    = errors.New("the line is not the one that was written there: its checksum does not fit")
	errNoSeal  = errors.New("the line has no checksum, so that nobody can tell whether it is the one that was written there")
	errNotSeal = errors.New("the checksum of the line is not one: it takes eight hexadecimal digits at its end")
)

// add takes in a line without its last brace and its end.
func (s *seal) add(body []byte) { *s = seal(crc32.Update(uint32(*s), castagnoli, body)) }

// text is how a seal ends a line.
func (s seal) text() (text [sealLen]byte) {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], uint32(s))
	n := copy(text[:], sealStart)
	n += hex.Encode(text[n:], sum[:])
	copy(text[n:], sealEnd)
	return text
}

// close puts a seal at the end of a line, which is an object.
func (s *seal) close(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("}\n"))
	s.add(line)
	text := s.text()
	return append(append(line, text[:]...), '\n')
}

// open returns the object of a line without the seal, which it overwrites. The error is
// errNoSeal if there is none, errNotSeal if what stands in its place is none, and errSeal
// if it is that of another line.
func (s *seal) open(line []byte) (object []byte, err error) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	at := len(line) - sealLen
	if at < 0 || !bytes.HasPrefix(line[at:], []byte(sealStart)) {
		if bytes.Contains(line, []byte(sealKey)) {
			return line, errNotSeal
		}
		return line, errNoSeal
	}
	s.add(line[:at])
	if text := s.text(); !bytes.Equal(line[at:], text[:]) {
		err = errSeal
	}
	return append(line[:at], '}'), err
}
