package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
)

func TestRunsThatHaveEndedAreRemembered(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Speed, cfg.Alerts, cfg.Interval = 16, 2, 10*ms
	m := running(t, cfg)
	press(t, m, "5")
	if !strings.Contains(m.view(), "No run has ended yet") {
		t.Errorf("without a run:\n%s", m.view())
	}
	for range 3 {
		<-m.session.ended
		m.update(endedMsg{m.session})
		restart := press(t, m, "r")().(tea.BatchMsg)[0]
		m.update(restart())
	}
	m.look()
	frame := m.view()
	contains(t, frame, "1  none", "2  none", "3  none", "ran 00:")
	if len(m.frame.Runs) != 3 || m.frame.Runs[2].Number != 3 || m.frame.Runs[0].Lanes[0].Acked != 12 {
		t.Errorf("%d runs:\n%s", len(m.frame.Runs), frame)
	}
	for range mostRuns {
		m.remember(&session{result: m.frame.Runs[0].Result})
	}
	if len(m.frame.Runs) != mostRuns || m.frame.run(0).Number != mostRuns+3 {
		t.Errorf("%d runs, the last is %d", len(m.frame.Runs), m.frame.run(0).Number)
	}
	m.remember(&session{err: errStageClosed, result: m.frame.Runs[0].Result})
	m.remember(&session{})
	if m.ran != mostRuns+3 {
		t.Error("a run that failed, or that nothing came of, is remembered")
	}
}

func TestTwoRunsAreMarked(t *testing.T) {
	f := someRuns()
	m := &model{frame: f}
	m.frame.View = RunsView
	for _, c := range []struct {
		line int
		want [2]int
	}{
		{0, [2]int{3, 0}}, {0, [2]int{0, 0}}, {0, [2]int{3, 0}}, {2, [2]int{3, 1}}, {1, [2]int{1, 2}}, {2, [2]int{2, 0}}, {1, [2]int{0, 0}},
	} {
		m.frame.RunLine = c.line
		if m.markRun(); m.frame.Marked != c.want {
			t.Errorf("run %d: marked are %v, want %v", m.frame.run(c.line).Number, m.frame.Marked, c.want)
		}
	}
}
