package backend

import (
	"os"
	"os/exec"
	"sync"
)

// watching is a shell script that waits until nobody holds the other end of its standard input any more, then kills the
// process that it was told of last and removes the directory. It is deaf to signals that may be meant for a whole group
// or session of processes. The directory may have to be removed more than once, because a server that is just starting
// can still put its socket there.
//
//	$1: directory; standard input: process numbers, or empty lines for none
const watching = `trap '' HUP INT QUIT TERM
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then kill -9 "$pid" 2>/dev/null; fi
for try in 1 2 3 4 5; do
	rm -rf -- "$1" 2>/dev/null && exit
	sleep 1
done`

// watchdog is a process that ends another one when this process ends, however it ends: it holds the reading end of a pipe
// whose writing end only this process has, and which the system closes in any case.
type watchdog struct {
	ended chan struct{} // closed when it has

	lending sync.Mutex // held while a process is started with the pipe, and while the pipe is closed
	pipe    *os.File
}

// startWatchdog starts a watchdog over a directory, for one process at a time.
func startWatchdog(dir string) (*watchdog, error) {
	input, pipe, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()
	cmd := exec.Command("/bin/sh", "-c", watching, "sh", dir)
	cmd.Stdin = input
	cmd.Dir = "/"
	detach(cmd)
	if err := cmd.Start(); err != nil {
		pipe.Close()
		return nil, err
	}
	w := &watchdog{pipe: pipe, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		cmd.Wait()
	}()
	return w, nil
}

// forget tells it that its process has ended, whose number may soon be that of another one.
func (w *watchdog) forget() { w.pipe.WriteString("\n") }

// letGo has it do its duty, and end. It does not wait for that.
func (w *watchdog) letGo() {
	w.lending.Lock()
	defer w.lending.Unlock()
	w.pipe.Close()
}
