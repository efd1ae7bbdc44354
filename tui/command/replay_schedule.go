package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"locktop/sim/explore"
	"locktop/tui"
)

// schedule plays a schedule, on the screen or into a report.
func (r *replayed) playSchedule(cmd *cobra.Command, stdout io.Writer) error {
	schedule, err := explore.ParseSchedule(r.schedule)
	if err != nil {
		return usageError{err}
	}
	write := map[string]func(explore.Playing, io.Writer) error{"text": explore.Playing.WriteText, "json": explore.Playing.WriteJSON}[r.shown.output]
	if write == nil {
		return usageError{fmt.Errorf("output: want text or json for a schedule, have %q", r.shown.output)}
	}
	played, err := explore.Play(schedule)
	if err != nil {
		return usageError{fmt.Errorf("schedule: %w", err)}
	}
	if r.shown.headless || !isTerminal(stdout) {
		return write(played, stdout)
	}
	played, err = tui.Drive(cmd.Context(), tui.DriveOptions{Schedule: schedule}, r.shown.options())
	return endDrive(stdout, played, err)
}
