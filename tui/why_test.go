package tui

import (
	"strings"
	"testing"

	"locktop/sim"
	"locktop/tui/chart"
)

// why draws the explanation of the last loss of a lane.
func why(l *laneLog, clients int) string {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Clients = []string{"none"}, clients
	f := frameOf(cfg, 900*ms, l)
	g := chart.NewGrid(120, 6)
	drawWhy(g.Area(), &f, &plan{full: true})
	return g.Paint(nil)
}

func contains(t *testing.T, picture string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(picture, w) {
			t.Errorf("%q is missing in\n%s", w, picture)
		}
	}
}

func TestWhyTwoThatReadTheSame(t *testing.T) {
	l := newLog(0, "none", 2, 0)
	l.receive(ms, 1)
	l.receive(ms, 2)
	l.read(10*ms, 1)
	l.read(20*ms, 2)
	l.write(40*ms, 2)
	l.write(80*ms, 1)
	contains(t, why(l, 2), "erases c2's", "c2's sample", "1st lost in none", "two writes, one counted",
		"c1 and c2 both read n=0; c1 wrote last, without c2's sample.", "With a lock, c1 would read n=1 and write n=2.")
}

func TestWhyOneWriteErasesSeveral(t *testing.T) {
	l := newLog(0, "none", 3, 0)
	for c := 1; c <= 3; c++ {
		l.receive(ms, c)
	}
	l.read(10*ms, 1)
	l.read(20*ms, 2)
	l.write(40*ms, 2)
	l.read(50*ms, 3)
	l.write(60*ms, 3)
	l.write(80*ms, 1)
	contains(t, why(l, 3), "erases 2 updates at once (c3 c2)", "three writes, one counted", "2 → 1",
		"c1 and c2 both read n=0; c1 wrote last, without c2's sample. One more update went with it.")
}

func TestWhyAStaleWriterBringsABranchBack(t *testing.T) {
	// A:GET B:GET A:SET C:GET B:SET C:SET: C restores what B erased, and erases B's.
	l := newLog(0, "none", 3, 0)
	for c := 1; c <= 3; c++ {
		l.receive(ms, c)
	}
	l.read(10*ms, 1)
	l.read(20*ms, 2)
	l.write(30*ms, 1)
	l.read(40*ms, 3)
	l.write(50*ms, 2)
	l.write(60*ms, 3)
	contains(t, why(l, 3), "erases c2's", "c3 had read n=1 before c2 wrote n=1, so what it wrote does not hold c2's sample.")
}

func TestWhyTheKillerIsUnknown(t *testing.T) {
	f := everyFrame()["unknown killer"]
	f.Back, f.At, f.atLoss = true, f.now(), f.now() // or it would choose a plain one
	victim := clientName(f.Snapshots[0].Losses[len(f.Snapshots[0].Losses)-1].Victim.Client)
	contains(t, text(f, 120, 40), "was told OK for n=", victim+"'s sample", "unknown eraser: no reply tells which write it was")
	contains(t, text(f, 80, 24), "vanished: unknown eraser")
}

func TestWhyNothingIsLost(t *testing.T) {
	l := newLog(0, "none", 2, 0)
	contains(t, why(l, 2), "nothing lost yet: no update has been acknowledged")
	l.receive(ms, 1)
	l.read(2*ms, 1)
	l.write(3*ms, 1)
	contains(t, why(l, 2), "nothing lost yet: the one acknowledged update is in the average")
	l.receive(4*ms, 2)
	l.read(5*ms, 2)
	l.write(6*ms, 2)
	contains(t, why(l, 2), "nothing lost yet: all 2 acknowledged updates are in the average")
}

func TestWhyDeedsKeepTheirOrderInAnyWidth(t *testing.T) {
	f := twoLanes(6)
	losses := f.Snapshots[0].Losses
	for i := range losses {
		l := loss{Loss: losses[i], erased: []sim.Update{losses[i].Victim}}
		for room := 44; room < 200; room += 13 {
			deeds := l.deeds()
			place(deeds, room)
			for j, d := range deeds {
				if d.x < 0 || d.x+len(d.text) > room {
					t.Fatalf("loss %d in %d cells: %+v is outside", i, room, d)
				}
				for _, e := range deeds[:j] {
					if d.row == e.row && d.x < e.x+len(e.text)+1 || d.x < e.x {
						t.Fatalf("loss %d in %d cells: %+v is not after %+v", i, room, d, e)
					}
				}
			}
		}
	}
}

func TestOrdinals(t *testing.T) {
	for n, want := range map[int64]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 112: "112th", 122: "122nd"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
