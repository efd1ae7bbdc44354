package lock

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestHands(t *testing.T) {
	var done atomic.Int64
	job := func() { done.Add(1) }
	for _, test := range []struct {
		sentence string
		check    func(t *testing.T, w *wire)
	}{
		{"one that is idle does the next job", func(t *testing.T, w *wire) {
			w.run(job)
			synctest.Wait()
			h := w.idle.Load()
			w.run(job)
			synctest.Wait()
			if h == nil || w.idle.Load() != h {
				t.Errorf("idle were %p and %p", h, w.idle.Load())
			}
		}},
		{"jobs that come at once do not wait for each other, and one hand stays", func(t *testing.T, w *wire) {
			together := make(chan struct{})
			for range 10 {
				w.run(func() { <-together })
			}
			close(together)
			w.background.wait()
			synctest.Wait()
			if w.idle.Load() == nil {
				t.Error("none stayed")
			}
		}},
		{"an idle one ends by itself", func(t *testing.T, w *wire) {
			w.run(job)
			w.hands.wait()
			if w.idle.Load() != nil {
				t.Error("it counts as idle")
			}
		}},
		{"every job is done, also where the hand is about to end", func(t *testing.T, w *wire) {
			before := done.Load()
			for range 100 {
				w.run(job)
				time.Sleep(handLinger)
			}
			w.background.wait()
			if n := done.Load() - before; n != 100 {
				t.Errorf("%d of 100", n)
			}
		}},
		{"settling waits for the jobs and not for the idle", func(t *testing.T, w *wire) {
			began := time.Now()
			w.run(func() { time.Sleep(time.Minute) })
			w.settle()
			if took := time.Since(began); took != time.Minute {
				t.Errorf("it took %v", took)
			}
			w.run(job) // it can be used again
			synctest.Wait()
			if w.idle.Load() == nil {
				t.Error("no hand afterwards")
			}
		}},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(wire)
				test.check(t, w)
				w.settle()
			})
		})
	}
}
