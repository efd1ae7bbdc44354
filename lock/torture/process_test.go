package torture

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A process is a worker as its parent sees it.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer // its end is the worker's
	said   voice
	exited chan struct{}
	err    error // of the command; set before exited is closed
}

// A voice is what a process has written, to be read while it runs.
type voice struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (v *voice) Write(b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.text.Write(b)
}

func (v *voice) String() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.text.String()
}

func startWorker(t *testing.T, config workerConfig) *process {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0]), exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process at once, whatever it is doing.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
}

// ended reports whether the process has ended by itself, which is wrong unless it
// was told to stop.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// wait waits until a worker that was told to stop has ended. One that has not is
// made to say what it is doing.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(hang):
		p.cmd.Process.Signal(syscall.SIGQUIT)
		<-p.exited
		t.Errorf("a worker did not stop within %v", hang)
	}
	if p.err != nil || p.said.String() != "" {
		t.Errorf("a worker ended with %v and said\n%s", p.err, p.said.String())
	}
}
