package tui

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience is how long a test waits for what must come, before it fails: no test takes it when all is well, on however busy a
// machine.
const patience = 10 * time.Minute

func TestMain(m *testing.M) {
	redis.SetLogger(silence{}) // a Redis that is not there is what some tests are about
	noticeTime = 24 * time.Hour
	os.Exit(m.Run())
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
