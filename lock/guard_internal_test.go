package lock

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestCompanionKeysHashLikeTheirKey(t *testing.T) {
	for key, want := range map[string]string{
		"average":         "lock-fence:{average}",
		"lock:average":    "lock-fence:{lock:average}",
		"lock:{average}":  "lock-fence:lock:{average}",
		"{a}:{b}":         "lock-fence:{a}:{b}",
		"lock:{}average":  "lock-fence:lock:{}average",
		"lock:ave}rage":   "lock-fence:lock:ave}rage",
		"a{b":             "lock-fence:a{b",
		"lock:ü と spaces": "lock-fence:{lock:ü と spaces}",
	} {
		if got := besides("lock-fence:", key); got != want {
			t.Errorf("besides %q is %q, want %q", key, got, want)
		}
	}
}

func TestNoTwoResourcesShareAFence(t *testing.T) {
	// All keys of up to four of these characters.
	keys, longest := []string{}, []string{""}
	for range 4 {
		var longer []string
		for _, key := range longest {
			for _, c := range []string{"k", ":", "{", "}"} {
				longer = append(longer, key+c)
			}
		}
		keys, longest = append(keys, longer...), longer
	}
	keys = append(keys, "{user}", "user", "{{user}}", "-tag:{user}", ":{user}")
	guarded := map[string]string{}
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	for _, key := range keys {
		g, err := NewGuard(client, key)
		if err != nil {
			t.Fatal(err)
		}
		fence := g.Keys()[1]
		if other, taken := guarded[fence]; taken {
			t.Errorf("%q and %q share the fence %q", other, key, fence)
		}
		guarded[fence] = key
		if tag(key) != tag(fence) && (tagged(key) || !strings.ContainsAny(key, "{}")) {
			t.Errorf("the fence %q of %q is on another node of a cluster", fence, key)
		}
	}
}

// tag is what a cluster takes the hash slot of a key from.
func tag(key string) string {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			return tag
		}
	}
	return key
}
