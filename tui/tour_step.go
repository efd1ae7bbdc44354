package tui

import (
	"slices"
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/explore"
	"locktop/tui/chart"
	"locktop/tui/tour"
)

// stepScene lets the learner decide whose command comes next. Every choice has the whole schedule played from its beginning,
// which takes a moment, so that any of them can be taken back.
type stepScene struct {
	words *tourWords
	ascii bool
	marks explore.Marks
	arena sim.ArenaConfig
	err   error
	stale bool

	moves   []sim.Move       // those made, and then those that were undone
	at      int              // how many have been made
	cursor  int              // the selected client, from 1
	follows bool             // the cursor follows the moves that were undone
	playing bool             // the moves, or some of them
	played  *explore.Playing // as far as they are
	typed   []string         // keys that came meanwhile
	refused string           // why a key did nothing
}

func newStepScene(m *tourModel, a tour.Act) *stepScene {
	return &stepScene{words: m.words, ascii: m.opts.ASCII, marks: m.marks(), arena: a.Arena(), cursor: 1, stale: true}
}

func (s *stepScene) start() tea.Cmd { return s.play() }

// play has the moves played.
func (s *stepScene) play() tea.Cmd {
	s.stale, s.playing = true, true
	schedule := explore.Schedule{Lane: s.arena.Lane, Clients: s.arena.Clients, Moves: slices.Clone(s.moves[:s.at])}
	return func() tea.Msg {
		p, err := explore.Play(schedule)
		return playedMsg{p, err}
	}
}

func (s *stepScene) update(msg tea.Msg) tea.Cmd {
	played, ok := msg.(playedMsg)
	if !ok {
		return nil
	}
	s.playing, s.stale = false, true
	if played.err != nil {
		s.err = played.err
		return nil
	}
	s.played = &played.playing
	s.follow()
	for len(s.typed) > 0 && !s.playing {
		key := s.typed[0]
		s.typed = s.typed[1:]
		if cmd := s.choose(key); cmd != nil {
			return cmd
		}
	}
	return nil
}

// stepSceneKeys are its keys, as the footer shows them. They are those of [stepKeyMap].
var stepSceneKeys = []tourKey{
	{sceneSend, key.NewBinding(key.WithKeys("1", "2", "3", "4", "5", "6", "7", "8", "9")), "1 2", 5},
	{sceneStep, key.NewBinding(key.WithKeys(".", "up", "k", "down", "j")), "↑↓ .", 2},
	{sceneUndo, key.NewBinding(key.WithKeys("u", "left", "h", "backspace")), "u", 4},
	{sceneRedo, key.NewBinding(key.WithKeys("right", "l", "end", "G")), "→", 2},
	{sceneAgain, key.NewBinding(key.WithKeys("r", "home")), "r", 4},
}

func (s *stepScene) offered() []tourKey { return stepSceneKeys }

func (s *stepScene) key(msg tea.KeyMsg) tea.Cmd {
	if !s.settled() {
		s.typed = append(s.typed, msg.String())
		return nil
	}
	return s.choose(msg.String())
}

// choose has the command come next that a key stands for, or one less.
func (s *stepScene) choose(key string) tea.Cmd {
	s.stale, s.refused = true, ""
	if key == "." && s.follows && s.at < len(s.moves) {
		key = "right"
	}
	s.follows = slices.Contains([]string{"r", "home", "u", "left", "h", "backspace", "right", "l", "end", "G"}, key)
	switch key {
	case "r", "home":
		s.at = 0
	case "u", "left", "h", "backspace":
		s.at = max(s.at-1, 0)
	case "right", "l":
		s.at = min(s.at+1, len(s.moves))
	case "end", "G":
		s.at = len(s.moves)
	case "up", "k":
		s.cursor = max(s.cursor-1, 1)
		return nil
	case "down", "j":
		s.cursor = min(s.cursor+1, s.arena.Clients)
		return nil
	default:
		client, err := strconv.Atoi(key)
		if key == "." {
			client, err = s.cursor, nil
		}
		if err != nil || client < 1 || client > s.arena.Clients {
			return nil
		}
		s.cursor = client
		if p := s.played.Players[client-1]; !p.Sends {
			s.refused = s.words.cannot(p)
			return nil
		}
		s.moves = append(slices.Clip(s.moves[:s.at]), sim.Move{Kind: sim.Send, Client: client})
		s.at++
	}
	return s.play()
}

