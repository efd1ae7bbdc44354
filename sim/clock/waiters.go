package clock

import (
	"container/heap"
	"time"
)

// waiter is one sleep or one timer.
type waiter struct {
	deadline time.Duration // experiment time
	order    uint64        // order of arrival among equal deadlines
	sleeper  bool          // skipped at Max, as opposed to a timer
	due      chan struct{} // closed when the time has come
	index    int           // in the heap, or gone
}

const gone = -1

// waiters is a heap by deadline, then arrival.
type waiters []*waiter

func (ws *waiters) add(w *waiter) { heap.Push(ws, w) }

func (ws *waiters) remove(w *waiter) {
	if w.index != gone {
		heap.Remove(ws, w.index)
	}
}

// wakeDue wakes everybody whose deadline has come, in the order of their deadlines.
func (ws *waiters) wakeDue(now time.Duration) {
	for len(*ws) > 0 && (*ws)[0].deadline <= now {
		close(heap.Pop(ws).(*waiter).due)
	}
}

// wakeSleepers wakes all sleepers in the order of their deadlines, and leaves the timers.
func (ws *waiters) wakeSleepers() {
	all := *ws
	*ws = nil
	var timers waiters
	for len(all) > 0 {
		w := heap.Pop(&all).(*waiter)
		if w.sleeper {
			close(w.due)
		} else {
			timers.add(w)
		}
	}
	*ws = timers
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (ws waiters) Len() int { return len(ws) }

func (ws waiters) Less(i, j int) bool {
	a, b := ws[i], ws[j]
	if a.deadline != b.deadline {
		return a.deadline < b.deadline
	}
	return a.order < b.order
}

func (ws waiters) Swap(i, j int) {
	ws[i], ws[j] = ws[j], ws[i]
	ws[i].index, ws[j].index = i, j
}

func (ws *waiters) Push(x any) {
	w := x.(*waiter)
	w.index = len(*ws)
	*ws = append(*ws, w)
}

func (ws *waiters) Pop() any {
	last := len(*ws) - 1
	w := (*ws)[last]
	(*ws)[last] = nil
	*ws = (*ws)[:last]
	w.index = gone
	return w
}
