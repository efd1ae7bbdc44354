package tui

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/report"
	"locktop/tui/chart"
)

// Taking something away from the screen: an explanation to the clipboard, the frame and the run into files.

// toldMsg is what a command has to say when it is done.
type toldMsg struct{ text string }

// copyLoss copies the explanation on the screen, or that of the last loss, by a sequence that the terminal obeys.
func (m *model) copyLoss() tea.Cmd {
	f := &m.frame
	l, ok := f.explained()
	if f.Over == Explanation {
		l, ok = *f.told, true
	}
	if !ok {
		m.notify("there is no loss to copy the explanation of")
		return nil
	}
	text, output := l.plainStory(f), m.output
	return func() tea.Msg {
		output.Copy(text)
		return toldMsg{"copied, if this terminal allows it: how " + clientName(l.Victim.Client) + "'s update was lost"}
	}
}

// export writes the frame, as text and with its colours, and the run so far into the working directory.
func (m *model) export() tea.Cmd {
	if m.session == nil {
		m.notify("still starting")
		return nil
	}
	f, s, pens, result := m.frame, m.size(), m.pens, m.result()
	f.Notice = ""
	return func() tea.Msg {
		g := chart.NewGrid(s.w, s.h)
		Draw(g, f)
		plain, coloured := g.Paint(nil), g.Paint(pens)
		var run strings.Builder
		if err := report.JSON(&run, result()); err != nil {
			return toldMsg{"export: " + err.Error()}
		}
		name, err := writeNew(".", [][2]string{{".txt", plain + "\n"}, {".ans", coloured + "\n"}, {".json", run.String()}})
		if err != nil {
			return toldMsg{"export: " + err.Error()}
		}
		return toldMsg{fmt.Sprintf("written: %s.txt, .ans and .json", name)}
	}
}

// result returns what tells the result of the run so far, or of the whole recording, from any goroutine.
func (m *model) result() func() sim.Result {
	if m.play != nil {
		return m.play.result
	}
	return m.session.exp.Result
}

// mostExports bounds the search for a free name.
const mostExports = 1000

// writeNew writes files that differ in their endings, under the first name that none of them has yet.
func writeNew(dir string, files [][2]string) (name string, err error) {
	for i := 1; i <= mostExports; i++ {
		name = fmt.Sprintf("locktop-%d", i)
		for _, file := range files {
			if _, err = os.Lstat(dir + "/" + name + file[0]); err == nil {
				break
			}
		}
		if err == nil {
			continue
		}
		for made, file := range files {
			if err = create(dir+"/"+name+file[0], file[1]); err != nil {
				for _, file := range files[:made] {
					err = errors.Join(err, os.Remove(dir+"/"+name+file[0]))
				}
				break
			}
		}
		if !errors.Is(err, fs.ErrExist) { // or another one was quicker
			return name, err
		}
	}
	return "", fmt.Errorf("there are %d exports already: move some away", mostExports)
}

// create writes a file that must not be there yet, whole or not at all.
func create(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
