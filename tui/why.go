package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// loss is one lost update with what belongs to its explanation.
type loss struct {
	sim.Loss
	lane   int
	erased []sim.Update  // by the same write, this one included; empty when that is not known
	locks  bool          // the clients took a lock
	under  string        // the strategy that the victim followed, where the lane has had several
	by     string        // that which the killer followed, where it is another
	latest bool          // no other was lost later
	fault  sim.FaultKind // that made Redis forget it; empty when that is not known
	reset  int           // whose lock was reset between the reads and the writes; 0 is nobody's
}

// explained returns the loss that the frame explains: the one it holds on to, or the last.
func (f *Frame) explained() (loss, bool) {
	if f.why != nil && !f.Back {
		return *f.why, true
	}
	return lastLoss(f)
}

// lastLoss returns the loss to explain, of the focused lane or else of another: the last one when it is looked back at, else the
// last plain one.
func lastLoss(f *Frame) (loss, bool) {
	for i := range f.Config.Lanes {
		lane := (f.Focus + i) % len(f.Config.Lanes)
		s := f.snapshot(lane)
		if s == nil || len(s.Losses) == 0 {
			continue
		}
		at := len(s.Losses) - 1
		if f.atLoss == 0 || f.edge() != f.atLoss {
			at = plainLoss(s)
		}
		l := lossAt(s.Losses, at, s, lane)
		l.latest = s.Losses[len(s.Losses)-1].Killer == l.Killer
		switch {
		case l.Forgotten:
			l.Victim = l.erased[len(l.erased)-1]
		case l.Killer.Client != 0:
			l.Victim = l.example()
		}
		return l, true
	}
	return loss{}, false
}

// plainLoss is the place of the last loss in which both had read the same value, of the part that the lane is in if that has
// lost anything; without one it is the last loss.
func plainLoss(s *sim.Snapshot) int {
	last := len(s.Losses) - 1
	present := func(l *sim.Loss) bool {
		return s.Part().Lost == 0 || len(s.Parts) < 2 || l.Victim.Part == len(s.Parts)-1
	}
	for !present(&s.Losses[last]) && last > 0 {
		last--
	}
	for i := last; i >= 0; i-- {
		if l := &s.Losses[i]; present(l) && readTheSame(&l.Killer, &l.Victim) {
			return i
		}
	}
	return last
}

// readTheSame tells whether two clients had read the same value, and the killer before the victim wrote.
func readTheSame(killer, victim *sim.Update) bool {
	return killer.Client != 0 && victim.Base == killer.Base && victim.Client != killer.Client && killer.ReadAt < victim.SentAt
}

// example returns which of the updates that one write erased makes the case plainest: one that was based on the same read,
// or else the one that the write found in Redis, which the writer cannot have read.
func (l *loss) example() sim.Update {
	for _, u := range l.erased {
		if readTheSame(&l.Killer, &u) {
			return u
		}
	}
	return l.erased[0]
}

// writtenAt returns when a write was done, as its client saw it.
func writtenAt(u *sim.Update) time.Duration {
	if u.AckedAt > 0 {
		return u.AckedAt
	}
	return u.SentAt
}

// drawWhy explains the last lost update: as a picture in a box where there is room, else in one line.
func drawWhy(a chart.Area, f *Frame, p *plan) {
	if a.H() == 0 {
		return
	}
	l, ok := f.explained()
	hung := f.hungLane()
	if hung == f.Focus || !ok && hung >= 0 {
		drawHung(a, f, p, hung)
		return
	}
	if !p.full {
		switch {
		case ok:
			drawWhyLine(a, &l, f)
		case f.Preset != nil && !f.Back:
			drawLook(a, f.Preset)
		default:
			put(a, 0, 0, piece{f.say("WHY") + " ", inkTitle}, piece{f.say(nothingLost(f)), inkDim})
		}
		return
	}
	title := "NO LOSS TO EXPLAIN"
	switch {
	case ok:
		title = "WHY THE LAST UPDATE WAS LOST"
		if f.Back || f.why != nil || !l.latest { // it stands for a while, as others are lost
			title = "WHY THIS UPDATE WAS LOST"
		}
		title += fmt.Sprintf("   %s lost in %s", ordinal(l.Number), l.strategy(f))
		if l.by != "" {
			title += ", to a write of " + l.by
		}
	case f.Preset != nil:
		title = fmt.Sprintf("PRESET %s   %s", strings.ToUpper(f.Preset.Name), f.Preset.Title)
	}
	in := a.Box(title, inkFrame, inkTitle, f.ASCII)
	in = in.Sub(1, 0, in.W()-2, in.H())
	switch {
	case ok:
		drawLoss(in, &l)
		drawRemedy(in.Sub(0, lossRows, in.W(), in.H()-lossRows), f.Preset)
		return
	case f.Preset != nil && !f.Back:
		for y, line := range presetLines(f.Preset, in.W()) {
			put(in, 0, y, line...)
		}
		return
	}
	in.Text(0, 0, f.say(nothingLost(f)), inkPlain)
	y := 1
	for _, text := range explanations(f) {
		for _, line := range wrap(text, in.W()) {
			in.Text(0, y, line, inkDim)
			y++
		}
	}
}

