package lock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// What a caller may want to tell apart. Errors returned by this package wrap
// these, so compare with [errors.Is].
var (
	// ErrHeld means that somebody else holds the lock.
	ErrHeld = errors.New("lock: held by another owner")

	// ErrAlreadyAcquired means that the id given to WithID holds the lock
	// already. Lock.Adopt returns its lease.
	ErrAlreadyAcquired = errors.New("lock: already acquired by this id")

	// ErrNotHeld means that the lease no longer holds the lock: it was released
	// or reset, or it expired and somebody else may hold the lock now.
	ErrNotHeld = errors.New("lock: not held")

	// ErrExpired is the ErrNotHeld of a lease that ran out.
	ErrExpired = fmt.Errorf("%w: the lease ran out", ErrNotHeld)

	// ErrReleased is the ErrNotHeld of a lease that was given back.
	ErrReleased = fmt.Errorf("%w: released", ErrNotHeld)

	// ErrStale means that a younger holder has raised the fence: the write was
	// refused.
	ErrStale = errors.New("lock: stale fencing token")

	// ErrNoLease means that there is no time to live to extend: the lock was
	// acquired without WithLease.
	ErrNoLease = errors.New("lock: has no lease to extend")

	// ErrInvalid means that an option or argument makes no sense.
	ErrInvalid = errors.New("lock: invalid argument")
)

// What Redis has against a command, where a caller may want to act on it. The
// errors that wrap these also wrap the server's own, a [redis.Error], except for
// ErrCluster from [New] and [NewQuorum], which ask no server, and for ErrNotReady
// where the way to the server is at fault: that wraps the client's error.
var (
	// ErrReadOnly means that the server is a replica: the client has the wrong
	// address, or the master has lost its role.
	ErrReadOnly = errors.New("lock: read-only replica")

	// ErrNotReady means that Redis cannot answer for the moment: the connection
	// broke or cannot be made, the server is loading its data, has lost its
	// master, its cluster is incomplete, or a script keeps it busy. It is worth
	// trying again.
	ErrNotReady = errors.New("lock: Redis is not ready")

	// ErrNoWrites means that the server refuses all writes until somebody sees
	// to it: it is out of memory, cannot save to disk, or lacks replicas.
	ErrNoWrites = errors.New("lock: Redis refuses writes")

	// ErrWrongType means that a key of the lock, see Lock.Keys, or of a guard is
	// taken by something else: another program uses the same name.
	ErrWrongType = errors.New("lock: a key is of another type")

	// ErrDenied means that the server wants a password, or another one, or that
	// its user may not do what a lock has to.
	ErrDenied = errors.New("lock: access denied")

	// ErrOldServer means that Redis, or a proxy before it, does not know a command
	// that the lock needs: it is too old, or the command was renamed.
	ErrOldServer = errors.New("lock: Redis is too old, or behind a proxy")

	// ErrCluster means that the client or the lock's name does not suit a Redis
	// Cluster: the client is no cluster client, or the name has no hash tag.
	ErrCluster = errors.New("lock: not set up for Redis Cluster")
)

// opError says what was being done to which key.
type opError struct {
	op, key string
	err     error
}

func (e *opError) Error() string {
	return "lock: " + e.op + " " + e.key + ": " + strings.TrimPrefix(e.err.Error(), "lock: ")
}

func (e *opError) Unwrap() error { return e.err }

// failure wraps err with the operation and the key. Where the caller's context
// has ended, that is the reason given, whatever the connection made of it; but
// an answer from Redis remains one.
func failure(ctx context.Context, op, key string, err error) error {
	answered := isReply(err) || errors.Is(err, ErrHeld) || errors.Is(err, ErrAlreadyAcquired)
	if end := ended(ctx); end != nil && !answered {
		err = end
	}
	return &opError{op: op, key: key, err: explain(err)}
}

// A refusal is an error reply, or the lack of a reply, in words that say what happened
// and what to do.
type refusal struct {
	kind  error // one of the sentinels
	what  string
	toDo  string
	reply error
}

func (e *refusal) Error() string { return e.what + " (" + e.reply.Error() + "): " + e.toDo }

