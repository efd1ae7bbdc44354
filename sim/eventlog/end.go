package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"locktop/sim/clock"
)

// An End is what a log says of the end of the run.
type End struct {
	// Elapsed is the real time that the run took; 0 leaves it out, as a log must
	// that is to be the same the next time.
	Elapsed time.Duration
	// Speed is the speed at the end; 0 leaves it out.
	Speed clock.Speed
}

// last is the last line of a log.
type last struct {
	End     bool          `json:"end"`
	Events  int64         `json:"events"`
	Elapsed time.Duration `json:"elapsed_ns,omitempty"`
	Speed   string        `json:"speed,omitempty"`
}

// line is the end as written, behind a number of events.
func (e End) line(events int64) ([]byte, error) {
	l := last{End: true, Events: events, Elapsed: e.Elapsed}
	if e.Speed != 0 {
		l.Speed = e.Speed.String()
	}
	line, err := json.Marshal(l)
	return append(line, '\n'), err
}

// isEnd says whether a line is the last one and not an event.
func isEnd(line []byte) bool { return bytes.HasPrefix(line, []byte(`{"end"`)) }

// parseEnd reads the last line of a log.
func parseEnd(line []byte) (End, int64, error) {
	var l last
	if err := decode(line, &l); err != nil {
		return End{}, 0, err
	}
	if !l.End || l.Elapsed < 0 {
		return End{}, 0, errors.New("this is no proper end of a log")
	}
	e := End{Elapsed: l.Elapsed}
	if l.Speed != "" {
		speed, err := clock.ParseSpeed(l.Speed)
		if err != nil {
			return End{}, 0, err
		}
		e.Speed = speed
	}
	return e, l.Events, nil
}
