// Package torture does to a lock what may happen to it in a long life: several
// processes acquire it in every mode it has, and with the commands of
// python-redis-lock, while they are killed, its Redis is restarted, with its data
// and without, and connections are cut. A judge who knows nothing of locks looks
// whether two were ever inside at once.
//
// It is all tests. The long form is
//
//	go test ./lock/torture -run TestTorture -timeout 60m \
//		-torture.acquisitions 1000000 -torture.kills 200 -torture.restarts 50 -torture.cuts 50 -torture.stalls 50
package torture

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

var (
	acquisitions = flag.Int("torture.acquisitions", 4000, "how many acquisitions `n` at least")
	kills        = flag.Int("torture.kills", 6, "kill a worker `n` times")
	restarts     = flag.Int("torture.restarts", 3, "restart Redis `n` times, every third time without its data")
	cuts         = flag.Int("torture.cuts", 3, "cut all connections `n` times")
	stalls       = flag.Int("torture.stalls", 2, "have `n` holders stay for longer than their leases")
	workers      = flag.Int("torture.workers", 4, "`n` processes")
	locks        = flag.Int("torture.locks", 3, "`n` locks, for which each process contends in every mode")
	seed         = flag.Uint64("torture.seed", 0, "`n` from which the faults follow, though not what they meet; 0: any")
)

const (
	// lease is long compared to what a holder does and to the pauses of a busy
	// machine. python-redis-lock knows whole seconds only.
	lease = 2 * time.Second

	// patience is how long an acquisition may take, whatever happens meanwhile.
	patience = 2 * time.Minute

	// hang is how long anything may take before it is taken to hang.
	hang = 5 * time.Minute
)

