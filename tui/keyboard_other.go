//go:build !unix

package tui

import "time"

// readable says that there is nothing more: where keys come as events, none is cut.
func readable(uintptr, time.Duration) bool { return false }
