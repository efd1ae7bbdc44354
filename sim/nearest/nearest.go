// Package nearest finds what somebody may have meant by a word that is none of those there are.
package nearest

import "strings"

// Hint returns what to add to a message about an unknown word: `; did you mean "spin"?` or, if no known word is near, all of
// them: "; known are none, spin".
func Hint[S ~string](word string, known []S) string {
	if near, ok := To(word, known); ok {
		return `; did you mean "` + string(near) + `"?`
	}
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	return "; known are " + strings.Join(words, ", ")
}

// To returns the known word that takes the fewest edits to come to from what was typed: at most one for three letters.
// Letters that were exchanged are one edit, case is none. A word that was begun counts as near.
func To[S ~string](word string, known []S) (near S, ok bool) {
	word = strings.ToLower(word)
	if word == "" {
		return "", false
	}
	best := 1 + (len(word)+1)/3
	for _, k := range known {
		if d := distance(word, strings.ToLower(string(k))); d < best {
			near, best = k, d
		}
	}
	for _, k := range known {
		if near == "" && len(word) >= 3 && strings.HasPrefix(strings.ToLower(string(k)), word) {
			near = k
		}
	}
	return near, near != ""
}

// distance is the number of edits between two words after Damerau and Levenshtein, no letter being edited twice.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, now := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
