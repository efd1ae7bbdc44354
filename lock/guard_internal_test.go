package lock

import "testing"

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
