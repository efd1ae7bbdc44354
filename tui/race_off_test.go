//go:build !race

package tui

// instrumented tells that the tests are slowed by the race detector.
const instrumented = false
