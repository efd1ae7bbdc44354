package sim

// jainNow is Jain's fairness index, (Σx)² / (n·Σx²), 1 when all have made as many
// updates and 1/n when one made them all. It is of the lane's clients that have not
// crashed and were not told to leave, and x is how many updates Redis has acknowledged to
// each since the number of clients last changed (or, in a comparison, since the end of
// the warm-up), up to the moment at which the first client finishes; an update whose reply
// never came does not count.
func (b *Board) jainNow() float64 {
	var sum, squares, n float64
	for i := 1; i <= b.lane.Clients; i++ {
		c := &b.clients[i]
		if c.phase == Dead {
			continue
		}
		x := float64(c.told)
		n++
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (n * squares)
}

// forgetShares has the fairness index count from now on.
func (b *Board) forgetShares() {
	for i := range b.clients {
		b.clients[i].told = 0
	}
}
