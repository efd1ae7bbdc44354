//go:build race

package sim

// instrumented tells that the tests are slowed by the race detector.
const instrumented = true