func (e *refusal) Unwrap() []error { return []error{e.kind, e.reply} }

// accessRules is what the user of the locks must be allowed, for ACL SETUSER: by line the
// keys, what every lock runs, the signal, the line of a fair lock with its channel, and
// Load and ResetAll.
const accessRules = "~lock:* ~lock-* " +
	"+set +get +exists +pttl +evalsha +eval +del +lpush +pexpire +persist +incr +time " +
	"+blpop +llen " +
	"+zadd +zrem +zpopmin +zcard +zrange +hset +hget +hmget +hgetall +hdel " +
	"+publish +subscribe +pubsub +ping &lock-grant:* +client|id +client|unblock " +
	"+script|load +scan"

// allow is what to do about a right that is missing.
const allow = "with ACL SETUSER <user> " + accessRules

// refusals are told apart by the code with which the reply begins.
var refusals = []struct {
	code       string
	kind       error
	what, toDo string
}{
	{"READONLY", ErrReadOnly, "Redis at this address is a read-only replica",
		"connect to the master, or through Sentinel"},
	{"LOADING", ErrNotReady, "Redis has just started and is loading its data", "try again in a moment"},
	{"MASTERDOWN", ErrNotReady, "Redis at this address is a replica that has lost its master",
		"connect to the master, or through Sentinel, or wait until they are linked again"},
	{"CLUSTERDOWN", ErrNotReady, "the cluster is incomplete, or the lock's hash slot is served by nobody",
		"wait for a fail-over, or see CLUSTER INFO"},
	{"TRYAGAIN", ErrNotReady, "the lock's hash slot is on its way from one cluster node to another",
		"try again in a moment"},
	{"BUSY", ErrNotReady, "Redis is busy with a script that has been running for too long",
		"wait for its end, or end it with SCRIPT KILL"},
	{"NOSCRIPT", ErrNotReady, "Redis has lost the lock's script between two commands",
		"try again, and see that nobody keeps calling SCRIPT FLUSH"},
	{"ERR max number of clients", ErrNotReady, "Redis has no connection left for this client",
		"close idle clients, or raise maxclients"},
	{"OOM", ErrNoWrites, "Redis is out of memory and refuses writes",
		"raise maxmemory or make room; beware of eviction policies, which may evict locks"},
	{"MISCONF", ErrNoWrites, "Redis cannot save to disk and refuses writes",
		"look into its log and mend its disk"},
	{"NOREPLICAS", ErrNoWrites, "Redis has fewer replicas than min-replicas-to-write and refuses writes",
		"bring the replicas back, or lower the setting"},
	{"NOAUTH", ErrDenied, "Redis wants a password", "set Username and Password in the client's options"},
	{"WRONGPASS", ErrDenied, "Redis does not know this user and password",
		"check Username and Password in the client's options"},
	{"NOPERM", ErrDenied, "the Redis user may not do this",
		"let it run the lock's commands on the lock's keys and channels, " + allow},
	{"ERR The user executing the script", ErrDenied, "the Redis user may not do what the lock's script does",
		"let it run the commands in the lock's scripts on the lock's keys and channels, " + allow},
	{"ERR ACL failure in script:", ErrDenied, "the Redis user may not do what the lock's script does",
		"let it run the commands in the lock's scripts on the lock's keys and channels, " + allow},
	{"WRONGTYPE", ErrWrongType, "a key of this lock or guard holds something else",
		"remove it, or choose another name"},
	{"DENIED", ErrDenied, "Redis is in protected mode and accepts local clients only",
		"set a password, or bind it to an address that may be trusted"},
	{"MOVED", ErrCluster, "the lock lives on another node of a cluster, and this client does not follow",
		"connect with redis.NewClusterClient"},
	{"ASK", ErrCluster, "the lock is on its way to another node of a cluster, and this client does not follow",
		"connect with redis.NewClusterClient"},
	{"CROSSSLOT", ErrCluster, "the lock's keys would be on different nodes of the cluster",
		"give its name a hash tag, such as {reports}"},
	{"ERR timeout is not an integer", ErrOldServer, "Redis is older than 6.0 and cannot block for less than a second",
		"use Redis 6.0 or newer, or lock.WithPoll"},
	{"ERR Unknown Redis command called from", ErrOldServer, "Redis does not know a command in the lock's script",
		"use Redis 6.0 or newer, and give commands that were renamed their names again"},
}

