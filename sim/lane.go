package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

// keyTTL is the time to live of every key that is not a lock: a run that is
// killed leaves nothing behind for longer than this after its last write.
const keyTTL = time.Hour

// A Lane is one strategy over its own keys, with its own clients.
type Lane struct {
	info     LaneInfo // as it began
	regime   atomic.Pointer[regime]
	seed     uint64
	pushers  int // servers of the alert cluster
	interval time.Duration
	backlog  bool
	awayFor  time.Duration // how long a server that restarts stays away
	synced   bool          // its replica is told of everything at once
	giveUp   bool          // end the lane when it hangs

	clock  *clock.Clock
	server *backend.Server
	nodes  []*backend.Server // further ones, where the strategy takes several
	// subscriber is the client whose one subscription tells all clients that they are
	// granted a fair lock, as in a process with many workers. Where a scheduler decides
	// it is nil: there each client is a process of its own, to the end of a crash.
	subscriber *redis.Client
	average    string // the key of the shared value, and the name of its lock
	lockKeys   []string
	gate       gate
	link       link
	trying     chan struct{} // has room for those who try at once; nil where all may
	faults     faults
	script     []Fault // to be done from the start
	stop       func()  // ends the run
	recorder   *Recorder
	cluster    *cluster
	members    atomic.Int64 // how many of the clients take part, the first ones
	mu         sync.Mutex   // guards what follows, and is held for a change
	changing   changing
	clients    []*client
	hung       bool // Redis did not answer when the run was to end
}

