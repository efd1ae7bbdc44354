// Package noprobe keeps Bubble Tea from asking the terminal for its background.
//
// Bubble Tea asks when its package is initialised, before main, whatever the program is going to do, and waits up to five
// seconds for a terminal that does not answer. Here nobody wants to know: the theme is a setting. Termenv, which does the
// asking, spares terminals that TERM calls dumb; so TERM says that until [Done].
//
// For this to come first, the package may import os and nothing else. Go initialises packages in the order of their import
// paths, as soon as their own imports are; Bubble Tea has to wait for os/exec and os/signal, which come after this one.
package noprobe

import "os"

var term, set = os.LookupEnv("TERM")

func init() { os.Setenv("TERM", "dumb") }

// Done gives TERM back. It is to be called when Bubble Tea is initialised.
func Done() {
	if set {
		os.Setenv("TERM", term)
	} else {
		os.Unsetenv("TERM")
	}
}
