package command

import (
	"context"
	"errors"
	"os"
	"time"
)

// errUnread is the error of a write that nobody reads.
var errUnread = errors.New("nobody reads the output")

// unreadWait is how long an interrupted program still waits for the reader of its output.
const unreadWait = 2 * time.Second

// output is a file whose writes wait for their reader only as long as the program may go on: a pipe or a terminal that nobody
// reads must not keep an interrupted program from ending.
type output struct {
	file *os.File
	ctx  context.Context
}

// Fd tells a terminal from other files.
func (o output) Fd() uintptr { return o.file.Fd() }

// Stat tells one file from another.
func (o output) Stat() (os.FileInfo, error) { return o.file.Stat() }

// Write waits until all is written or, once the context has ended, for a little while.
func (o output) Write(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	written := make(chan result, 1)
	go func() {
		n, err := o.file.Write(b)
		written <- result{n, err}
	}()
	select {
	case r := <-written:
		return r.n, r.err
	case <-o.ctx.Done():
	}
	select {
	case r := <-written:
		return r.n, r.err
	case <-time.After(unreadWait):
		return 0, errUnread
	}
}
