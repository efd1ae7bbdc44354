package sim

// jainNow is Jain's fairness index, (Σx)² / (n·Σx²), 1 when all have made as many
// updates and 1/n when one made them all. It is of the lane's clients that have not
// crashed and were not told to leave, and x is how many updates Redis has acknowledged to
// each since the number of clients last changed (or, in a comparison, since the end of
// the warm-up), up to the moment at which the first client finishes; an update whose reply
// never came does not count.
//
// It is also told how many updates that is of, and how many of them the client has that
// has most: of a few updates it says nothing.
func (b *Board) jainNow() shares {
	var sum, squares, n float64
	var most int64
	for i := 1; i <= b.lane.Clients; i++ {
		c := &b.clients[i]
		if c.phase == Dead {
			continue
		}
		x := float64(c.told)
		n++
		most = max(most, c.told)
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return shares{jain: 1}
	}
	return shares{jain: sum * sum / (n * squares), updates: int64(sum), most: most}
}

// shares are how updates are shared out among clients.
type shares struct {
	jain          float64
	updates, most int64
}

// forgetShares has the fairness index count from now on.
func (b *Board) forgetShares() {
	for i := range b.clients {
		b.clients[i].told = 0
	}
}
