package tui

import (
	"context"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
	"locktop/tui/chart"
)

// Playing a recorded run on the screen: the same views, of a time that the user chooses.

// A Recording is a recorded run that is to be played.
type Recording struct {
	// Name is what the header calls it.
	Name string
	// Log is the recording, at its first event.
	Log *eventlog.Reader
	// Speed is how fast it plays at first; 0 is as fast as it ran.
	Speed clock.Speed
	// Each are told of every event as it is read, in the order of the file.
	Each []func(lane int, e sim.Event)
}

// slowEnough is the speed at which a run is played that slept nowhere, and took next to no time.
const slowEnough = clock.Speed(1.0 / 16)

func (r Recording) speed() clock.Speed {
	speed := r.Speed
	if speed == 0 {
		cfg, _ := r.Log.Header().Config() // which was valid when it was read
		speed = cfg.Speed
	}
	if speed == clock.Max {
		return slowEnough
	}
	return speed
}

// A Replay is what a frame says of the recording that it is of.
type Replay struct {
	// Name is that of the file.
	Name string
	// End is the time of the last event that has been read.
	End time.Duration
	// Damage is why that is not the end of the run; empty while all is well.
	Damage string
}

// readMsg says that the recording has been read.
type readMsg struct{}

// PlayRecording shows a recorded run until the user quits or the context ends, which is no error. It returns the result
// of the run and, if the recording is damaged, the error of its reader; the result is then of what comes before that.
func PlayRecording(ctx context.Context, rec Recording, opts Options) (sim.Result, error) {
	done, err := opts.attach()
	if err != nil {
		return sim.Result{}, err
	}
	defer done()
	p := newPlayback(ctx, rec)
	shown, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m := newReplay(shown, rec, p, opts, newOutput(opts.Output))
	return m.run(opts, cancel, func() (sim.Result, error) { return p.close(ctx) })
}

// newReplay returns a model that plays a recording.
func newReplay(ctx context.Context, rec Recording, p *playback, opts Options, output *termenv.Output) *model {
	header := rec.Log.Header()
	cfg, _ := header.Config() // which was valid when it was read
	cfg.Speed = rec.speed()
	m := newModel(ctx, cfg, opts, output)
	m.play, m.session = p, &session{tapes: p.tapes}
	m.frame.Replay = &Replay{Name: rec.Name}
	m.frame.Backend = fmt.Sprintf("%s (%s)", rec.Name, header.Backend)
	p.play()
	return m
}

// awaitReading tells when the recording has been read.
func (m *model) awaitReading() tea.Msg {
	<-m.play.read
	return readMsg{}
}

// haveRead takes in that the recording has been read, or what there was of it.
func (m *model) haveRead() {
	p, f := m.play, &m.frame
	if p.err != nil {
		f.Replay.Damage = p.err.Error()
	}
	result := p.result()
	f.Runs = []PastRun{NewPastRun(1, "", result)}
	f.Replay.End = p.end()
	m.stale = true
}

// replayState is what the recording is doing.
func (m *model) replayState() State {
	switch p := m.play; {
	case p.over():
		return Done
	case p.playing():
		return Live
	}
	return Paused
}

// obeyReplay does what a key asks for where that is another thing than in a race; false if it is not.
func (m *model) obeyReplay(k keyed) bool {
	p, f := m.play, &m.frame
	said := f.Notice
	f.Notice = "" // which was of another time
	switch k.command {
	case cmdPause:
		if p.playing() {
			p.stop()
		} else {
			p.play()
		}
	case cmdStep:
		m.nextReply()
	case cmdBack:
		m.wind(-1)
	case cmdForward:
		m.wind(+1)
	case cmdLive:
		p.stop()
		p.seek(p.end())
		if !p.whole() {
			m.notify("this is as far as it has been read")
		}
	case cmdPrevLoss, cmdNextLoss:
		m.windToLoss(k.command)
	case cmdFaster, cmdSlower:
		speed := f.Speed.Slower()
		if k.command == cmdFaster {
			speed = f.Speed.Faster()
		}
		if speed == clock.Max || speed == f.Speed {
			m.notify("this is as fast or as slow as it plays")
			break
		}
		f.Speed = speed
		p.clock.SetSpeed(speed)
	case cmdRestart:
		p.seek(0)
		p.play()
	case cmdUnfit:
		m.notify("a recording is over: its clients, its settings and its faults are what they were")
	default:
		f.Notice = said
		return false
	}
	return true
}

// nextReply steps to the next reply of a Redis command in the focused lane.
func (m *model) nextReply() {
	if !m.play.next(m.frame.Focus) {
		m.notify("no later reply in " + m.frame.laneName(m.frame.Focus) + " is recorded")
		return
	}
	m.look()
	m.notify(replyText(m.frame.snapshot(m.frame.Focus)))
}

// mostWound is how many keys lead from one end of a recording to the other.
const mostWound = 40

// wind goes on or back by a quarter of what the timelines span, or less in a short recording.
func (m *model) wind(direction int) {
	p, f := m.play, &m.frame
	plan := planFor(m.size().w, m.size().h, f)
	by := time.Duration(max(plan.timelineCells(f)/4, 1)) * f.perCell()
	by = min(by, max(p.end()/mostWound, time.Microsecond))
	to := p.now() + time.Duration(direction)*by
	p.stop()
	p.seek(to)
	switch {
	case to <= 0:
		m.notify("this is the beginning")
	case to >= p.end() && !p.whole():
		m.notify("this is as far as it has been read")
	case to >= p.end():
		m.notify("this is the end of the recording")
	}
}

// windToLoss goes to another loss of the focused lane: the one before the time shown, or after.
func (m *model) windToLoss(c command) {
	p, f := m.play, &m.frame
	tape, name := p.tapes[f.Focus], f.laneName(f.Focus)
	p.stop()
	if c == cmdNextLoss {
		if at, ok := tape.LossAfter(p.now()); ok {
			m.lookAtLoss(at)
		} else {
			m.notify(name + " has lost nothing after this")
		}
		return
	}
	if at, ok := tape.LossBefore(p.now()); ok {
		m.lookAtLoss(at)
	} else {
		m.notify(name + " had lost nothing before")
	}
}

// replayText says how the recording stands and, where there is room, how long it is.
func (f *Frame) replayText(room bool) string {
	sign := "▶"
	switch f.State {
	case Paused, Stepping:
		sign = "‖"
	case Done:
		sign = "■"
	}
	text := sign + " REPLAY " + clockText(f.now())
	if room {
		text += " of " + clockText(f.Replay.End)
	}
	return text
}

// cutName shortens the name of a file to some cells; it is empty if nothing useful is left.
func cutName(name string, room int) string {
	const least = 6
	if chart.TextWidth(name) <= room {
		return name
	}
	if room < least {
		return ""
	}
	runes := []rune(name)
	for chart.TextWidth(string(runes))+1 > room {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// drawDamage says in the footer what is wrong with the recording, and returns the rest of it.
func drawDamage(a chart.Area, f *Frame) chart.Area {
	if f.Replay == nil || f.Replay.Damage == "" {
		return a
	}
	text := cutText("DAMAGED "+f.Replay.Damage, a.W()*2/3)
	x := a.Text(0, 0, text, inkLost) + 2
	return a.Sub(x, 0, a.W()-x, 1)
}
