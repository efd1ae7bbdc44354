package bubble_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"locktop/sim/bubble"
)

func TestRun(t *testing.T) {
	real := time.Now()
	err := bubble.Run(func() error {
		start := time.Now()
		woken := make(chan time.Duration, 1)
		go func() {
			time.Sleep(time.Hour)
			woken <- time.Since(start)
		}()
		bubble.Wait()
		if len(woken) != 0 {
			t.Error("time passed although it could stand still")
		}
		if got := <-woken; got != time.Hour {
			t.Errorf("slept for %v, want exactly an hour", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if passed := time.Since(real); passed >= time.Hour {
		t.Errorf("an hour of virtual time took %v", passed)
	}
}

func TestRunReturnsWhatWentWrong(t *testing.T) {
	sentinel := errors.New("no")
	if err := bubble.Run(func() error { return sentinel }); err != sentinel {
		t.Errorf("got %v, want the error of the function", err)
	}
	if err := bubble.Run(func() error { panic("oh") }); err == nil || !strings.Contains(err.Error(), "oh") {
		t.Errorf("a panic gave %v", err)
	}
	if err := bubble.Run(func() error { <-make(chan int); return nil }); err == nil || !strings.Contains(err.Error(), "deadlock") {
		t.Errorf("a deadlock gave %v", err)
	}
}

func TestBubblesFollowEachOther(t *testing.T) {
	for range 100 {
		if err := bubble.Run(func() error { time.Sleep(time.Second); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}
