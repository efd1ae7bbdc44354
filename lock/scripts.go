package lock

import (
	"context"
	_ "embed" // for the scripts

	"github.com/redis/go-redis/v9"
)

// Each script's header names its keys, arguments and reply.
var (
	//go:embed release.lua
	releaseSource string
	//go:embed extend.lua
	extendSource string
	//go:embed ttl.lua
	ttlSource string
	//go:embed read.lua
	readSource string
	//go:embed reset.lua
	resetSource string
	//go:embed signal.lua
	signalSource string
	//go:embed acquire.lua
	acquireSource string
	//go:embed raise.lua
	raiseSource string
	//go:embed guarded_set.lua
	guardedSetSource string
	//go:embed inspect.lua
	inspectSource string

	// The fair lock's have a common beginning.
	//go:embed grant.lua
	grantSource string
	//go:embed line.lua
	lineBody string
	//go:embed handover.lua
	handoverBody string
	//go:embed serve.lua
	serveBody string
	//go:embed claim.lua
	claimBody string

	releaseScript = redis.NewScript(releaseSource)
	extendScript  = redis.NewScript(extendSource)
	ttlScript     = redis.NewScript(ttlSource)
	readScript    = redis.NewScript(readSource)
	resetScript   = redis.NewScript(resetSource)
	signalScript  = redis.NewScript(signalSource)
	acquireScript = redis.NewScript(acquireSource)

	raiseScript      = redis.NewScript(raiseSource)
	guardedSetScript = redis.NewScript(guardedSetSource)

	inspectScript = redis.NewScript(inspectSource)

	lineScript     = redis.NewScript(grantSource + lineBody)
	handoverScript = redis.NewScript(grantSource + handoverBody)
	serveScript    = redis.NewScript(grantSource + serveBody)
	claimScript    = redis.NewScript(grantSource + claimBody)

	scripts = []*redis.Script{
		releaseScript, extendScript, ttlScript, readScript, resetScript, signalScript, acquireScript, raiseScript,
		guardedSetScript, inspectScript, lineScript, handoverScript, serveScript, claimScript,
	}
)

// The scripts that every acquisition runs, or that go-redis must not repeat.
var (
	acquireCall  = prepare(acquireScript, acquireSource)
	releaseCall  = prepare(releaseScript, releaseSource)
	lineCall     = prepare(lineScript, grantSource+lineBody)
	handoverCall = prepare(handoverScript, grantSource+handoverBody)
	claimCall    = prepare(claimScript, grantSource+claimBody)

	guardedSetCall = prepare(guardedSetScript, guardedSetSource)

	signalMillis any = millis(signalTTL)
)

// A call is a script that is run often: it makes less for the garbage collector
// than [redis.Script.Run], which it is otherwise.
type call struct{ digest, source any }

func prepare(s *redis.Script, source string) call { return call{s.Hash(), source} }

// A processor sends a command and waits for the reply: a client or one of its connections.
type processor interface {
	Process(ctx context.Context, cmd redis.Cmder) error
}

// run also tells whether go-redis has sent the script again.
func (c call) run(ctx context.Context, client processor, keys []any, args ...any) (cmd *redis.Cmd, again bool) {
	r := &repeated{Cmd: newCall(ctx, "evalsha", c.digest, keys, args)}
	if client.Process(ctx, r); redis.HasErrorPrefix(r.Err(), "NOSCRIPT") {
		r = &repeated{Cmd: newCall(ctx, "eval", c.source, keys, args)}
		client.Process(ctx, r)
	}
	return r.Cmd, r.again
}

// runOnce is run for what go-redis must not repeat by itself.
func (c call) runOnce(ctx context.Context, client redis.UniversalClient, keys []any, args ...any) *redis.Cmd {
	send := func(how string, script any) *redis.Cmd {
		cmd := newCall(ctx, how, script, keys, args)
		if err := client.Process(ctx, once{cmd}); err != nil {
			cmd.SetErr(err)
		}
		return cmd
	}
	cmd := send("evalsha", c.digest)
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		cmd = send("eval", c.source)
	}
	return cmd
}

func newCall(ctx context.Context, how string, script any, keys, args []any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, how, script, len(keys))
	all = append(all, keys...)
	return redis.NewCmd(ctx, append(all, args...)...)
}

// once is a command that go-redis must not repeat by itself. After a SET NX
// whose reply was lost, the repetition would meet the id of the first and take
// it for somebody else's.
type once struct{ redis.Cmder }

func (once) NoRetry() bool { return true }

// repeated is a command that go-redis may repeat by itself, and that knows whether
// it has: the reply is then to a command that met what the first may have done.
type repeated struct {
	*redis.Cmd
	again bool
}

// NoRetry is what go-redis asks before it repeats a command that has failed.
func (r *repeated) NoRetry() bool {
	r.again = true
	return false
}

// scriptNames are the files of the scripts, by digest.
var scriptNames = map[string]string{
	releaseScript.Hash(): "release.lua", extendScript.Hash(): "extend.lua", ttlScript.Hash(): "ttl.lua",
	resetScript.Hash(): "reset.lua", signalScript.Hash(): "signal.lua", acquireScript.Hash(): "acquire.lua",
	raiseScript.Hash(): "raise.lua", guardedSetScript.Hash(): "guarded_set.lua", inspectScript.Hash(): "inspect.lua",
	lineScript.Hash(): "line.lua", handoverScript.Hash(): "handover.lua", serveScript.Hash(): "serve.lua",
	claimScript.Hash(): "claim.lua", readScript.Hash(): "read.lua",
}

// ScriptName returns which of the package's scripts an EVALSHA runs, as the name of
// its file: release.lua for example. It is "" for any other digest. It is meant for
// those who look at what clients send, by MONITOR or by a hook.
func ScriptName(sha1 string) string { return scriptNames[sha1] }

// The release and extend scripts reply with one of these.
const (
	replyDone    = 0
	replyNotHeld = 1
	replyNoLease = 2
	replyQueue   = 3
	replyFree    = 5

	// replyGone is a replyNotHeld to a script that was sent again, after one whose
	// reply was lost: it may have been that which released the lock.
	replyGone = 4

	replyLonger = 5
)

// The ttl script replies with milliseconds, or one of these.
const (
	ttlNotHeld = -2
	ttlNone    = -1
)

// Load puts the package's scripts into the server's script cache.
//
// It is never needed: a script the server does not know is sent whole, at the
// cost of one more command the first time. Call it where commands are counted.
// It blocks for as many round trips as there are scripts. If Redis does not answer it
// ends at the client's time-outs, not with ctx. On a cluster they go to every master.
func Load(ctx context.Context, client redis.Scripter) error {
	for _, script := range scripts {
		if err := script.Load(ctx, client).Err(); err != nil {
			return failure(ctx, "load", "scripts", err)
		}
	}
	return nil
}