func ordinal(n int64) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n) + suffix
}

// deed is a read or a write of one of the two clients.
type deed struct {
	row    int // 0 is the killer's, 1 the victim's
	write  bool
	client int
	count  int64
	at     time.Duration
	text   string
	x      int
}

// deeds returns what the killer and the victim did, in the order of it. The times are those of the replies, which may cross
// on their way; that the killer wrote after the victim is certain.
func (l *loss) deeds() []deed {
	of := func(row int, u *sim.Update) []deed {
		return []deed{
			{row: row, client: u.Client, count: u.Base.Count, at: u.ReadAt, text: fmt.Sprintf("R n=%d", u.Base.Count)},
			{row: row, write: true, client: u.Client, count: u.Value.Count, at: writtenAt(u), text: fmt.Sprintf("W n=%d", u.Value.Count)},
		}
	}
	all := of(1, &l.Victim)
	if l.Killer.Client != 0 {
		all = append(all, of(0, &l.Killer)...)
		all[3].at = max(all[3].at, all[1].at)
	}
	slices.SortStableFunc(all, func(a, b deed) int {
		switch {
		case a.at != b.at:
			return int(max(min(a.at-b.at, 1), -1))
		case a.write != b.write && a.row == b.row:
			if b.write {
				return -1
			}
			return 1
		}
		return b.row - a.row
	})
	return all
}

// drawWhyLine tells a loss in one line.
func drawWhyLine(a chart.Area, l *loss, f *Frame) {
	if l.Forgotten {
		drawForgottenLine(a, l, f)
		return
	}
	why := piece{f.say("WHY") + " ", inkTitle}
	place := ordinal(l.Number) + " in " + l.strategy(f)
	if l.by != "" {
		place += ", by " + l.by
	}
	for _, text := range l.lines() {
		for _, tail := range []string{" (" + place + ")", " (" + ordinal(l.Number) + ")", ""} {
			whole := []piece{why, {f.say(text), inkLost}, {f.say(tail), inkDim}}
			if width(whole) <= a.W() {
				put(a, 0, 0, whole...)
				return
			}
		}
	}
	lines := l.lines()
	put(a, 0, 0, piece{f.say(lines[len(lines)-1]), inkLost})
}

// strategy is the one under which the update was lost, by the name of its lane where that has had no other.
func (l *loss) strategy(f *Frame) string {
	if l.under != "" {
		return l.under
	}
	return f.laneName(l.lane)
}

