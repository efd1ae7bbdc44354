// Package tour reads the lessons of the guided tour and keeps account of which of them have been taken. It draws nothing:
// the screen is package tui, which plays what is read here.
//
// # The format of a lesson
//
// A lesson is a text file, so that a teacher adds one without a line of Go. Its name is a number, which gives the order, and
// a word by which it is known: 03-live.md is "live". A directory has one folder for each language:
//
//	en/01-predict.md
//	zh/01-predict.md
//
// A file begins with settings in TOML, between two lines of +++, and goes on with prose. The prose is in sections, which a
// line of --- parts: one for each act, to be read while it is played, and a last one, which says what it all means.
// Paragraphs are parted by empty lines, **words** are stressed, and `words` are keys or commands.
//
//	+++
//	title = "Predict"
//
//	[[act]]
//	scene = "grid"
//	lanes = ["none"]
//	clients = 2
//	answer = "losing"
//	keys = ["4", "enter"]
//	expect = ["schedules == 6", "losing == 4"]
//	+++
//
//	Two clients read, think and write. In how many of the six orders is an update lost?
//
//	---
//
//	In four of the six.
//
// A file of another language than English may leave the acts out: it then has those of the English file of the same name.
//
// # Acts
//
// An act is a scene and what is to come of it. The keys are:
//
//   - scene: race, which is the live race; step, in which the learner decides whose command comes next; explore, which counts
//     the outcomes of all orders of the commands; grid, which is the same with every order to be seen. Without it, the scene of
//     the act before goes on.
//   - lanes: the strategies, as in --lanes; all scenes but race have one.
//   - clients, expiries, crashes: how many there are, and how often a lease runs out and a client crashes in explore and grid.
//   - preset, alerts, seed, work, retry, lease, patience, speed, faults, changes: of a race, as the flags of these names are. A
//     race without a number of alerts does not end.
//   - stops: of a race, when it halts by itself, in experiment time from its start, as in ["500ms", "2s"]; space has it go on. A
//     race is deterministic, so it stands at a stop, and does whatever is changed there, as it does for every other learner. An act
//     with stops is done at the last of them at the earliest. One of the same race has later ones.
//   - answer: the quantity that the learner is to guess before the scene begins.
//   - keys: what the learner is to press: characters, and the keys in [KeyNames]. The tour presses them itself when it is played
//     without a screen.
//   - expect: what has happened when the act is done, all of it: a quantity, one of == != < <= > >=, and a number or a word.
//
// What can be expected of a scene is in [Quantities]. Of a race, the counts are of the focused lane, and since the act began; in an
// act without stops, since it began, the strategy was last changed or a client crashed, whichever was last.
package tour