// openLane connects a lane to its Redis and readies everything up to the start.
func openLane(ctx context.Context, cfg Config, index int, clk *clock.Clock, runID string) (*Lane, error) {
	asked, err := newRegime(cfg, index)
	if err != nil {
		return nil, err
	}
	l := &Lane{
		info: cfg.LaneInfo(index), seed: cfg.Seed, pushers: cfg.Servers,
		interval: cfg.Interval, backlog: cfg.Backlog,
		awayFor: asked.away, synced: asked.synced, giveUp: cfg.GiveUp,
		clock: clk, script: cfg.Faults, stop: func() {},
		faults: faults{turn: make(chan struct{}, 1)},
	}
	l.regime.Store(asked)
	l.members.Store(int64(cfg.Clients))
	l.gate.all = cfg.Deterministic
	source := cfg.Source.For(2 * cfg.connections(index)) // as who leaves a wait takes another
	server, err := source.Open(ctx, clk, runID, index+1)
	if err != nil {
		return nil, err
	}
	l.server, l.average = server, server.Prefix()+"average"
	l.link.runID = server.FirstRunID()
	for len(l.nodes)+1 < asked.nodes {
		node, err := source.Open(ctx, clk, runID, index+1)
		if err != nil {
			return nil, errors.Join(err, l.closeServers(ctx))
		}
		l.nodes = append(l.nodes, node)
	}
	if l.gate.all {
		for i, server := range l.servers() {
			server.Admin().AddHook(adminHook{&l.gate, i + 1})
		}
	}
	if !clk.Virtual() {
		l.subscriber = redis.NewClient(server.Options())
		if server.FollowsClock() {
			l.trying = make(chan struct{}, mostTrying)
		}
	}
	if err := cfg.checkRoom(index, server); err != nil {
		return nil, errors.Join(err, l.closeServers(ctx))
	}
	l.recorder = NewRecorder(clk, NewBoard(l.info))
	l.recorder.rounds = cfg.Deterministic
	l.cluster = newCluster(l)
	if l.lockKeys, err = lockKeys(server.Admin(), l.average); err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.leavesKeys()
	if err := l.prepare(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// prepare frees the lane's locks, as an application does when it starts, loads
// the lock's scripts and connects the clients.
func (l *Lane) prepare(ctx context.Context) error {
	if _, err := lock.ResetAll(ctx, l.server.Admin(), l.server.Prefix()); err != nil {
		return err
	}
	for _, server := range l.servers() {
		if err := lock.Load(ctx, server.Admin()); err != nil {
			return err
		}
	}
	if err := addScript.Load(ctx, l.server.Admin()).Err(); err != nil {
		return fmt.Errorf("load the script that adds a sample: %w", err)
	}
	for i := range l.info.Clients {
		c, err := l.newClient(i + 1)
		if err != nil {
			return err
		}
		l.clients = append(l.clients, c)
		if err := c.connect(ctx); err != nil {
			return err
		}
	}
	return nil
}

// newClient makes a client, which is not connected yet.
func (l *Lane) newClient(number int) (*client, error) {
	c := &client{
		number: number, field: clientField(number), lane: l, regime: l.now(),
		inbox: l.cluster.newInbox(), ended: make(chan struct{}), nudged: make(chan struct{}, 1),
		random: rand.New(rand.NewPCG(l.seed, uint64(number))),
	}
	if l.gate.all {
		c.ids = l.chance(clientField(number))
	}
	c.door = &door{client: c}
	c.from.Store(1)
	return c, c.open()
}

// Name is the lane's strategy, with its place among the lanes.
func (l *Lane) Name() string {
	return fmt.Sprintf("%d (%s)", l.info.Index+1, l.now().config.Lanes[l.info.Index])
}

func (l *Lane) averageKey() string       { return l.average }
func (l *Lane) lockName() string         { return l.average }
func (l *Lane) alertKey(hash int) string { return l.server.Prefix() + "alert:" + strconv.Itoa(hash) }

// lease is the lock's time to live at the present speed: in experiment time,
// and as Redis has to count it. The embedded Redis counts experiment time; a
// real one counts its own, so at other speeds than 1 the lease is stretched to
// match. On a real Redis every key has a time to live: a lock without a lease
// gets that of all other keys.
func (l *Lane) lease() (experiment, redis time.Duration) {
	r, speed := l.now(), l.clock.Speed()
	lease := r.lease
	switch {
	case lease == 0 || r.floor == 0:
	case speed == clock.Max:
		lease = 0
	default:
		lease = max(lease, time.Duration(float64(r.floor)*float64(speed)))
	}
	switch {
	case l.server.FollowsClock():
		return lease, lease
	case lease == 0:
		return 0, keyTTL
	case speed == clock.Max:
		return lease, lease
	}
	return lease, max(time.Duration(float64(lease)/float64(speed)), time.Millisecond)
}

// run races the lane's clients until all alerts are handled or ctx ends, and
// then settles the accounts: the value in Redis is the lane's last event.
func (l *Lane) run(ctx context.Context) error {
	folding, stopFolding := context.WithCancel(context.Background())
	var fold sync.WaitGroup
	racing, stop := context.WithCancel(ctx)
	defer stop()
	if !l.recorder.rounds {
		fold.Go(func() {
			if err := guard(func() error { l.recorder.run(folding); return nil }); err != nil {
				l.failed(err)
				stop()
			}
		})
	}
	defer fold.Wait()
	defer stopFolding()

	l.stop = stop
	var (
		wg   sync.WaitGroup
		once sync.Once
		fail error
	)
	start := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := guard(func() error { return f(racing) }); err != nil {
				once.Do(func() { fail = err })
				stop()
			}
		})
	}
	l.begin(racing, l.script)
	clients := l.runChanges(start)
	start(func(ctx context.Context) error {
		err := l.cluster.run(ctx)
		if err != nil && ctx.Err() == nil {
			l.recorder.Record(Event{Kind: Broke, Text: err.Error()})
		}
		return err
	})
	for _, c := range clients {
		start(c.run)
	}
	if l.giveUp && !l.recorder.rounds {
		wait := l.watchForHang(racing, stop)
		defer wait()
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-racing.Done():
		l.wind(ended)
	}
	stop()
	l.endChanges()
	return errors.Join(fail, l.end(), l.settle())
}

// watchForHang ends the lane when it hangs. What it returns waits for it to end.
func (l *Lane) watchForHang(ctx context.Context, stop func()) (wait func()) {
	var watch sync.WaitGroup
	watch.Go(func() {
		ticker := time.NewTicker(2 * foldEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				err := guard(func() error {
					if l.recorder.Hung() {
						stop()
					}
					return nil
				})
				if err != nil {
					l.failed(err)
					stop()
					return
				}
			}
		}
	})
	return watch.Wait
}

