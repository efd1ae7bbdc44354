package main

import (
	"os/exec"
	"runtime"
)

// keepAwake has every processor do something that gives way to anything else, so that none goes to sleep, until stop is
// called. On a machine that does little else, and all the more on a virtual one, to wake a processor takes longer than
// Redis and the lock together: the time of a cycle is then how often processors slept, and of two locks the one that does
// less may take longer. It is false, and stop does nothing, where the system is not known to have such a service.
func keepAwake() (stop func(), awake bool) {
	var stops []func()
	stop = func() {
		for _, stop := range stops {
			stop()
		}
	}
	for range runtime.NumCPU() {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		apart(cmd)
		exited, err := start(cmd)
		if err == nil {
			stops = append(stops, func() {
				cmd.Process.Kill()
				<-exited
			})
			err = giveWay(cmd.Process.Pid)
		}
		if err != nil {
			stop()
			return func() {}, false
		}
	}
	return stop, true
}
