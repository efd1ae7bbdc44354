// Package eventlog keeps the events of an experiment in a file, from which the
// same folds give the same numbers again. It writes and reads, and [Fold] has the
// events folded; it counts nothing itself.
//
// A log is a file of JSON Lines. The first line is the header: the word that
// makes it a log, the version of the format, and the settings of the experiment
// ([Header]).
//
//	{"locktop":"event log","version":1,"experiment":{"lanes":["none","spin"],"clients":6,…,"speed":"1/4",…},"crc":"e4fae708"}
//
// Every further line but the last is one event of one lane:
//
//	{"lane":1,"at_ns":1501000,"kind":"acked","client":3,"commands":1,"value":"51.250000:1"}
//
// lane counts from 1. The other keys are the fields of [sim.Event], in their
// order, in lower case and with _ between words; a key that ends in _ns is a time
// in nanoseconds. Fields that are zero are left out: an event without client is
// the lane's own. Text that is not valid UTF-8, which a stranger may have written
// to Redis, is an object of one key: {"base64":"/w=="}.
//
// Events of one lane come in the order in which they happened, with times that
// never go back; how lanes take turns in the file means nothing. The last events of
// a lane tell what was found at its end, for the checks of the accounts: the value
// then (read, without a client), the receipts (audited), the faults that never
// struck (unstruck). The last line,
// which begins with "end", proves that nothing is missing:
//
//	{"end":true,"events":1234,"elapsed_ns":64130000000,"speed":"1/4"}
//
// elapsed_ns is real time and speed the one at the end; both may be left out. A
// log holds no date and no name of a machine, except in the address of a Redis
// that was given with one: two runs with the same events give the same bytes.
//
// Lines end with a key "crc": the CRC-32C (Castagnoli) of this and all lines before, each
// without its seal, its last brace and its line end, as eight hexadecimal digits. So
// whatever was changed, left out or put in since is found, on its line:
//
//	{"lane":1,"at_ns":1501000,"kind":"acked","client":3,"commands":1,"value":"51.250000:1","crc":"8f1e0a27"}
//
// A line without it is refused, so a log cannot be edited by hand unnoticed.
//
// An event of kind changed without client is a setting that changed in the middle of
// the run; from then on a lane may have more clients than the header says.
//
// A log may be compressed with gzip; [NewReader] knows by its first bytes.
//
// A reader refuses keys and kinds that it does not know, because without them the
// numbers would be others. What older programs can't misread may be added within a
// version; anything else takes a new one.
package eventlog