func TestMain(m *testing.M) {
	redistest.Silence()
	if config, ok := os.LookupEnv(workerEnv); ok {
		if err := runWorker(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestTorture promises, for processes that use the same locks in every mode:
//
//   - Nobody is inside beside somebody whose lease lasts. Whoever is killed inside
//     counts as inside until then. A lease that runs out while its holder
//     stalls is no overlap: that is what fencing tokens are for.
//   - Tokens grow from one holder to the next, and no write of a holder is
//     accepted once one with a younger token has entered.
//   - Nobody loses a lock, and no fenced write is refused, before the lease is over.
//   - Nobody waits for ever, that is for two minutes, whoever else is killed, restarted or cut off.
//
// A Redis that restarts with its data changes nothing of this. One that restarts
// without grants again what it had granted: no overlap is counted between a
// grant of before and one of after. Tokens and waiting are promised all the same.
// That holders learn of such a loss is for [TestLoss].
func TestTorture(t *testing.T) {
	t.Parallel()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-torture.seed %d", *seed)
	tt := newTorture(t)
	began := time.Now()
	tt.run()
	tally := tt.wantInnocence()
	t.Logf("seed %d: %d acquisitions by %d processes in %v, %d overlaps or other accusations\n"+
		"%d kills, of these %d of a holder inside; %d restarts, of these %d without data; %d cuts, of %d connections\n%s",
		*seed, tally.count("grants"), *workers, time.Since(began).Round(time.Second/10), tt.accusations,
		tt.killed, tt.killedInside, tt.restarted, tt.emptied, tt.cut, tt.connections, tally)
}

// A torture is one run.
type torture struct {
	*testing.T
	random *rand.Rand
	judge  judge
	redis  *redistest.Process // of the locks
	dir    string             // its data
	client *redis.Client      // of the same
	proxy  *proxy             // to it
	names  []string
	config workerConfig
	procs  []*process

	killed, killedInside, restarted, emptied, cut, connections, accusations int
}

func newTorture(t *testing.T) *torture {
	t.Helper()
	tt := &torture{T: t, random: rand.New(rand.NewPCG(*seed, 0)), dir: t.TempDir()}
	court := redistest.Real(t)
	var err error
	if tt.judge, err = newJudge(court.URL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tt.judge.client.Close() })
	tt.redis = startDurable(t, tt.dir)
	tt.client = dial(t, tt.redis.Addr)
	tt.proxy = startProxy(t, "tcp", tt.redis.Addr)
	for i := range *locks {
		tt.names = append(tt.names, "average-"+strconv.Itoa(i))
	}
	tt.config = workerConfig{Locks: tt.proxy.addr, Judge: court.URL(), Names: tt.names, Lease: lease}
	return tt
}

// startDurable starts a Redis that has its data again after it was killed. Each
// command is written to the file before its reply is sent; the system need not
// bring it to the disk, for it is not the machine that is killed.
func startDurable(t *testing.T, dir string) *redistest.Process {
	t.Helper()
	return redistest.Start(t, "--appendonly", "yes", "--appendfsync", "no", "--dir", dir,
		"--auto-aof-rewrite-min-size", "8mb")
}

// forget removes the data of a Redis that does not run: the directory of its log
// or, before Redis 7.0, the one file.
func forget(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"appendonlydir", "appendonly.aof"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func (tt *torture) fail(format string, args ...any) {
	tt.Helper()
	tt.Fatalf("seed %d: %s", *seed, fmt.Sprintf(format, args...))
}

// must is for the judge, who never fails.
func (tt *torture) must(err error) {
	tt.Helper()
	if err != nil {
		tt.fail("judge: %v", err)
	}
}

// run starts the workers, does all faults, evenly distributed over the
// acquisitions, and ends when there were enough.
func (tt *torture) run() {
	for i := range *workers {
		tt.procs = append(tt.procs, nil)
		tt.start(i)
	}
	faults := tt.plan()
	for i, fault := range faults {
		tt.until(*acquisitions * (i + 1) / (len(faults) + 1))
		fault()
	}
	tt.until(*acquisitions)
	tt.must(tt.judge.client.Set(tt.Context(), stopKey, 1, 0).Err())
	for _, p := range tt.procs {
		p.wait(tt.T)
	}
}

func (tt *torture) start(i int) {
	config := tt.config
	config.Number = i
	if i%2 == 1 { // half of them have no proxy: see cutAll
		config.Locks = tt.redis.Addr
	}
	tt.procs[i] = startWorker(tt.T, config)
}

// until waits until so many acquisitions have been made. If nobody makes any for
// long enough, everybody waits for ever.
func (tt *torture) until(want int) {
	last, since := -1, time.Now()
	for {
		n, err := tt.judge.client.HGet(tt.Context(), tallyKey, "grants").Int()
		if n > 0 { // before, there is no such key
			tt.must(err)
		}
		switch {
		case n >= want && n > 0:
			return
		case n != last:
			last, since = n, time.Now()
		case time.Since(since) > hang:
			tt.fail("after %d acquisitions there was none for %v", n, hang)
		}
		for i, p := range tt.procs {
			if p.ended() {
				tt.fail("worker %d ended: %v\n%s", i, p.err, p.said.String())
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// plan returns all faults in random order.
func (tt *torture) plan() []func() {
	var faults []func()
	for range *kills {
		faults = append(faults, tt.killWorker)
	}
	for i := range *restarts {
		faults = append(faults, func() { tt.restart(i%3 == 2) })
	}
	for range *cuts {
		faults = append(faults, tt.cutAll)
	}
	for range *stalls {
		faults = append(faults, func() { tt.must(tt.judge.client.LPush(tt.Context(), stallsKey, 1).Err()) })
	}
	tt.random.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	return faults
}

// killWorker kills the process that is inside some lock or, every other time, any
// process. Most of those that it has in all its goroutines wait.
func (tt *torture) killWorker() {
	i := tt.random.IntN(len(tt.procs))
	name := tt.names[tt.random.IntN(len(tt.names))]
	if tt.random.IntN(2) == 0 {
		for began := time.Now(); time.Since(began) < lease; {
			worker, err := tt.judge.client.HGet(tt.Context(), insideKey+name, "worker").Int()
			if err == nil {
				i = worker
				break
			}
		}
	}
	p := tt.procs[i]
	if p.ended() {
		tt.fail("worker %d ended: %v\n%s", i, p.err, p.said.String())
	}
	p.kill()
	tt.killed++
	if said := p.said.String(); said != "" {
		tt.fail("worker %d said\n%s", i, said)
	}
	for _, name := range tt.names {
		if worker, err := tt.judge.client.HGet(tt.Context(), insideKey+name, "worker").Int(); err == nil && worker == i {
			tt.killedInside++
			break
		}
	}
	tt.start(i)
}

// during has the judge know that something happens.
func (tt *torture) during(key string, f func()) {
	tt.must(tt.judge.client.Incr(tt.Context(), key).Err())
	f()
	tt.must(tt.judge.client.Incr(tt.Context(), key).Err())
}

func (tt *torture) restart(empty bool) {
	tt.restarted++
	tt.during(faultsKey, func() {
		if !empty {
			tt.redis.Restart(tt.T)
			return
		}
		tt.emptied++
		tt.during(eraKey, func() {
			tt.redis.Stop()
			forget(tt.T, tt.dir)
			tt.redis.Restart(tt.T)
		})
	})
}

// cutAll cuts all connections: those of every other worker in the proxy, half of the
// times when replies are due; the rest in Redis.
func (tt *torture) cutAll() {
	deaf := time.Duration(tt.random.IntN(2)) * time.Duration(1+tt.random.IntN(20)) * time.Millisecond
	tt.during(faultsKey, func() {
		tt.connections += tt.proxy.cut(deaf)
		for _, kind := range []string{"normal", "pubsub"} {
			n, err := tt.client.ClientKillByFilter(tt.Context(), "type", kind).Result()
			if err != nil {
				tt.fail("%v", err)
			}
			tt.connections += int(n)
		}
		tt.cut++
	})
}

// wantInnocence checks what the judge has heard, and that everything went on to
// the end.
func (tt *torture) wantInnocence() tally {
	ctx, cancel := context.WithTimeout(tt.Context(), hang)
	defer cancel()
	accusations, err := tt.judge.client.LRange(ctx, accusationsKey, 0, -1).Result()
	tt.must(err)
	tt.accusations = len(accusations)
	for i, text := range slices.Sorted(slices.Values(accusations)) {
		if i == 20 {
			tt.Errorf("and %d more", tt.accusations-i)
			break
		}
		tt.Errorf("seed %d: %s", *seed, text)
	}
	tally, err := tt.judge.tally(ctx)
	tt.must(err)
	for _, m := range modes {
		if tally.count("grants "+m.name) == 0 {
			tt.Errorf("seed %d: no acquisition by %s", *seed, m.name)
		}
	}
	if tally.count("written") == 0 || *stalls > 10 && tally.count("refused") == 0 {
		tt.Errorf("seed %d: %d writes, and of stalled holders %d refused", *seed, tally.count("written"), tally.count("refused"))
	}
	if tt.killed != *kills || tt.restarted != *restarts || tt.cut != *cuts {
		tt.Errorf("seed %d: %d kills, %d restarts, %d cuts", *seed, tt.killed, tt.restarted, tt.cut)
	}
	// Whatever the killed have left behind, a stranger gets every lock.
	for _, name := range tt.names {
		l, err := lock.New(tt.client, name, lock.WithLease(lease), lock.WithFairness())
		tt.must(err)
		held, err := l.Acquire(ctx)
		if err != nil {
			tt.fail("in the end: %v", err)
		}
		tt.must(held.Release(ctx))
		l.Settle()
	}
	return tally
}
