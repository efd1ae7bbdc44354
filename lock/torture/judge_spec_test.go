package torture

import (
	"strings"
	"testing"
	"time"

	"locktop/lock/redistest"
)

// TestJudge shows that the judge accuses whom it should, and nobody else.
func TestJudge(t *testing.T) {
	t.Parallel()
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	for _, test := range []struct {
		sentence string
		era      int64   // of Redis
		entries  []entry // nobody leaves, unless there are tokens
		accused  string
	}{
		{"two inside while the lease of the first lasts", 0, []entry{{id: "a", until: soon}, {id: "b", until: soon}}, "beside a"},
		{"two inside, but the second's lease has run out before it came", 0, []entry{{id: "a", until: soon}, {id: "b", until: past}}, ""},
		{"two inside, but the first began before the data was lost", 2, []entry{{id: "a", until: soon}, {id: "b", until: soon, era: 2}}, ""},
		{"two inside, but the second began before the data was lost", 2, []entry{{id: "a", until: soon, era: 2}, {id: "b", until: soon}}, ""},
		{"two inside since the data was lost", 2, []entry{{id: "a", until: soon, era: 2}, {id: "b", until: soon, era: 2}}, "beside a"},
		{"two inside while the data is being lost", 1, []entry{{id: "a", until: soon, era: 1}, {id: "b", until: soon, era: 1}}, ""},
		{"a token that is not the highest", 0, []entry{{id: "a", until: soon, token: 7}, {id: "b", until: soon, token: 6}}, "token 6 after 7"},
		{"a token twice", 0, []entry{{id: "a", until: soon, token: 7}, {id: "b", until: soon, token: 7}}, "token 7 after 7"},
		{"a token that is higher", 0, []entry{{id: "a", until: soon, token: 9}, {id: "b", until: soon, token: 10}}, ""},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			j, err := newJudge(redistest.Real(t).URL())
			if err != nil {
				t.Fatal(err)
			}
			defer j.client.Close()
			j.client.Set(t.Context(), eraKey, test.era, 0)
			for i, e := range test.entries {
				if i > 0 && e.token > 0 { // overlap is not the question
					j.leave(t.Context(), "average", test.entries[i-1].id, false)
				}
				if _, err := j.enter(t.Context(), "average", e); err != nil {
					t.Fatal(err)
				}
			}
			accusations := strings.Join(j.client.LRange(t.Context(), accusationsKey, 0, -1).Val(), "\n")
			if (accusations == "") != (test.accused == "") || !strings.Contains(accusations, test.accused) {
				t.Errorf("accusations %q, want %q", accusations, test.accused)
			}
		})
	}
}
