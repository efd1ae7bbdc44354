package report

import (
	"fmt"
	"io"
	"strings"

	"locktop/sim"
)

// Strategies lists what a lane can be, and what each strategy teaches.
func Strategies(w io.Writer) error {
	var b strings.Builder
	for _, s := range sim.Strategies() {
		fmt.Fprintf(&b, "%-15s %s\n", s.Name, s.Title)
		for _, line := range wrap(s.Explain, 62) {
			fmt.Fprintf(&b, "%-15s   %s\n", "", line)
		}
	}
	b.WriteString(laneHelp)
	_, err := io.WriteString(w, b.String())
	return err
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

// wrap breaks a paragraph into lines of a width.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
