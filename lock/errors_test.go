package lock_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// A naysayer is a server that grants what it is asked until it is told what to
// say instead.
type naysayer struct {
	addr string
	says atomic.Pointer[string]
}

func startNaysayer(t *testing.T) *naysayer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &naysayer{addr: l.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { n.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return n
}

func (n *naysayer) serve(conn net.Conn) {
	defer conn.Close()
	requests := bufio.NewReader(conn)
	for {
		name, err := readCommand(requests)
		if err != nil {
			return
		}
		reply := "+OK"
		if says := n.says.Load(); name == "hello" {
			reply = "-ERR unknown command"
		} else if says != nil {
			reply = "-" + *says
		}
		if _, err := io.WriteString(conn, reply+"\r\n"); err != nil {
			return
		}
	}
}

// readCommand reads one command and returns its name in lower case.
func readCommand(r *bufio.Reader) (name string, err error) {
	number := func(sign byte) (n int) {
		var line string
		if line, err = r.ReadString('\n'); err == nil && line[0] == sign {
			n, err = strconv.Atoi(strings.TrimSpace(line[1:]))
		}
		return n
	}
	for i := range number('*') {
		arg := make([]byte, number('$')+len("\r\n"))
		if _, err = io.ReadFull(r, arg); err != nil {
			return "", err
		}
		if i == 0 {
			name = strings.ToLower(string(arg[:len(arg)-2]))
		}
	}
	return name, err
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		reply string
		want  error
		says  string
	}{
		{"READONLY You can't write against a read only replica.", lock.ErrReadOnly, "is a read-only replica (READONLY You can't write against a read only replica.): connect to the master"},
		{"READONLY You can't write against a read only replica. script: 0, on @user_script:1.", lock.ErrReadOnly, "read-only replica"},
		{"ERR Error running script (call to f_0): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.", lock.ErrReadOnly, "read-only replica"},
		{"LOADING Redis is loading the dataset in memory", lock.ErrNotReady, "try again in a moment"},
		{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", lock.ErrNotReady, "lost its master"},
		{"CLUSTERDOWN Hash slot not served", lock.ErrNotReady, "cluster is incomplete"},
		{"TRYAGAIN Multiple keys request during rehashing of slot", lock.ErrNotReady, "try again"},
		{"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", lock.ErrNotReady, "end it with SCRIPT KILL"},
		{"NOSCRIPT No matching script. Please use EVAL.", lock.ErrNotReady, "SCRIPT FLUSH"},
		{"ERR max number of clients reached", lock.ErrNotReady, "raise maxclients"},
		{"OOM command not allowed when used memory > 'maxmemory'.", lock.ErrNoWrites, "raise maxmemory"},
		{"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", lock.ErrNoWrites, "mend its disk"},
		{"NOREPLICAS Not enough good replicas to write.", lock.ErrNoWrites, "bring the replicas back"},
		{"NOAUTH Authentication required.", lock.ErrDenied, "set Username and Password"},
		{"WRONGPASS invalid username-password pair or user is disabled.", lock.ErrDenied, "check Username and Password"},
		{"NOPERM this user has no permissions to run the 'set' command", lock.ErrDenied, "with ACL SETUSER <user> ~lock:* ~lock-* +set "},
		{"NOPERM No permissions to access a channel", lock.ErrDenied, "&lock-grant:*"},
		{"ERR unknown command `blpop`, with args beginning with: `lock-signal:x`, `1.000`, ", lock.ErrOldServer, "use lock.WithPoll, which needs none"},
		{"ERR unknown command 'SUBSCRIBE'", lock.ErrOldServer, "use lock.WithPoll, which needs none"},
		{"ERR unsupported command 'BLPOP'", lock.ErrOldServer, "use lock.WithPoll, which needs none"},
		{"ERR unknown command", lock.ErrOldServer, "use lock.WithPoll, which needs none"},
		{"ERR unknown command 'evalsha', with args beginning with: ", lock.ErrOldServer, "the lock cannot do without EVALSHA"},
		{"ERR unknown command `SET`", lock.ErrOldServer, "the lock cannot do without SET"},
		{"ERR Unknown Redis command called from script script: 0, on @user_script:1.", lock.ErrOldServer, "commands that were renamed"},
		{"ERR Error running script (call to f_0): @user_script:9: @user_script: 9: Unknown Redis command called from Lua script", lock.ErrOldServer, "commands that were renamed"},
		{"DENIED Redis is running in protected mode", lock.ErrDenied, "protected mode"},
		{"MOVED 3999 127.0.0.1:6381", lock.ErrCluster, "redis.NewClusterClient"},
		{"ASK 3999 127.0.0.1:6381", lock.ErrCluster, "redis.NewClusterClient"},
		{"CROSSSLOT Keys in request don't hash to the same slot", lock.ErrCluster, "hash tag, such as {reports}"},
		{"ERR The user executing the script can't run this command or subcommand script: 0, on @user_script:1.", lock.ErrDenied, "commands in the lock's scripts"},
		{"ERR ACL failure in script: User u has no permissions to run the 'incr' command script: 0, on @user_script:1.", lock.ErrDenied, "commands in the lock's scripts"},
		{"ERR Error running script (call to f_0): @user_script:1: @user_script: 1: The user executing the script can't run this command or subcommand", lock.ErrDenied, "commands in the lock's scripts"},
		{"ERR Error running script (call to f_0): @user_script:21: WRONGTYPE Operation against a key holding the wrong kind of value", lock.ErrWrongType, "choose another name"},
		{"WRONGTYPE Operation against a key holding the wrong kind of value", lock.ErrWrongType, "choose another name"},
		{"ERR BUSY is not the code of this", nil, "ERR BUSY is not the code of this"},
		{"OOMPH", nil, "OOMPH"},
	} {
		t.Run(test.reply, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			server := startNaysayer(t)
			client := connect(t, server.addr)
			l, err := lock.New(client, "x", lock.WithLease(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			fenced, err := lock.New(client, "x", lock.WithFencing())
			if err != nil {
				t.Fatal(err)
			}
			named, err := lock.New(client, "x", lock.WithID("me"))
			if err != nil {
				t.Fatal(err)
			}
			guard, err := lock.NewGuard(client, "resource")
			if err != nil {
				t.Fatal(err)
			}
			quorum, err := lock.NewQuorum([]redis.UniversalClient{client}, "x", lock.WithQuorumLease(time.Hour), lock.WithNodeTimeout(unhurried))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(quorum.Settle)
			lease, err := l.TryAcquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			server.says.Store(&test.reply)
			for _, op := range []struct {
				says string
				call func() error
			}{
				{"try to acquire lock:x", func() error { _, err := l.TryAcquire(ctx); return err }},
				{"acquire lock:x", func() error { _, err := l.Acquire(ctx); return err }},
				{"try to acquire lock:x", func() error { _, err := fenced.TryAcquire(ctx); return err }},
				{"adopt lock:x", func() error { _, err := named.Adopt(ctx); return err }},
				{"release lock:x", func() error { return lease.Release(ctx) }},
				{"extend lock:x", func() error { return lease.Extend(ctx, 0) }},
				{"inspect lock:x", func() error { _, err := lease.TTL(ctx); return err }},
				{"inspect lock:x", func() error { _, err := l.Locked(ctx); return err }},
				{"inspect lock:x", func() error { _, err := l.OwnerID(ctx); return err }},
				{"reset lock:x", func() error { return l.Reset(ctx) }},
				{"reset all lock:", func() error { _, err := lock.ResetAll(ctx, client, ""); return err }},
				{"raise the fence of resource", func() error { return guard.Raise(ctx, 1) }},
				{"try to acquire lock:x", func() error { _, err := quorum.TryAcquire(ctx); return err }},
			} {
				err := op.call()
				if !contains(err, "lock: "+op.says+": ") || !contains(err, test.says) {
					t.Errorf("message %q, want %q, %q", err, op.says, test.says)
				}
				var reply redis.Error
				if !errors.As(err, &reply) || !strings.HasSuffix(reply.Error(), test.reply) {
					t.Errorf("%v: does not wrap the reply of the server, but %v", err, reply)
				}
				for _, kind := range []error{lock.ErrReadOnly, lock.ErrNotReady, lock.ErrNoWrites, lock.ErrDenied, lock.ErrCluster, lock.ErrOldServer} {
					if errors.Is(err, kind) != (kind == test.want) {
						t.Errorf("%v: is %v: %v", err, kind, kind != test.want)
					}
				}
			}
		})
	}
}

// newLock returns a lock that is settled at the end of the test.
func newLock(t *testing.T, client redis.UniversalClient, name string, opts ...lock.Option) *lock.Lock {
	t.Helper()
	l, err := lock.New(client, name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Settle)
	return l
}

// eventually tries f until it succeeds.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// linked returns why a replica is not up to date with its master.
func linked(replica *redis.Client) error {
	info, err := replica.Info(context.Background(), "replication").Result()
	if err == nil && !strings.Contains(info, "master_link_status:up") {
		err = errors.New(info)
	}
	return err
}

// wantRefusal checks what came of using a lock in this way.
func wantRefusal(t *testing.T, err, want error, says string) {
	t.Helper()
	var reply redis.Error
	if !errors.Is(err, want) || !contains(err, says) || !errors.As(err, &reply) {
		t.Errorf("got error %v, want %v, %q", err, want, says)
	}
}

func TestRefusalsOfRealServers(t *testing.T) {
	t.Run("a replica is read-only", func(t *testing.T) {
		t.Parallel()
		master := redistest.Start(t)
		host, port, _ := net.SplitHostPort(master.Addr)
		replica := connect(t, redistest.Start(t, "--replicaof", host, port).Addr)
		eventually(t, func() error { return linked(replica) })
		l := newLock(t, replica, "x", lock.WithLease(time.Minute))
		for _, acquire := range []func(context.Context) (*lock.Lease, error){l.TryAcquire, l.Acquire} {
			_, err := acquire(t.Context())
			wantRefusal(t, err, lock.ErrReadOnly, "connect to the master, or through Sentinel")
		}
		wantRefusal(t, l.Reset(t.Context()), lock.ErrReadOnly, "lock: reset lock:x: Redis at this address is a read-only replica (")
		_, err := newLock(t, replica, "x", lock.WithFencing()).TryAcquire(t.Context())
		wantRefusal(t, err, lock.ErrReadOnly, "connect to the master")

		// A lease that the replica knows of can be neither released nor extended there.
		held, err := newLock(t, connect(t, master.Addr), "x", lock.WithID("me"), lock.WithLease(time.Minute)).TryAcquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var copied *lock.Lease
		eventually(t, func() (err error) {
			copied, err = newLock(t, replica, "x", lock.WithID("me")).Adopt(t.Context())
			return err
		})
		wantRefusal(t, copied.Release(t.Context()), lock.ErrReadOnly, "connect to the master")
		wantRefusal(t, copied.Extend(t.Context(), time.Hour), lock.ErrReadOnly, "connect to the master")
		if err := held.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a replica without its master", func(t *testing.T) {
		t.Parallel()
		host, port, _ := net.SplitHostPort(redistest.FreeAddr(t))
		replica := redistest.Start(t, "--replicaof", host, port, "--replica-serve-stale-data", "no")
		_, err := newLock(t, connect(t, replica.Addr), "x").Locked(t.Context())
		wantRefusal(t, err, lock.ErrNotReady, "has lost its master (MASTERDOWN ")
	})
	t.Run("passwords and permissions", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--requirepass", "secret")
		client := func(user, password string) redis.UniversalClient {
			options := connect(t, server.Addr).Options()
			client := redis.NewClient(&redis.Options{
				Addr: options.Addr, Username: user, Password: password, MaxRetries: -1,
				MaintNotificationsConfig: options.MaintNotificationsConfig,
			})
			t.Cleanup(func() { client.Close() })
			return client
		}
		_, err := newLock(t, client("", ""), "x").TryAcquire(t.Context())
		wantRefusal(t, err, lock.ErrDenied, "Redis wants a password (NOAUTH ")
		_, err = newLock(t, client("", "guess"), "x").TryAcquire(t.Context())
		wantRefusal(t, err, lock.ErrDenied, "does not know this user and password (")
		if err := client("", "secret").Do(t.Context(), "acl", "setuser", "reader", "on", ">secret", "~*", "+@read").Err(); err != nil {
			t.Fatal(err)
		}
		_, err = newLock(t, client("reader", "secret"), "x").Acquire(t.Context())
		wantRefusal(t, err, lock.ErrDenied, "the Redis user may not do this (NOPERM ")
	})
	t.Run("out of memory", func(t *testing.T) {
		t.Parallel()
		client := connect(t, redistest.Start(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction").Addr)
		_, err := newLock(t, client, "x").TryAcquire(t.Context())
		wantRefusal(t, err, lock.ErrNoWrites, "out of memory and refuses writes (OOM ")
		_, err = newLock(t, client, "x", lock.WithFencing()).TryAcquire(t.Context())
		wantRefusal(t, err, lock.ErrNoWrites, "raise maxmemory")
	})
	t.Run("too few replicas", func(t *testing.T) {
		t.Parallel()
		client := connect(t, redistest.Start(t, "--min-replicas-to-write", "1").Addr)
		_, err := newLock(t, client, "x").TryAcquire(t.Context())
		wantRefusal(t, err, lock.ErrNoWrites, "bring the replicas back")
	})
	t.Run("busy with a script", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--lua-time-limit", "20")
		var endless sync.WaitGroup
		endless.Go(func() { connect(t, server.Addr).Eval(context.Background(), "while true do end", nil) })
		defer endless.Wait()
		client := connect(t, server.Addr)
		defer client.ScriptKill(context.Background())
		l := newLock(t, client, "x")
		eventually(t, func() error {
			if lease, err := l.TryAcquire(t.Context()); !errors.Is(err, lock.ErrNotReady) {
				if err == nil {
					lease.Release(t.Context())
				}
				return fmt.Errorf("not busy: %v", err)
			}
			return nil
		})
		_, err := l.Acquire(t.Context())
		wantRefusal(t, err, lock.ErrNotReady, "end it with SCRIPT KILL")
	})
}
