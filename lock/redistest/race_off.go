//go:build !race

package redistest

// Instrumented tells that the tests are slowed by the race detector.
const Instrumented = false
