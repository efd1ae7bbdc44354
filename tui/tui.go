// Package tui shows an experiment live in a terminal and lets its user pause, step, slow and restart it.
//
// Nothing is computed here: every number comes from a snapshot of the experiment, taken on the screen's own tick, so that
// watching a race does not slow it. All times on the screen are experiment time. [Draw] is pure, from a [Frame] to cells;
// everything that waits is a Bubble Tea command.
package tui

import (
	"context"
	"errors"
	"io"
	"os"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/tui/noprobe"
	"locktop/tui/rescue"
)

func init() { noprobe.Done() }

// Options say how the screen looks.
type Options struct {
	// Theme is the terminal's background, Dark unless told.
	Theme Theme
	// ASCII uses no character outside of ASCII.
	ASCII bool
	// FPS is how many frames are drawn in a second: unless told 20, or 8 over SSH.
	FPS int
	// Preset is the failure that the configuration brings about; nil is none.
	Preset *sim.Preset
	// Opened is told of every experiment before it races: of the first, and of
	// every one that the user starts. An error ends the program.
	Opened func(*sim.Experiment) error
	// Input and Output are the terminal unless told.
	Input  io.Reader
	Output io.Writer
}

// defaultFPS is fast enough to look live and slow enough to cost next to nothing.
const defaultFPS = 20

// remoteFPS is for screens at the other end of a line that others use as well.
const remoteFPS = 8

// fps is how many frames are drawn in a second.
func (o Options) fps() int {
	switch {
	case o.FPS > 0:
		return o.FPS
	case remote():
		return remoteFPS
	}
	return defaultFPS
}

// remote tells whether the terminal is at the other end of an SSH connection.
func remote() bool { return os.Getenv("SSH_CONNECTION") != "" || os.Getenv("SSH_TTY") != "" }

// rendererFPS is how often Bubble Tea looks for a new frame, in vain, as the frames are drawn by [display].
const rendererFPS = 1

// Run races an experiment and shows it until the user quits, the context ends (which is no error) or the experiment fails.
// It returns the result of the run as it was at the end; one without lanes if there was none yet. The terminal is then as
// it was before.
func Run(ctx context.Context, cfg sim.Config, opts Options) (sim.Result, error) {
	if err := cfg.Validate(); err != nil {
		return sim.Result{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done, err := opts.attach()
	if err != nil {
		return sim.Result{}, err
	}
	defer done()
	m := newModel(ctx, cfg, opts, newOutput(opts.Output))
	return m.run(opts, cancel, m.stage.close)
}

// attach has the screen on the terminal where nothing else is said. done lets go of it.
func (o *Options) attach() (done func(), err error) {
	if o.Output == nil {
		o.Output = os.Stdout
	}
	if o.Input != nil {
		return func() {}, nil
	}
	input, done, err := openInput()
	if err != nil {
		return nil, err
	}
	o.Input = input
	return done, nil
}

// run shows the model until it ends, and then ends what it shows.
func (m *model) run(opts Options, cancel context.CancelCauseFunc, end func() (sim.Result, error)) (result sim.Result, err error) {
	err = present(m.ctx, m, opts, cancel, func() (err error) {
		m.closeDrive()
		result, err = end()
		return err
	})
	return result, err
}

// content is what the screen shows: a Bubble Tea model in all but its methods' names.
type content interface {
	Init() tea.Cmd
	update(tea.Msg) tea.Cmd
	view() string
	fail(error)     // notes an error, which ends the program
	failure() error // is what was noted
}

// present shows something until it ends, and then calls end. The context, which is that of the content, ends when the terminal does.
func present(ctx context.Context, c content, opts Options, cancel context.CancelCauseFunc, end func() error) (err error) {
	rescuer, err := rescue.Stand(opts.Output)
	if err != nil {
		rescuer = &rescue.Guard{} // there may be no /proc, or no room for a process: then nobody stands by
	}
	defer func() { err = errors.Join(err, rescuer.Close()) }()
	gone := func() { cancel(errTerminalGone) }
	var program *tea.Program
	job := controlJob(
		func() { program.Send(tea.KeyMsg{Type: tea.KeyCtrlZ}) },
		func() { program.Send(retakeMsg{}) },
	)
	screen := newDisplay(opts.Output, cancel, func(taken bool) {
		rescuer.Screen(taken)
		job.hold(taken)
	})
	stopDrawing := screen.start()
	program = tea.NewProgram(guarded{c, screen},
		tea.WithAltScreen(),
		tea.WithInput(watchInput(opts.Input, gone)),
		tea.WithOutput(screen.output()),
		tea.WithFPS(rendererFPS),
		tea.WithoutSignalHandler(), // signals end the context
	)
	screen.take(true)
	_, err = program.Run()
	screen.take(false)
	stopDrawing()
	job.close()
	if broken, ok := context.Cause(ctx).(screenError); ok {
		err = broken // and not what the program makes of it
	}
	cancel(nil)
	closing := guard(end)
	return errors.Join(err, c.failure(), closing)
}

// guarded keeps a panic of the content from leaving the terminal in disorder: it becomes the error of the program.
type guarded struct {
	content
	display *display
}

func (g guarded) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	if window, ok := msg.(tea.WindowSizeMsg); ok {
		msg = atLeast(window)
		defer g.display.forget()
	}
	switch msg := msg.(type) {
	case retakeMsg:
		return g, tea.Exec(retaking{}, nil)
	case tea.KeyMsg:
		if msg.Alt { // no key has alt: it was escape, and another key soon after it
			_, first := g.Update(tea.KeyMsg{Type: tea.KeyEscape})
			msg.Alt = false
			_, second := g.Update(msg)
			return g, tea.Sequence(first, second)
		}
	}
	if err := guard(func() error { cmd = g.update(msg); return nil }); err != nil {
		g.fail(err)
	}
	if g.failure() != nil {
		return g, tea.Quit
	}
	return g, cmd
}

// retakeMsg asks for the terminal to be taken anew.
type retakeMsg struct{}

// retaking is a program that does nothing: Bubble Tea gives the terminal back before it, and takes it again after it.
type retaking struct{}

func (retaking) Run() error          { return nil }
func (retaking) SetStdin(io.Reader)  {}
func (retaking) SetStdout(io.Writer) {}
func (retaking) SetStderr(io.Writer) {}

// atLeast is the size of a window. A terminal that does not know its own, as some serial lines, is taken for the usual one.
func atLeast(window tea.WindowSizeMsg) tea.WindowSizeMsg {
	if window.Width <= 0 {
		window.Width = 80
	}
	if window.Height <= 0 {
		window.Height = 24
	}
	return window
}

// View has the frame drawn; there is nothing left to draw for Bubble Tea.
func (g guarded) View() string {
	if err := guard(func() error { g.display.show(g.view()); return nil }); err != nil {
		g.fail(err) // the next message ends the program
	}
	return ""
}
