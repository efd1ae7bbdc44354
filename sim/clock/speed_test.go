package clock

import (
	"math"
	"strings"
	"testing"
)

func TestParseSpeed(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Speed
		back string // what String makes of it
	}{
		{"1/4", 0.25, "1/4"},
		{"1/2", 0.5, "1/2"},
		{"0.25", 0.25, "1/4"},
		{"0.3", 0.3, "0.3"},
		{".5", 0.5, "1/2"},
		{"1", 1, "1"},
		{"2", 2, "2"},
		{"4", 4, "4"},
		{"1.5", 1.5, "1.5"},
		{"1×", 1, "1"},
		{"1x", 1, "1"},
		{"1/4×", 0.25, "1/4"},
		{" 2X ", 2, "2"},
		{"3/2", 1.5, "1.5"},
		{"2/3", 2.0 / 3, "0.6666666666666666"},
		{"1/3", 1.0 / 3, "1/3"},
		{"1/1000", 0.001, "1/1000"},
		{"0.001", 0.001, "1/1000"},
		{"1000", 1000, "1000"},
		{"max", Max, "max"},
		{"MAX", Max, "max"},
	} {
		got, err := ParseSpeed(tc.text)
		if err != nil || got != tc.want {
			t.Errorf("ParseSpeed(%q) = %v, %v; want %v", tc.text, float64(got), err, float64(tc.want))
			continue
		}
		if got.String() != tc.back {
			t.Errorf("%q is written %q, want %q", tc.text, got, tc.back)
		}
		if again, err := ParseSpeed(got.String()); err != nil || again != got {
			t.Errorf("%q does not read back: %v, %v", got, float64(again), err)
		}
	}
}

func TestParseSpeedRefusesWhatIsNoSpeed(t *testing.T) {
	for _, text := range []string{
		"", " ", "0", "0.0", "0/1", "1/0", "-1", "+1", "-1/4", "NaN", "inf", "Infinity", "1000.1", "1001", "1/1001", "0.0009",
		"1e2", "0x10", "1_0", "fast", "maximum", "x", "×", "/", "1/", "/2", "1/2/3", "1..2", "2 x", "1,5", "١",
	} {
		got, err := ParseSpeed(text)
		if err == nil {
			t.Errorf("ParseSpeed(%q) = %v, want an error", text, float64(got))
			continue
		}
		for _, accepted := range []string{"1/4", "1000", "max"} {
			if !strings.Contains(err.Error(), accepted) {
				t.Errorf("the error for %q does not say what is accepted: %v", text, err)
			}
		}
	}
}

func TestStepsOfSpeed(t *testing.T) {
	up := []string{"1/16", "1/8", "1/4", "1/2", "1", "2", "4", "8", "16", "32", "64", "max", "max"}
	s := steps[0]
	for _, want := range up {
		if s.String() != want {
			t.Fatalf("climbing: at %v, want %v", s, want)
		}
		s = s.Faster()
	}
	for i := len(up) - 3; i >= 0; i-- {
		if s = s.Slower(); s.String() != up[i] {
			t.Fatalf("descending: at %v, want %v", s, up[i])
		}
	}
	for _, tc := range []struct {
		name string
		got  Speed
		want Speed
	}{
		{"the slowest step stays", Speed(1.0 / 16).Slower(), 1.0 / 16},
		{"between two steps, up", Speed(0.3).Faster(), 0.5},
		{"between two steps, down", Speed(0.3).Slower(), 0.25},
		{"below the ladder, up", Speed(0.001).Faster(), 1.0 / 16},
		{"below the ladder, never up by going down", Speed(0.001).Slower(), 0.001},
		{"above the ladder, up", Speed(1000).Faster(), Max},
		{"above the ladder, down", Speed(1000).Slower(), 64},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, tc.got, tc.want)
		}
	}
}

func TestImpossibleSpeedsPanic(t *testing.T) {
	for _, s := range []Speed{0, -1, 1001, Speed(math.NaN()), Speed(math.Inf(1))} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%v) did not panic", float64(s))
				}
			}()
			New(s)
		}()
	}
}

func FuzzParseSpeed(f *testing.F) {
	for _, seed := range []string{"1/4", "0.25", "2×", "max", "1/0", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpeed(text)
		if err != nil {
			return
		}
		if !s.valid() {
			t.Fatalf("ParseSpeed(%q) = %v, which is out of range", text, float64(s))
		}
		if again, err := ParseSpeed(s.String()); err != nil || again != s {
			t.Fatalf("%q is %v, written %q, read back as %v, %v", text, float64(s), s, float64(again), err)
		}
	})
}