// follow selects the client of the next move that was undone or, where there is none, one that can go.
func (s *stepScene) follow() {
	switch players := s.played.Players; {
	case s.follows && s.at < len(s.moves):
		s.cursor = s.moves[s.at].Client
	case !s.played.Over && !players[s.cursor-1].Sends:
		for i := range players {
			if c := (s.cursor+i)%len(players) + 1; players[c-1].Sends {
				s.cursor = c
				return
			}
		}
	}
}

// settled tells whether all moves have been played.
func (s *stepScene) settled() bool { return s.played != nil && !s.playing }

func (s *stepScene) resize(w, h int) { s.stale = true }
func (s *stepScene) begin(tour.Act)  { s.refused = "" }
func (s *stepScene) halted() bool    { return false }
func (s *stepScene) missed() bool    { return false }
func (s *stepScene) still() bool     { return s.settled() }
func (s *stepScene) ready() bool     { return s.settled() }
func (s *stepScene) failure() error  { return s.err }
func (s *stepScene) close() error    { return nil }

// wants its keys also where the tour has them as well.
func (s *stepScene) wants(name string) bool {
	return slices.ContainsFunc(stepSceneKeys, func(k tourKey) bool { return slices.Contains(k.Keys(), name) })
}

func (s *stepScene) changed() bool {
	stale := s.stale
	s.stale = false
	return stale
}

func (s *stepScene) value(quantity string) (tour.Value, bool) {
	if s.played == nil {
		return tour.Value{}, false
	}
	truth := func(is bool) (tour.Value, bool) {
		if is {
			return tour.Count(1), true
		}
		return tour.Count(0), true
	}
	switch o := s.played.Outcome; quantity {
	case "moves":
		return tour.Count(len(s.played.Schedule.Moves)), true
	case "acked":
		return tour.Count(o.Acked), true
	case "kept":
		return tour.Count(o.Kept), true
	case "lost":
		return tour.Count(o.Lost), true
	case "overlap":
		return truth(o.Overlap)
	case "over":
		return truth(s.played.Over)
	}
	return tour.Value{}, false
}

func (s *stepScene) draw(a chart.Area) {
	in := a.Box(s.words.youDecide, inkFrame, inkTitle, s.ascii)
	in = in.Sub(1, 0, in.W()-2, in.H())
	if s.played == nil {
		return
	}
	y := 0
	for _, p := range s.played.Players {
		next, ink := p.Next, inkPlain
		if next == "" || p.Over {
			next, ink = s.words.done, inkDim
		}
		cursor := " "
		if p.Number == s.cursor {
			cursor = "›"
		}
		x := put(in, 0, y, piece{cursor, inkCursor}, piece{strconv.Itoa(p.Number) + " ", inkKey}, piece{" c" + strconv.Itoa(p.Number) + "  ", inkTitle}, piece{next, ink})
		if read := p.Read; read != "" && !p.Over {
			put(in, max(x+3, 34), y, piece{s.words.hasRead + " " + read, inkDim})
		}
		y++
	}
	value := s.words.nothing
	if redis := s.played.Snapshot.Redis; redis.Count > 0 {
		value = redis.String()
	}
	put(in, 0, y, piece{s.words.inRedis + " ", inkDim}, piece{value, inkTitle})
	y++
	switch o := s.played.Outcome; {
	case s.refused != "":
		in.Text(0, y, s.refused, inkNotice)
	case s.played.Over && o.Lost > 0:
		in.Text(0, y, s.words.overLost(o), inkLost)
	case s.played.Over:
		in.Text(0, y, s.words.overKept(o), inkKept)
	}
	drawDiagram(in.Sub(0, y+1, in.W(), in.H()-y-1), s.played, s.marks)
}