// grace is how long clients may take to see their last command through, and Redis
// to answer at the end. It is a variable for the tests, whose machine may be busy.
var grace = 2 * time.Second

// graceAtHome is the same for an embedded Redis: it is as fast as the machine lets
// it be, and only a fault of this program makes it hang.
const graceAtHome = time.Minute

func (l *Lane) grace() time.Duration {
	if l.server.FollowsClock() {
		return graceAtHome
	}
	return grace
}

// wind ends the lane after the context: whoever waits for Redis gets a moment
// for its reply, and then loses its connection.
func (l *Lane) wind(ended <-chan struct{}) {
	if !l.gate.all {
		l.gate.open()
	}
	select {
	case <-ended:
		return
	case <-time.After(l.grace()):
	}
	l.hung = true
	l.seal()
	for _, c := range l.roster() {
		c.hangUp()
	}
	l.hangUpSubscriber()
	for _, server := range l.servers() {
		server.Admin().Close()
	}
	<-ended
}

// settle reads the final value, for the ledger to know the head for certain,
// and audits the receipts.
func (l *Lane) settle() error {
	defer func() {
		for _, f := range l.neverStruck() {
			l.recorder.Record(Event{Kind: Unstruck, Text: f.String()})
		}
		l.recorder.Record(Event{Kind: Stopped})
	}()
	if l.hung {
		return l.errHung()
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.grace())
	defer cancel()
	var value string
	err := l.admin(ctx, func() (err error) {
		if err := l.findAgain(ctx); err != nil {
			return err
		}
		value, err = l.server.Admin().Get(ctx, l.averageKey()).Result()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
		return err
	})
	var answer redis.Error
	if err != nil && !errors.As(err, &answer) {
		l.hung = true
		return fmt.Errorf("%w (%w)", l.errHung(), err)
	}
	if err != nil {
		return fmt.Errorf("lane %s: read the final value of %s: %w", l.Name(), l.averageKey(), err)
	}
	l.recorder.Record(Event{Kind: Read, Value: value})
	err = l.cluster.retire(ctx, 0)
	l.recorder.Record(Event{Kind: Audited, Value: l.cluster.audited.String()})
	return err
}

// lockKeys names the keys of the lock of a value, that itself first, and the fence
// of its guard.
func lockKeys(client *redis.Client, name string) ([]string, error) {
	l, err := lock.New(client, name)
	if err != nil {
		return nil, err
	}
	g, err := lock.NewGuard(client, name)
	if err != nil {
		return nil, err
	}
	fence := slices.DeleteFunc(g.Keys(), func(key string) bool { return key == name })
	return append(l.Keys(), fence...), nil
}

// keys names every key that the lane may have left in Redis.
func (l *Lane) keys() []string {
	keys := append([]string{l.averageKey()}, l.lockKeys...)
	for hash := range int(l.cluster.hashes.Load()) {
		keys = append(keys, l.alertKey(hash+1))
	}
	return keys
}

// close disconnects the clients and leaves nothing in Redis.
func (l *Lane) close() error {
	var wg sync.WaitGroup
	errs := make([]error, len(l.clients))
	for i, c := range l.clients {
		wg.Go(func() { errs[i] = guard(func() error { c.close(); return nil }) })
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), l.grace())
	defer cancel()
	err := errors.Join(errs...)
	if !l.hung {
		for _, server := range l.servers() {
			err = errors.Join(err, server.DeleteKeys(ctx, l.keys()...))
		}
		if err == nil {
			l.leftNothing()
		}
	}
	return errors.Join(err, l.closeServers(ctx))
}

// servers are all the lane's servers, that of the average first.
func (l *Lane) servers() []*backend.Server {
	return append([]*backend.Server{l.server}, l.nodes...)
}

// hangUpSubscriber closes the subscription that the clients share.
func (l *Lane) hangUpSubscriber() {
	if l.subscriber != nil {
		l.subscriber.Close()
	}
}

func (l *Lane) closeServers(ctx context.Context) error {
	l.hangUpSubscriber()
	var errs []error
	for _, server := range l.servers() {
		errs = append(errs, server.Close(ctx))
	}
	return errors.Join(errs...)
}
