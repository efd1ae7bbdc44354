package lock

import (
	"fmt"
	"strings"
	"testing"
)

func TestHandedOverTokensLiveAsLongAsOthers(t *testing.T) {
	if line := fmt.Sprintf("local TOKEN_TTL = %d ", millis(fenceTTL)); !strings.Contains(grantSource, line) {
		t.Errorf("grant.lua has no %q", line)
	}
}

func TestEntryIDOfWhatIsNoEntry(t *testing.T) {
	for _, entry := range []string{"", "a b c", "1 2 3 x hubid", "1 2 3 -1 hubid", "1 2 3 6 hubid"} {
		if id := entryID(entry); id != "" {
			t.Errorf("%q has id %q", entry, id)
		}
	}
}
