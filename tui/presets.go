package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/tui/chart"
)

// watched is the configuration of a preset for the screen: to be watched, not measured. Where Redis is and how fast the
// race runs is up to the user.
func watched(p sim.Preset, now sim.Config) sim.Config {
	c := p.Config
	c.Lanes = slices.Clone(c.Lanes)
	c.Source, c.Speed = now.Source, now.Speed
	c.GiveUp = false
	if !p.Once {
		c.Alerts = 0
	}
	return c
}

// presetText is what the header says of the preset.
func (f *Frame) presetText() string {
	switch {
	case f.Preset == nil:
		return ""
	case !slices.Equal(f.Config.Lanes, f.Preset.Config.Lanes) || !same(f.Config, f.Preset.Config):
		return "preset " + f.Preset.Name + ", changed"
	}
	return "preset " + f.Preset.Name
}

// presetLines tell what a preset shows, in lines of n cells.
func presetLines(p *sim.Preset, n int) [][]piece {
	var lines [][]piece
	for _, part := range []struct {
		name, text string
		ink        chart.Ink
	}{{"", p.Happens, inkPlain}, {"LOOK AT ", p.Look, inkPlain}, {"REMEDY ", p.Remedy, inkPlain}} {
		text := paragraph(part.name+part.text, n, part.ink)
		if name := part.name; name != "" {
			text[0] = []piece{{name, inkTitle}, {strings.TrimPrefix(text[0][0].text, name), part.ink}}
		}
		lines = append(lines, text...)
	}
	return lines
}

// drawPresets lays the list of presets over the screen, and below it what the selected one is about.
func drawPresets(screen chart.Area, f *Frame) {
	presets := sim.Presets()
	room := boxText(screen.W())
	name := 0
	for _, p := range presets {
		name = max(name, len(p.Name))
	}
	// The box does not change its height with the selection.
	about := 0
	for i := range presets {
		about = max(about, len(presetLines(&presets[i], room)))
	}
	rows := screen.H() - 3
	list := min(len(presets), rows)
	if list+1+about > rows {
		about = 0
	}
	first := min(max(f.Pick-list/2, 0), len(presets)-list)
	var lines [][]piece
	for i := first; i < first+list; i++ {
		p := &presets[i]
		cursor, ink, words := "  ", inkKey, inkPlain
		if i == f.Pick {
			cursor, ink, words = "› ", inkCursor, inkCursor
		}
		title := p.Title
		if err := watched(*p, f.Config).Validate(); err != nil {
			title = "not on this Redis: it takes an embedded or spawned one"
			ink, words = inkDim, inkDim
		}
		title = cutText(title, room-name-4)
		lines = append(lines, []piece{{cursor + fmt.Sprintf("%-*s  ", name, p.Name), ink}, {title, words}})
	}
	if about > 0 {
		lines = append(lines, nil)
		lines = append(lines, presetLines(&presets[f.Pick], room)...)
		for len(lines) < list+1+about {
			lines = append(lines, nil)
		}
	}
	drawBox(screen, "PRESETS   enter starts one, esc closes this", lines, f.ASCII)
}

// openPresets shows the list, at the preset there is.
func (m *model) openPresets() {
	f := &m.frame
	f.Over, f.Pick = PresetMenu, 0
	if f.Preset != nil {
		f.Pick = max(slices.Index(sim.PresetNames(), f.Preset.Name), 0)
	}
}

func (m *model) movePick(by int) {
	m.frame.Pick = min(max(m.frame.Pick+by, 0), len(sim.Presets())-1)
}

// startPreset replaces the configuration by that of the selected preset. It tells whether it could.
func (m *model) startPreset() bool {
	f := &m.frame
	p := sim.Presets()[f.Pick]
	c := watched(p, f.Config)
	if err := c.Validate(); err != nil {
		m.notify(fmt.Sprintf("%s: %s", p.Name, strings.ReplaceAll(err.Error(), "\n", "; ")))
		return false
	}
	f.Over = NoOverlay
	f.Preset, f.Config = &p, c
	m.script, m.begun = nil, c
	f.Focus, f.Cursor, f.node = 0, 1, 0
	return true
}

// obeyPresets obeys a key while the presets are shown.
func (m *model) obeyPresets(k keyed) tea.Cmd {
	switch k.command {
	case cmdUp:
		m.movePick(-1)
	case cmdDown:
		m.movePick(+1)
	case cmdFirst:
		m.movePick(-len(sim.Presets()))
	case cmdLast:
		m.movePick(+len(sim.Presets()))
	case cmdPick:
		if m.startPreset() {
			return m.restart()
		}
	case cmdClose:
		m.frame.Over = NoOverlay
	case cmdSuspend:
		return m.suspend()
	case cmdQuit:
		return tea.Quit
	}
	return nil
}
