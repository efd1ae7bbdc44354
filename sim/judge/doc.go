// Package judge asks a second judge about a run: Porcupine, a checker of
// linearizability that knows nothing of the ledger. It makes a history of each lane
// from the lane's events, has Porcupine look for one order of its updates that
// explains all that the clients were told, and has it draw what it found. It counts
// nothing and changes no verdict.
//
// # The model
//
// An update is one operation, record(latency): a read-modify-write of the average
// whose output is what it read and what it wrote, (base, wrote). It may happen where
// the average is base, and leaves it wrote. It begins before its client sends the
// command that reads, and ends with the reply of the write. The last operation of a
// lane is its own reading of the final value. Failed tries, refused writes and reads
// that no write followed are no updates.
//
// An update whose reply never came is an open operation: it ends never, so that any
// moment from its beginning on will do. If anybody was told of its value (read it,
// overwrote it, or found it where Redis went back to) it has happened, and must have
// its place before the end. Otherwise it may as well come after everything, where it
// harms nobody. One that Redis was to compute by itself has no base: it adds its
// latency to whatever is there, or comes after the end.
//
// # What the judges agree on
//
// Take a whole history, of which the final value is known, where nobody else wrote
// to the key and no two updates wrote the same string. Then
//
//	the history is linearizable ⟺ the ledger counts no lost update.
//
// The ledger's versions are a tree, in which an update's parent is the version that
// it read; acked are the updates whose clients were told so and those of unknown fate
// that turned up, and lost are those of them that are no ancestors of the final value.
// If none is lost, all are on the one path from the root to the final value, and the
// path is an order in which each finds its base. It respects real time, for a value
// cannot be read before it is sent. If conversely there is an order, each update in it
// has the one before as its base: they are a path, which ends at the final value, and
// none is lost. It follows that
//
//   - clobbers are another matter. A stale writer that brings back a branch kills
//     another one, so that history is not linearizable, whatever the numbers are; but
//     an update of unknown fate that overwrote somebody's and was overwritten before
//     anybody saw it is a clobber that no model of (base, wrote) can see, and so is
//     the write that undoes what Redis had forgotten. Without either, a history is
//     linearizable if and only if no write was a clobber.
//   - an update of unknown fate that never turned up is neither lost nor illegal.
//   - acknowledged updates that Redis forgets make a history illegal, as they should:
//     the judge does not ask who did it.
//
// A stranger who writes to the key may change either verdict alone. Of a history
// that was cut short, its first part can be linearizable though the whole is not.
package judge
