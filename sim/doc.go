// Package sim races simulated clients for one value in Redis and keeps exact
// account of what becomes of their updates.
//
// An [Experiment] gives the same alerts, with the same latencies, to several
// lanes; each [Lane] has a [Strategy], its own keys and its own clients. What
// clients do and see become events ([Event]), which a [Recorder] takes from their
// goroutines and folds into a [Board]. Everything that is shown or reported is a
// [Snapshot] of a board: nothing else computes a number. The [Ledger] inside of a
// board proves which updates are in the value in Redis and who erased the rest.
//
// A deterministic experiment lives in virtual time, where the same seed is the same
// run, event by event, on every machine; see virtual.go.
//
// The package neither draws nor prints, and knows no flags. Where Redis comes from
// is package backend, time is package clock, the report is package report.
package sim
