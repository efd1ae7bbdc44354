//go:build race

package main

// instrumented tells that the tests are slowed by the race detector.
const instrumented = true
