package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"locktop/sim"
	"locktop/sim/cli"
)

// Strategies lists what a lane can be, and what each strategy teaches.
func Strategies(w io.Writer) error {
	var b strings.Builder
	for _, s := range sim.Strategies() {
		b.WriteString(strategyText(s, listWidth))
	}
	b.WriteString(laneHelp)
	_, err := io.WriteString(w, b.String())
	return err
}

// listWidth is how wide a list is.
const listWidth = 80

// strategyText is all there is to say of a strategy.
func strategyText(s sim.Strategy, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-15s %s\n", s.Name, s.Title)
	for _, line := range cli.Wrap(s.Explain, width-18) {
		fmt.Fprintf(&b, "%-15s   %s\n", "", line)
	}
	return b.String()
}

// Explain returns what there is to say of the strategy, preset, fault, point or setting with a name, in lines of at most width
// cells; nothing if there is none. Where several have the name, all are explained.
func Explain(name string, width int) string {
	var texts []string
	say := func(what, title, use string, paragraphs ...string) {
		var b strings.Builder
		for _, p := range append([]string{name + ", " + what + ": " + title + "."}, paragraphs...) {
			for _, line := range cli.Wrap(p, width) {
				b.WriteString(line + "\n")
			}
		}
		texts = append(texts, b.String()+"\n  "+use+"\n")
	}
	if s, ok := sim.StrategyNamed(name); ok {
		say("a strategy", s.Title, "locktop --lanes none,"+name, s.Explain)
	}
	if p, ok := sim.PresetNamed(name); ok {
		say("a preset", fmt.Sprintf("%s (%s beside %s)", p.Title, p.Config.Lanes[0], p.Config.Lanes[1]), "locktop --preset "+name,
			p.Happens, "Look at: "+p.Look, "Remedy: "+p.Remedy)
	}
	if k := sim.FaultKind(name); slices.Contains(sim.FaultKinds(), k) {
		say("a fault", k.Explain(), "locktop --lanes spin,block --fault "+name+":after=2s")
	}
	if p := sim.Point(name); slices.Contains(sim.Points(), p) {
		say("a point at which a fault can strike", p.Explain(), "locktop --lanes spin,block --fault pause:at="+name)
	}
	if s := sim.Setting(name); slices.Contains(sim.Settings(), s) {
		say("a setting that --change changes", s.Explain(), "locktop --change "+name+"=…:after=5s")
	}
	for _, s := range specSettings() {
		if s.name == name {
			say("a setting of "+s.flag, s.means, "locktop "+s.list)
		}
	}
	return strings.Join(texts, "\n")
}

// A specSetting is what may stand behind a colon of a fault or a change.
type specSetting struct{ name, flag, list, means string }

// specSettings are those that the lists of faults and changes explain.
func specSettings() (all []specSetting) {
	for _, of := range []struct{ flag, list, help string }{{"--fault", "faults", faultHelp}, {"--change", "changes", changeHelp}} {
		for line := range strings.Lines(of.help) {
			if name, rest, ok := strings.Cut(line, "="); ok && !strings.Contains(name, " ") {
				value, means, _ := strings.Cut(rest, " ")
				all = append(all, specSetting{name, of.flag, of.list, "as in " + name + "=" + value + ", " + strings.TrimSpace(means)})
			}
		}
	}
	return all
}

// Topics are the names that [Explain] knows.
func Topics() []string {
	all := append(sim.StrategyNames(), sim.PresetNames()...)
	for _, k := range sim.FaultKinds() {
		all = append(all, string(k))
	}
	for _, p := range sim.Points() {
		all = append(all, string(p))
	}
	for _, s := range sim.Settings() {
		all = append(all, string(s))
	}
	for _, s := range specSettings() {
		all = append(all, s.name)
	}
	return all
}

const laneHelp = `
A lane may have settings of its own, behind colons, as in block:lease=2s:work=5ms:
lease, work and retry as the flags of that name; nodes=3, how many servers redlock
takes; away=3s, how long a server that restarts stays away; replica=synced, which
has a failover lose nothing.
`

// Presets lists the failures to watch.
func Presets(w io.Writer) error {
	var b strings.Builder
	for _, p := range sim.Presets() {
		fmt.Fprintf(&b, "%-17s%s (%s beside %s)\n", p.Name, p.Title, p.Config.Lanes[0], p.Config.Lanes[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const faultHelp = `A fault is something that is done to a client or to Redis on purpose. It is written
as a kind with settings behind colons, in any order:

  --fault pause:client=1:at=write:nth=2:for=900ms

lane=1        only in that lane
client=1      to that client; of the others, when that client comes to the point
at=write      when a client comes to this point of its update
nth=2         when it does so for the second time
after=50ms    so long after that or, without a point, from the start of the run
for=900ms     for how long, or by how much, in experiment time
node=2        cut, restart: only that one of the lane's servers
`

const changeHelp = `A setting may change in the middle of a run. A change is written as the setting with
its value, and when and where behind colons, in any order:

  --change strategy=block:lane=1:after=5s --change clients=12:alert=20

lane=1        only in that lane; clients and think time are the same in all
after=5s      so long after the start of the run, in experiment time
alert=20      before that alert is sent: at the same alert in every lane

`

// Changes lists what can be changed in the middle of a run.
func Changes(w io.Writer) error {
	var b strings.Builder
	b.WriteString(changeHelp)
	for _, s := range sim.Settings() {
		fmt.Fprintf(&b, "%-13s %s\n", s, s.Explain())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Faults lists what can be done on purpose, and when.
func Faults(w io.Writer) error {
	var b strings.Builder
	b.WriteString(faultHelp + "\n")
	for _, k := range sim.FaultKinds() {
		fmt.Fprintf(&b, "%-13s %s\n", k, k.Explain())
	}
	b.WriteByte('\n')
	for _, p := range sim.Points() {
		fmt.Fprintf(&b, "at=%-10s %s\n", p, p.Explain())
	}
	_, err := io.WriteString(w, b.String())
	return err
}
