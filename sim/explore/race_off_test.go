//go:build !race

package explore_test

// instrumented tells that the tests are slowed by the race detector.
const instrumented = false
