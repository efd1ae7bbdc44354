package tui

import (
	"fmt"
	"testing"
)

// viewFrames are the frames of every view but the race's, which has its own.
var viewFrames = map[string]struct {
	view View
	make func() Frame
}{
	"timeline": {TimelineView, func() Frame { return twoLanes(6) }},
	"timeline-crowd": {TimelineView, func() Frame {
		f := twoLanes(200)
		f.Focus, f.Zoom, f.Cursor = 1, 1, 100
		return f
	}},
	"clients": {ClientsView, func() Frame { return twoLanes(6) }},
	"clients-sorted": {ClientsView, func() Frame {
		f := threeLanes()
		f.SortBy, f.Cursor = 3, 20
		return f
	}},
	"clients-crowd": {ClientsView, func() Frame {
		f := twoLanes(200)
		f.SortBy, f.Reversed = len(columns)-1, true
		return f
	}},
	"runs-none": {RunsView, func() Frame { return twoLanes(6) }},
	"runs":      {RunsView, someRuns},
	"runs-compared": {RunsView, func() Frame {
		f := someRuns()
		f.RunLine, f.Marked = 1, [2]int{1, 2}
		return f
	}},
	"runs-of-three-lanes": {RunsView, func() Frame {
		f := someRuns()
		f.Focus, f.Marked = 1, [2]int{3, 1}
		return f
	}},
	"history": {HistoryView, func() Frame { return twoLanes(6) }},
	"history-scrolled": {HistoryView, func() Frame {
		f := twoLanes(24)
		f.Line = 30
		return f
	}},
	"history-forgotten": {HistoryView, func() Frame { return forgotten("failover:for=200ms") }},
	"history-restarted": {HistoryView, func() Frame { return forgotten("restart") }},
}

func TestGoldenViews(t *testing.T) {
	for name, c := range viewFrames {
		for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 16}, {30, 8}} {
			for _, ascii := range []bool{false, true} {
				f := c.make()
				f.View, f.ASCII = c.view, ascii
				file := fmt.Sprintf("%s-%dx%d", name, size[0], size[1])
				if ascii {
					file += "-ascii"
				}
				t.Run(file, func(t *testing.T) { golden(t, file, text(f, size[0], size[1])) })
			}
		}
	}
}
