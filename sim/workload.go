package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Latencies are log-normal, as measured latencies of networks tend to be: most
// alerts arrive near the median, a few much later.
const (
	medianLatency = 45 * time.Millisecond
	latencySpread = 0.55 // standard deviation of the logarithm
	leastLatency  = time.Millisecond
	mostLatency   = 2 * time.Second
)

// latencyOf is how long an alert takes from the cluster to a client. It
// depends on nothing but its arguments, so that every lane sees the same.
// Nanosecond digits make the sums of different histories distinct.
func latencyOf(seed uint64, alert, client int) time.Duration {
	rng := rand.New(rand.NewPCG(seed, uint64(alert)<<32|uint64(client)))
	latency := float64(medianLatency) * math.Exp(latencySpread*rng.NormFloat64())
	return min(max(time.Duration(latency), leastLatency), mostLatency)
}

// sentAt is the experiment time at which an alert is due, from 1.
func sentAt(interval time.Duration, alert int) time.Duration {
	return time.Duration(alert-1) * interval
}
