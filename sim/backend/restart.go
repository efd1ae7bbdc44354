package backend

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotOurs is what Restart returns for a server at a URL, which others may use.
var ErrNotOurs = errors.New("this Redis is not locktop's own, and will not be restarted: use --redis embedded or spawn")

// Restart does to an embedded or spawned server what a crash does: all connections break, data and scripts are gone, and
// clients blocked in BLPOP get an error. When it returns nil the server is there again, empty and at the same address, so
// that clients made from Options before or after connect again. A server at a URL stays as it is; the error is
// [ErrNotOurs].
//
// On an embedded server it waits for commands that are being executed, without heeding the context, and connections that
// are made in the meantime wait; so do other calls of Restart and Close. A spawned server is killed; connections are
// refused until it is back, usually after some ten milliseconds. If it does not come back within 10 s, or until the context
// ends, the error says so and the server stays away; Restart may be called again. After Close it is an error.
func (s *Server) Restart(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case err != nil:
	case s.embedded != nil:
		err = s.embedded.restart()
	case s.spawned != nil:
		err = s.spawned.restart(ctx)
	default:
		err = ErrNotOurs
	}
	if err != nil {
		return fmt.Errorf("restarting %s: %w", s.Label(), err)
	}
	return nil
}
