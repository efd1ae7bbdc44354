package backend

import (
	"os"
	"os/exec"
	"strings"
	"sync"
)

// launcher is a shell script that becomes the program it is given, having told the watchdog its process number: so there
// is no moment at which the program runs and the watchdog does not know of it. The program does not get the pipe.
//
//	$@: program and arguments; file 3: the watchdog's pipe
const launcher = `echo $$ >&3 && exec "$@" 3>&-`

// process is a running program.
type process struct {
	cmd   *exec.Cmd
	words words
	ended chan struct{} // closed when it has
}

// startProcess starts a program that the watchdog will not let outlive this process. The terminal's signals, such as that
// of ctrl-c, do not reach it: when to end it is for this process to decide.
func startProcess(watch *watchdog, program string, args ...string) (*process, error) {
	p := &process{ended: make(chan struct{})}
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", launcher, "sh", program}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = &p.words, &p.words
	p.cmd.ExtraFiles = []*os.File{watch.pipe}
	detach(p.cmd)
	watch.lending.Lock()
	err := p.cmd.Start()
	watch.lending.Unlock()
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait()
		watch.forget()
	}()
	return p, nil
}

// kill ends the process, if it has not ended. It does not wait for that.
func (p *process) kill() { p.cmd.Process.Kill() }

const (
	keptWords = 2048 // bytes
	lastLines = 5
)

// words keeps the end of what a program writes.
type words struct {
	mu   sync.Mutex
	text []byte
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	if excess := len(w.text) - keptWords; excess > 0 {
		w.text = append(w.text[:0], w.text[excess:]...)
	}
	return len(b), nil
}

// last returns the last lines, made to follow an error message; nothing if there are none.
func (w *words) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := strings.TrimSpace(string(w.text))
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "; its last words were:\n" + strings.Join(lines[max(0, len(lines)-lastLines):], "\n")
}