// lines tell a loss in one line, the longest first.
func (l *loss) lines() []string {
	k, v, read, wrote := clientName(l.Killer.Client), clientName(l.Victim.Client), l.Killer.Base.Count, l.Victim.Value.Count
	vanished := v + "'s update vanished"
	if n := len(l.erased); n > 1 {
		vanished = fmt.Sprintf("%s's update and %d more vanished", v, n-1)
	}
	last := fmt.Sprintf("%s erased %s's", k, v)
	switch {
	case l.Killer.Client == 0:
		return []string{fmt.Sprintf("%s's update, n=%d, vanished: unknown eraser", v, wrote), v + "'s: unknown eraser"}
	case l.Killer.ReadAt >= l.Victim.SentAt:
		return []string{
			fmt.Sprintf("%s had read another n=%d and wrote over %s's n=%d: %s", k, read, v, wrote, vanished),
			fmt.Sprintf("%s wrote over %s's n=%d: %s", k, v, wrote, vanished), vanished, last,
		}
	case readTheSame(&l.Killer, &l.Victim):
		return []string{
			fmt.Sprintf("%s and %s both read n=%d; %s wrote last: %s", k, v, read, k, vanished),
			fmt.Sprintf("%s and %s both read n=%d: %s", k, v, read, vanished), vanished, last,
		}
	}
	return []string{
		fmt.Sprintf("%s had read n=%d before %s wrote n=%d, and wrote later: %s", k, read, v, wrote, vanished),
		fmt.Sprintf("%s wrote over %s's n=%d: %s", k, v, wrote, vanished), vanished, last,
	}
}

// lossRows is how many rows the picture of a loss takes.
const lossRows = 4

// drawLoss draws killer and victim on one time axis, the count in Redis below them, and a sentence.
func drawLoss(a chart.Area, l *loss) {
	if l.Forgotten {
		drawForgotten(a, l)
		return
	}
	killer, victim := &l.Killer, &l.Victim
	names := max(len(clientName(killer.Client)), len(clientName(victim.Client)), 1) + 1
	deeds := l.deeds()
	axis := a.Sub(names, 0, min(max(a.W()*11/20, 44), a.W()-names), 3)
	place(deeds, axis.W())
	words := names + axis.W() + 1

	first := 0
	if killer.Client == 0 {
		first = 1
	}
	for row := first; row < 2; row++ {
		client := killer.Client
		if row == 1 {
			client = victim.Client
		}
		a.Text(0, row, clientName(client), inkTitle)
	}
	if killer.Client == 0 {
		a.Text(0, 0, "?", inkTitle)
		a.Text(names, 0, "unknown eraser: "+unknownBecause, inkDim)
	}
	end := axis.W() // where the sample vanished
	var from [2]int
	for _, d := range deeds {
		if d.row == 0 && d.write {
			end = d.x
		}
	}
	for _, d := range deeds {
		for x := from[d.row]; x < d.x; x++ {
			axis.Set(x, d.row, '─', inkFrame)
		}
		ink := inkRead
		if d.write {
			ink = inkWrite
			if d.row == 0 {
				ink = inkLost
			}
		}
		from[d.row] = axis.Text(d.x, d.row, d.text, ink)
	}
	if killer.Client != 0 {
		// The victim's sample is in the average until the killer writes.
		for x := from[1]; x < end; x++ {
			axis.Set(x, 1, '┄', inkKept)
		}
		axis.Set(max(end, from[1]+1), 1, '✗', inkLost)
		axis.Text(from[0], 0, " ✗", inkLost)
	}
	if n := len(l.erased); n > 1 {
		put(a, words, 0, piece{fmt.Sprintf("erases %d updates at once", n), inkLost}, piece{" (" + l.victims() + ")", inkLost})
	} else if killer.Client != 0 {
		a.Text(words, 0, fmt.Sprintf("erases %s's", clientName(victim.Client)), inkLost)
	}
	a.Text(words, 1, fmt.Sprintf("%s's sample (%s) vanished", clientName(victim.Client), sample(victim.Latency)), inkLost)
	l.drawCount(a, axis, deeds, words)
	what, more := l.sentences()
	x := a.Text(0, 3, what, inkPlain)
	if x+1+chart.TextWidth(more) <= a.W() {
		a.Text(x+1, 3, more, inkDim)
	}
}

// drawCount draws the count in Redis over time, below the deeds.
func (l *loss) drawCount(a, axis chart.Area, deeds []deed, words int) {
	if l.Killer.Client == 0 {
		return
	}
	a.Text(0, 2, "n", inkDim)
	const number = 4 // where a deed's text has its number
	before := l.Victim.Value.Count
	if len(l.erased) > 0 {
		before = l.erased[0].Value.Count // the last of the writes that the killer undid
	}
	for i, d := range deeds {
		switch {
		case i == 0 || d.write:
			axis.Text(d.x+number, 2, fmt.Sprint(d.count), inkTitle)
		}
		if d.write && d.row == 0 && before != l.Victim.Value.Count {
			text := fmt.Sprintf("%d → ", before)
			axis.Text(d.x+number-chart.TextWidth(text), 2, text, inkTitle)
		}
	}
	writes := max(len(l.erased), 1) + 1
	a.Text(words, 2, fmt.Sprintf("%s writes, one counted", small(writes)), inkDim)
}

