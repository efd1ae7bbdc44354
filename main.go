// Command locktop shows a race for one Redis value, with and without a lock,
// side by side and live: who holds the lock, who failed to get it, what the
// average converges to, and which updates were lost to whom.
package main

import (
	"os"

	"locktop/tui/command"
)

func main() {
	os.Exit(command.Main(os.Args))
}
