package clock

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Speed is the number of experiment seconds that pass in one real second.
type Speed float64

// Max is the speed at which nobody waits: sleeps return at once, while the time axis and the leases run in real time.
const Max Speed = math.MaxFloat64

// The slowest and the fastest speed there is, short of Max.
const (
	slowest Speed = 1.0 / 1000
	fastest Speed = 1000
)

// steps are the speeds that Faster and Slower walk along.
var steps = [...]Speed{1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2, 4, 8, 16, 32, 64, Max}

// ParseSpeed reads a speed as people write it: "1/4", "0.25", "2", "2x", "2×" or "max".
func ParseSpeed(text string) (Speed, error) {
	bad := func() (Speed, error) {
		return 0, fmt.Errorf(`clock: %q is not a speed: use a number or a fraction from 1/1000 to 1000, such as 1/4, 0.5 or 2, or "max"`, text)
	}
	s := strings.ToLower(strings.TrimSpace(text))
	if s == "max" {
		return Max, nil
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, "x"), "×")
	above, below, isFraction := strings.Cut(s, "/")
	speed, ok := parseDecimal(above)
	if !ok {
		return bad()
	}
	if isFraction {
		divisor, ok := parseDecimal(below)
		if !ok {
			return bad()
		}
		speed /= divisor
	}
	if !Speed(speed).valid() {
		return bad()
	}
	return Speed(speed), nil
}

// parseDecimal accepts digits and a point only: strconv alone would also take "inf", "0x1p-2" and "1e2".
func parseDecimal(s string) (float64, bool) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// String writes the speed so that ParseSpeed reads the same value back: "max", "1/4", "1", "0.3".
func (s Speed) String() string {
	if s == Max {
		return "max"
	}
	if s.valid() && s < 1 {
		if n := math.Round(1 / float64(s)); s == Speed(1/n) {
			return fmt.Sprintf("1/%.0f", n)
		}
	}
	return strconv.FormatFloat(float64(s), 'f', -1, 64)
}

// Faster returns the next speed up: 1/16, 1/8, 1/4, 1/2, 1, 2, 4, 8, 16, 32, 64, Max. Max stays Max.
func (s Speed) Faster() Speed {
	for _, step := range steps {
		if step > s {
			return step
		}
	}
	return Max
}

// Slower returns the next speed down on the same ladder. A speed of 1/16 or less stays as it is.
func (s Speed) Slower() Speed {
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i] < s {
			return steps[i]
		}
	}
	return s
}

// valid is false for NaN too, which compares false with everything.
func (s Speed) valid() bool { return s == Max || s >= slowest && s <= fastest }

// rate is how fast Now runs, which at Max is real time.
func (s Speed) rate() float64 {
	if s == Max {
		return 1
	}
	return float64(s)
}
