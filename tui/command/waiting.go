package command

import (
	"context"
	"io"
)

// await returns what f returns, or the error of ctx if that ends first. The operating
// system may have f wait for ever, as for somebody to write to a FIFO; it is then left there.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// untilEnd reads from in until ctx ends.
type untilEnd struct {
	ctx context.Context
	in  io.Reader
}

func (r untilEnd) Read(p []byte) (int, error) {
	own := make([]byte, len(p)) // which a read that is left behind may write to
	n, err := await(r.ctx, func() (int, error) { return r.in.Read(own) })
	return copy(p, own[:n]), err
}
