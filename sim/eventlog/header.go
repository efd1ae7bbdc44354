package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/clean"
	"locktop/sim/clock"
)

// Version is the version of the format that is written, and the newest that can
// be read.
const Version = 1

// magic is what the header calls the file.
const magic = "event log"

var (
	// ErrNotALog is returned for a file that is something else.
	ErrNotALog = errors.New("this is no event log of locktop")
	// ErrVersion is returned for a log in a newer format.
	ErrVersion = errors.New("the event log is of a newer locktop")
)

// A Header is what a log says of its experiment: enough to fold the events again
// and to report on them.
type Header struct {
	// Strategies names the lanes' strategies, with settings of their own.
	Strategies []string      `json:"lanes"`
	Clients    int           `json:"clients"`
	Servers    int           `json:"servers"`
	Alerts     int           `json:"alerts"`
	Interval   time.Duration `json:"interval_ns"`
	Backlog    bool          `json:"backlog,omitempty"`
	Seed       uint64        `json:"seed"`
	Work       time.Duration `json:"work_ns"`
	Retry      time.Duration `json:"retry_ns"`
	Lease      time.Duration `json:"lease_ns"`
	LeaseFloor time.Duration `json:"lease_floor_ns"`
	// Faults are what was done from the start, as [sim.ParseFault] reads it.
	Faults []string `json:"faults,omitempty"`
	// Changes are those that were given, as [sim.ParseChange] reads them.
	Changes  []string      `json:"changes,omitempty"`
	Patience time.Duration `json:"patience_ns"`
	GiveUp   bool          `json:"give_up,omitempty"`
	// Speed is the speed at the start, as [clock.ParseSpeed] reads it.
	Speed string `json:"speed"`
	// Deterministic says that the run was one in virtual time.
	Deterministic bool `json:"deterministic,omitempty"`
	// Contest says that figures are of the time in which all clients compete, after a warm-up.
	Contest bool `json:"contest,omitempty"`
	Warmup  int  `json:"warmup,omitempty"`
	// Backend is where Redis was, without secrets, and Redis what it called itself.
	Backend string `json:"backend"`
	Redis   string `json:"redis_version"`
}

// first is the first line of a log.
type first struct {
	Locktop    string          `json:"locktop"`
	Version    int             `json:"version"`
	Experiment json.RawMessage `json:"experiment"`
}

// NewHeader describes an experiment by its configuration and by what
// [sim.Experiment.Backend] says.
func NewHeader(cfg sim.Config, label, version string) Header {
	var faults []string
	for _, f := range cfg.Faults {
		faults = append(faults, f.String())
	}
	var changes []string
	for _, c := range cfg.Changes {
		changes = append(changes, c.String())
	}
	return Header{
		Strategies: cfg.Lanes, Clients: cfg.Clients, Servers: cfg.Servers, Alerts: cfg.Alerts,
		Interval: cfg.Interval, Backlog: cfg.Backlog, Seed: cfg.Seed, Work: cfg.Work, Retry: cfg.Retry,
		Lease: cfg.Lease, LeaseFloor: cfg.LeaseFloor, Speed: cfg.Speed.String(),
		Faults: faults, Changes: changes, Patience: cfg.Patience, GiveUp: cfg.GiveUp, Deterministic: cfg.Deterministic, Contest: cfg.Contest, Warmup: cfg.Warmup,
		Backend: label, Redis: version,
	}
}

// Config returns the configuration of the experiment, but for its Source. It
// returns an error if no experiment can have had it.
func (h Header) Config() (sim.Config, error) {
	speed, err := clock.ParseSpeed(h.Speed)
	var faults []sim.Fault
	for _, text := range h.Faults {
		f, wrong := sim.ParseFault(text)
		faults, err = append(faults, f), errors.Join(err, named("fault", wrong))
	}
	var changes []sim.Change
	for _, text := range h.Changes {
		c, wrong := sim.ParseChange(text)
		changes, err = append(changes, c), errors.Join(err, named("change", wrong))
	}
	cfg := sim.Config{
		Lanes: h.Strategies, Clients: h.Clients, Servers: h.Servers, Alerts: h.Alerts,
		Interval: h.Interval, Backlog: h.Backlog, Seed: h.Seed, Work: h.Work, Retry: h.Retry,
		Lease: h.Lease, LeaseFloor: h.LeaseFloor, Speed: speed,
		Faults: faults, Changes: changes, Patience: h.Patience, GiveUp: h.GiveUp, Deterministic: h.Deterministic, Contest: h.Contest, Warmup: h.Warmup,
	}
	return cfg, errors.Join(err, cfg.Validate())
}

// named says of an error which setting it is of.
func named(setting string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", setting, err)
}

// Embedded says that Redis ran inside the program.
func (h Header) Embedded() bool { return h.Backend == backend.Source{}.String() }

// Lanes returns what the lanes were at the start, to make their boards from. The header must be
// one that was read, or be made from a valid configuration.
func (h Header) Lanes() []sim.LaneInfo {
	cfg, _ := h.Config()
	return cfg.LaneInfos()
}

// line is the header as written.
func (h Header) line() ([]byte, error) {
	if _, err := h.Config(); err != nil {
		return nil, err
	}
	experiment, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(first{Locktop: magic, Version: Version, Experiment: experiment})
	return append([]byte(clean.Line(string(line))), '\n'), err
}

// parseHeader reads the first line of a log.
func parseHeader(line []byte) (Header, error) {
	var f first
	// A newer header may have keys that this one has not: the version comes first.
	if err := json.Unmarshal(line, &f); err != nil || f.Locktop != magic {
		return Header{}, ErrNotALog
	}
	switch {
	case f.Version > Version:
		return Header{}, fmt.Errorf("%w: its format is version %d, and this one reads up to %d", ErrVersion, f.Version, Version)
	case f.Version < 1:
		return Header{}, fmt.Errorf("there is no version %d of the format", f.Version)
	}
	var h Header
	if err := decode(line, &first{}); err != nil {
		return Header{}, err
	}
	if err := decode(f.Experiment, &h); err != nil {
		return Header{}, fmt.Errorf("experiment: %w", err)
	}
	_, err := h.Config()
	return h, err
}

// decode reads exactly one JSON value that has no other keys than v.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return plain(err)
	}
	if rest := bytes.TrimSpace(text[d.InputOffset():]); len(rest) > 0 {
		return errors.New("there is something behind the end of the object")
	}
	return nil
}
