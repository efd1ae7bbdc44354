package main

import (
	"math"
	"testing"
	"time"
)

func TestJain(t *testing.T) {
	for _, test := range []struct {
		what   string
		counts []int64
		want   float64
	}{
		{"all have the same", []int64{7, 7, 7, 7}, 1},
		{"one of four has everything", []int64{0, 9, 0, 0}, 0.25},
		{"half have everything", []int64{5, 0, 5, 0}, 0.5},
		{"one has twice as much", []int64{1, 2}, 0.9},
		{"nobody has anything", []int64{0, 0}, 0},
	} {
		if got := jain(test.counts); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, test := range []struct {
		what   string
		sorted []int
		q      float64
		want   int
	}{
		{"none", nil, 0.5, 0},
		{"one", []int{3}, 0.99, 3},
		{"the lower of the two in the middle", []int{1, 2, 3, 4}, 0.5, 2},
		{"the middle", []int{1, 2, 3}, 0.5, 2},
		{"99 of 100", hundred, 0.99, 99},
		{"the least", hundred, 0, 1},
		{"the most", hundred, 1, 100},
	} {
		if got := quantile(test.sorted, test.q); got != test.want {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
	}
}

func TestMedianLeavesItsArgumentAlone(t *testing.T) {
	values := []time.Duration{3, 1, 2}
	if got := median(values); got != 2 || values[0] != 3 {
		t.Errorf("median %v of %v", got, values)
	}
}

func TestSummaryOfRounds(t *testing.T) {
	good := func(rate float64, worst time.Duration) Contended {
		return Contended{Contenders: 4, Rate: rate, Jain: 1, P50: 1, P99: 2, Max: worst}
	}
	bad := Contended{Contenders: 4, Problem: "stuck"}
	for _, test := range []struct {
		what    string
		rounds  []Contended
		planned int
		want    Contended
	}{
		{"medians, but the largest maximum", []Contended{good(1, 3), good(3, 9), good(2, 4)}, 3, good(2, 9)},
		{"most rounds were finished", []Contended{good(1, 3), bad, good(3, 4)}, 3,
			Contended{Contenders: 4, Rate: 1, Jain: 1, P50: 1, P99: 2, Max: 4, Problem: "in 1 of 3 rounds: stuck"}},
		{"too few rounds were finished", []Contended{bad, good(1, 3)}, 2, bad},
		{"it was given up", []Contended{good(1, 3), bad, bad}, 5, bad},
		{"overlaps of all rounds", []Contended{{Contenders: 4, Rate: 1, Overlaps: 1}, {Contenders: 4, Rate: 1, Overlaps: 2}}, 2,
			Contended{Contenders: 4, Rate: 1, Overlaps: 3}},
	} {
		if got := summary(test.rounds, test.planned); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.what, got, test.want)
		}
	}
}