// unknownBecause says why nobody can tell who erased an update.
const unknownBecause = "no reply tells which write it was"

// sentences says in plain words what happened, and then what else there is to say, if there is room.
func (l *loss) sentences() (what, more string) {
	k, v := clientName(l.Killer.Client), clientName(l.Victim.Client)
	others := ""
	switch n := len(l.erased) - 1; {
	case n == 1:
		others = "One more update went with it."
	case n > 1:
		others = fmt.Sprintf("%d more updates went with it.", n)
	}
	if l.by != "" {
		others = fmt.Sprintf("%s worked under %s, %s under %s.", k, l.by, v, l.under)
	}
	switch {
	case l.Killer.Client == 0:
		return fmt.Sprintf("%s was told OK for n=%d, but the value in Redis no longer descends from that write.", v, l.Victim.Value.Count), ""
	case l.Killer.ReadAt >= l.Victim.SentAt:
		return fmt.Sprintf("The n=%d that %s had read was another one, without %s's sample, and so is the n=%d it wrote.",
			l.Killer.Base.Count, k, v, l.Killer.Value.Count), others
	case readTheSame(&l.Killer, &l.Victim):
		switch {
		case others == "" && l.reset != 0:
			others = fmt.Sprintf("A reset had taken the lock from %s.", clientName(l.reset))
		case others == "" && l.locks:
			others = "Both had been granted the lock."
		case others == "":
			others = fmt.Sprintf("With a lock, %s would read n=%d and write n=%d.", k, l.Victim.Value.Count, l.Victim.Value.Count+1)
		}
		return fmt.Sprintf("%s and %s both read n=%d; %s wrote last, without %s's sample.", k, v, l.Victim.Base.Count, k, v), others
	}
	return fmt.Sprintf("%s had read n=%d before %s wrote n=%d, so what it wrote does not hold %s's sample.",
		k, l.Killer.Base.Count, v, l.Victim.Value.Count, v), others
}

// victims names the clients whose updates one write erased.
func (l *loss) victims() string {
	var names []string
	for _, u := range l.erased {
		if name := clientName(u.Client); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	const most = 6
	if n := len(names) - most; n > 0 {
		names = append(names[:most], fmt.Sprintf("+%d", n))
	}
	return strings.Join(names, " ")
}

// place gives deeds in their order an x within a width: as near to scale as texts that must not touch allow.
func place(deeds []deed, room int) {
	from, to := deeds[0].at, deeds[len(deeds)-1].at
	last := len(deeds) - 1
	length := max(room-len(deeds[last].text)-3, 1) // with room for the sign behind it
	for i := range deeds {
		d := &deeds[i]
		d.x = 1
		if to > from {
			d.x += int(int64(length-2) * int64(d.at-from) / int64(to-from))
		}
	}
	const apart, sameRow = 1, 2 // the least from one deed to the next, and between texts of a row
	// The counts of two writes stand in one row, perhaps with another one between them.
	betweenWrites := 2*len(fmt.Sprint(deeds[last].count)) + len("  → ")
	gap := func(a, b *deed) int {
		switch {
		case a.row == b.row:
			return len(a.text) + sameRow
		case a.write && b.write:
			return betweenWrites
		}
		if a.at == b.at {
			return 0
		}
		return apart
	}
	for i := range deeds {
		for j := range i {
			deeds[i].x = max(deeds[i].x, deeds[j].x+gap(&deeds[j], &deeds[i]))
		}
	}
	deeds[last].x = min(deeds[last].x, max(length, 0))
	for i := last - 1; i >= 0; i-- {
		for j := i + 1; j <= last; j++ {
			deeds[i].x = min(deeds[i].x, deeds[j].x-gap(&deeds[i], &deeds[j]))
		}
	}
}

// sample writes a latency in milliseconds with a decimal.
func sample(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// small writes the numbers that read better as words.
func small(n int) string {
	words := [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}
