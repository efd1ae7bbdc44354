package lock

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"
)

type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

var _ redis.Error = reply("")

func TestAnOldServerIsNamed(t *testing.T) {
	err := explain(reply("ERR timeout is not an integer or out of range"))
	if !errors.Is(err, ErrOldServer) {
		t.Errorf("got error %v, want ErrOldServer", err)
	}
}

func TestHashTags(t *testing.T) {
	for name, want := range map[string]bool{
		"{reports}": true, "a{b}c": true, "": false, "reports": false, "{}": false, "{}{b}": false, "}a{": false, "{a": false,
	} {
		if tagged(name) != want {
			t.Errorf("tagged(%q) = %v", name, !want)
		}
	}
}
