// Package rescue restores the terminal of a program that ends without having done it: by a panic on a goroutine that nobody
// recovers it on, a fatal error of the Go runtime, SIGQUIT or SIGKILL. The last words of the runtime then come after what is
// restored, where they can be read.
//
// The work is done by a second process of the same program, which [Main] turns into that. It has the other end of a socket:
// whatever the runtime has to say before it ends comes through there (see [runtime/debug.SetCrashOutput]), and the end of the
// program is the end of it. The socket holds so little that the program cannot get to its end before the terminal is
// restored, so the shell never sees it otherwise. Where the system has no such terminals, nothing is done.
package rescue

import "github.com/charmbracelet/x/ansi"

// Leave undoes what a screen has done to a terminal, but for its settings.
const Leave = ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseAnyEvent + ansi.ResetModeMouseExtSgr +
	ansi.ResetModeBracketedPaste + ansi.SetModeAutoWrap + ansi.ResetStyle +
	ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable
