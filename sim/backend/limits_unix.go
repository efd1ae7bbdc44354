//go:build unix

package backend

import (
	"math"
	"syscall"
)

// fileLimit is how many files this process may open; 0 is no limit. The Go runtime has raised it to what is allowed at most.
func fileLimit() int { return limitOf(func(r syscall.Rlimit) uint64 { return uint64(r.Cur) }) }

// hardFileLimit is up to where a process that is started may raise that.
func hardFileLimit() int { return limitOf(func(r syscall.Rlimit) uint64 { return uint64(r.Max) }) }

func limitOf(which func(syscall.Rlimit) uint64) int {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return 0
	}
	if n := which(r); n < math.MaxInt32 {
		return int(n)
	}
	return 0
}