// unknownCommand matches what Redis and proxies say of a command that they do not know.
var unknownCommand = regexp.MustCompile(`^ERR (?:unknown|unsupported) command\W*(\w*)`)

// unknownTo returns the refusal of a command with this name.
func unknownTo(command string, reply error) *refusal {
	r := &refusal{kind: ErrOldServer, what: "Redis, or a proxy before it, does not know the command", reply: reply,
		toDo: "use lock.WithPoll, which needs none that blocks or subscribes"}
	switch command = strings.ToLower(command); command {
	case "set", "get", "exists", "eval", "evalsha", "scan":
		r.toDo = "connect to Redis itself, for the lock cannot do without " + strings.ToUpper(command)
	}
	return r
}

// unreachable returns the refusal for an error of the way to Redis, or nil.
func unreachable(err error) *refusal {
	r := &refusal{kind: ErrNotReady, reply: err, toDo: "try again in a moment, and see that Redis runs at the client's address"}
	var dial *net.OpError
	switch {
	case err == context.Canceled, err == context.DeadlineExceeded, errors.Is(err, redis.ErrClosed):
		return nil
	case errors.Is(err, redis.ErrPoolTimeout):
		r.what, r.toDo = "no connection of the client has become free", "raise PoolSize: each waiter takes one, but with lock.WithFairness or lock.WithPoll"
	case errors.As(err, &dial) && dial.Op == "dial":
		r.what = "Redis cannot be reached"
	case isTimeout(err):
		r.what = "Redis has not answered within the client's ReadTimeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, new(net.Error)), errors.Is(err, net.ErrClosed):
		r.what = "the connection to Redis broke"
	default:
		return nil
	}
	return r
}

// explain returns a refusal for the error replies that say little by
// themselves and for a connection at fault, and any other error as it is.
func explain(err error) error {
	var reply redis.Error
	if known := new(refusal); errors.As(err, &known) {
		return err
	}
	if !errors.As(err, &reply) {
		if r := unreachable(err); r != nil {
			return r
		}
		return err
	}
	if m := unknownCommand.FindStringSubmatch(reply.Error()); m != nil {
		return unknownTo(m[1], err)
	}
	for _, r := range refusals {
		if hasCode(reply.Error(), r.code) {
			return &refusal{kind: r.kind, what: r.what, toDo: r.toDo, reply: err}
		}
	}
	return err
}

// hasCode reports whether an error reply has this code, in front or, where a
// script met it before Redis 7.0, behind the words on the script, perhaps without
// its ERR.
func hasCode(reply, code string) bool {
	if strings.HasPrefix(reply, "ERR Error running script") {
		const place = "@user_script:" // and then the number of a line
		last := max(strings.LastIndex(reply, place), 0)
		if _, inner, ok := strings.Cut(strings.TrimPrefix(reply[last:], place), ": "); ok {
			reply, code = strings.TrimPrefix(inner, "-"), strings.TrimPrefix(code, "ERR ")
		}
	}
	rest, ok := strings.CutPrefix(reply, code)
	return ok && (rest == "" || rest[0] == ' ')
}

// ended returns ctx.Err(), or what it is about to be: the context's timer may
// run a little later than its deadline, and a connection's a little sooner.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// checkTag returns ErrCluster if keys are scattered over several nodes and the name does
// not keep those of the lock together. Keys without a tag might be on the same by chance,
// which is of no use.
func checkTag(scattered bool, name string) error {
	if !scattered || tagged(name) {
		return nil
	}
	return fmt.Errorf("%w: the lock's keys would be on different nodes: give its name a hash tag, such as {%s}",
		ErrCluster, strings.Trim(name, "{}"))
}

// isReply reports whether err came from the server, as opposed to the way there.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}
