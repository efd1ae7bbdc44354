package backend

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

const password = "s3cret"

// patience is how long a test waits for what must come, before it fails: no test takes it when all is well.
const patience = 10 * time.Minute

func TestMain(m *testing.M) {
	if signal.Ignored(syscall.SIGHUP) { // as under nohup: programs that are started would ignore it as well
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	redis.SetLogger(silence{}) // servers that refuse and connections that end are what many tests are about
	os.Exit(m.Run())
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// bestOf measures again and again until a duration is within its bound: a delay may come from a machine that has other
// things to do, its absence only from the program.
func bestOf(t *testing.T, what string, bound time.Duration, measure func() time.Duration) {
	t.Helper()
	const tries = 5
	var took []time.Duration
	for len(took) < tries {
		took = append(took, measure())
		if took[len(took)-1] <= bound || t.Failed() {
			return
		}
	}
	t.Errorf("%s took %v, want at most %v once in %d tries", what, took, bound, tries)
}

// open opens a lane and closes it at the end of the test.
func open(t testing.TB, flag string, clk *clock.Clock) *Server {
	t.Helper()
	source, err := Parse(flag)
	if err != nil {
		t.Fatal(err)
	}
	s, err := source.Open(t.Context(), clk, "run", 1)
	for try := 1; err != nil && tookLong(err) && try < 10; try++ {
		s, err = source.Open(t.Context(), clk, "run", 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newClock(t testing.TB, speed clock.Speed) *clock.Clock {
	clk := clock.New(speed)
	t.Cleanup(clk.Close)
	return clk
}

// tookLong tells of an error that a busy machine alone can bring about.
func tookLong(err error) bool {
	return strings.Contains(err.Error(), "no answer within") || strings.Contains(err.Error(), "does not answer")
}

// wantOpenError opens a lane that cannot be opened, within 3 s, and checks what is said about it.
func wantOpenError(t *testing.T, flag string, parts ...string) {
	t.Helper()
	source, err := Parse(flag)
	if err != nil {
		t.Fatal(err)
	}
	clk := newClock(t, 1)
	bestOf(t, "finding out", 3*time.Second, func() time.Duration {
		var s *Server
		start := time.Now()
		s, err = source.Open(t.Context(), clk, "run", 1)
		took := time.Since(start)
		if err == nil {
			s.Close(t.Context())
			t.Fatalf("Open(%s) succeeded", source)
		}
		if tookLong(err) && !saysAll(err.Error(), parts) {
			return patience // what there was to find out did not come in time
		}
		return took
	})
	if strings.Contains(err.Error(), password) {
		t.Errorf("the error holds the password: %v", err)
	}
	if !strings.Contains(err.Error(), source.url.Addr) {
		t.Errorf("the error does not name the address: %v", err)
	}
	want(t, err.Error(), parts...)
}

func saysAll(message string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(message, part) })
}

func want(t *testing.T, message string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("%q does not say %q", message, part)
		}
	}
}

// listen starts a server that handles each connection by serve, and returns its address.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go serve(c)
		}
	}()
	return l.Addr().String()
}

func TestOpenUnreachable(t *testing.T) {
	t.Run("a closed port", func(t *testing.T) {
		const addr = "127.0.0.1:1" // which nobody listens at, nor is given for the asking
		wantOpenError(t, "redis://user:s3cret@"+addr, "cannot reach Redis at "+addr, "connection refused; is it running?", "--redis embedded needs none")
	})
	t.Run("a missing socket", func(t *testing.T) {
		wantOpenError(t, "unix://user:s3cret@"+filepath.Join(t.TempDir(), "none"), "no such file", "is it running?")
	})
	t.Run("a server that never answers", func(t *testing.T) {
		addr := listen(t, func(net.Conn) {})
		wantOpenError(t, "redis://user:s3cret@"+addr, "accepts connections but does not answer")
	})
	t.Run("a server that never answers, over TLS", func(t *testing.T) {
		addr := listen(t, func(net.Conn) {})
		wantOpenError(t, "rediss://user:s3cret@"+addr, "does not answer in TLS", "use redis:// instead of rediss://")
	})
	t.Run("a server that hangs up, over TLS", func(t *testing.T) {
		addr := listen(t, func(c net.Conn) { c.Close() })
		wantOpenError(t, "rediss://user:s3cret@"+addr, "does not answer in TLS", "use redis:// instead of rediss://")
	})
	t.Run("a server with too many clients", func(t *testing.T) {
		addr := listen(t, func(c net.Conn) {
			fmt.Fprint(c, "-ERR max number of clients reached\r\n")
			c.Close()
		})
		wantOpenError(t, "redis://user:s3cret@"+addr, "has reached its maxclients", "race fewer (--clients)")
	})
	t.Run("a server with too many clients, whose words are lost on the way", func(t *testing.T) {
		var calls atomic.Int32
		addr := listen(t, func(c net.Conn) {
			if calls.Add(1)%2 == 0 { // who asks again, and sends nothing
				fmt.Fprint(c, "-ERR max number of clients reached + 1\r\n")
				c.Close()
				return
			}
			c.Read(make([]byte, 1))
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		})
		wantOpenError(t, "redis://user:s3cret@"+addr, "has reached its maxclients")
	})
	t.Run("a server that hangs up", func(t *testing.T) {
		addr := listen(t, func(c net.Conn) {
			bufio.NewReader(c).ReadString('\n')
			c.Close()
		})
		wantOpenError(t, "redis://user:s3cret@"+addr, "hangs up", "rediss://")
	})
	t.Run("a web server", func(t *testing.T) {
		addr := listen(t, func(c net.Conn) {
			bufio.NewReader(c).ReadString('\n')
			fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		})
		wantOpenError(t, "redis://user:s3cret@"+addr, "does not speak Redis")
	})
	t.Run("a web server, over TLS", func(t *testing.T) {
		addr := listen(t, func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n") })
		wantOpenError(t, "rediss://user:s3cret@"+addr, "does not speak TLS", "try redis://")
	})
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		certificate := selfSigned(t)
		addr := listen(t, func(c net.Conn) {
			tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
		})
		wantOpenError(t, "rediss://user:s3cret@"+addr, "not trusted", "skip_verify=true")
	})
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	addr := listen(t, func(net.Conn) {})
	source, _ := Parse("redis://" + addr)
	clk := newClock(t, 1)
	bestOf(t, "heeding the context", time.Second, func() time.Duration {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		start := time.Now()
		_, err := source.Open(ctx, clk, "run", 1)
		took := time.Since(start)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Open returned %v, want context canceled", err)
		}
		if _, err := (Source{}).Open(ctx, clk, "run", 1); !errors.Is(err, context.Canceled) {
			t.Errorf("Open of an embedded server: %v, want context canceled", err)
		}
		return took
	})
}

// replies is a fake Redis: what it replies to which command, where that is not the usual.
type replies map[string]string

func (r replies) start(t *testing.T) (url string) {
	t.Helper()
	s, err := server.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for cmd, reply := range map[string]string{"HELLO": "*0", "AUTH": "+OK", "PING": "+PONG", "INFO": "$-1", "SET": "$-1", "UNLINK": ":0"} {
		if r[cmd] != "" {
			reply = r[cmd]
		}
		s.Register(cmd, func(c *server.Peer, _ string, args []string) {
			c.WriteRaw(strings.ReplaceAll(reply, "{args}", strings.Join(args, " ")) + "\r\n")
		})
	}
	return "redis://user:" + password + "@" + s.Addr().String()
}

func info(version string) string {
	text := "# Server\r\nredis_version:" + version + "\r\nredis_mode:standalone\r\n"
	return fmt.Sprintf("$%d\r\n%s", len(text), text)
}

func TestOpenUnfit(t *testing.T) {
	for _, tc := range []struct {
		name    string
		replies replies
		want    string
	}{
		{"no password given", replies{"PING": "-NOAUTH Authentication required."}, "wants a password"},
		{"a wrong password", replies{"HELLO": "-WRONGPASS invalid", "AUTH": "-WRONGPASS invalid username-password pair"}, "does not accept this user and password"},
		{"a wrong password for an old server", replies{"HELLO": "-ERR unknown command", "AUTH": "-ERR invalid password"}, "does not accept this user and password"},
		{"a server that repeats the password", replies{"HELLO": "-ERR", "AUTH": "-ERR unknown command, with args beginning with: {args}"}, "beginning with: user ***"},
		{"still loading", replies{"PING": "-LOADING Redis is loading the dataset in memory"}, "still loading its data: try again"},
		{"protected mode", replies{"PING": "-DENIED Redis is running in protected mode"}, "protected mode"},
		{"a replica", replies{"SET": "-READONLY You can't write against a read only replica."}, "read-only replica: give the address of its primary"},
		{"no permission", replies{"SET": "-NOPERM this user has no permissions"}, "does not let this user"},
		{"a node of a cluster", replies{"SET": "-MOVED 1 127.0.0.1:7001"}, "cluster is not supported"},
		{"out of memory", replies{"SET": "-OOM command not allowed"}, "maxmemory"},
		{"an error of its own", replies{"SET": "-ODD {args}"}, "cannot be used: ODD locktop:run:1:probe 1 PX 1000 GET"},
		{"version 6.0", replies{"INFO": info("6.0.16")}, "too old, version 6.0.16: 6.2 or newer is needed"},
		{"version 5", replies{"INFO": info("5.0.14"), "SET": "-ERR syntax error"}, "too old, version 5.0.14"},
		{"an old server of unknown version", replies{"INFO": "-NOPERM", "SET": "-ERR syntax error"}, "too old, version unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantOpenError(t, tc.replies.start(t), tc.want)
		})
	}
}

func TestOpenFit(t *testing.T) {
	for _, tc := range []struct{ info, version string }{
		{info("6.2.0"), "6.2.0"},
		{info("7.0.15"), "7.0.15"},
		{info("10.0.0"), "10.0.0"},
		{info("unstable"), "unstable"},
		{"-NOPERM this user has no permissions", "unknown"},
	} {
		t.Run(tc.version, func(t *testing.T) {
			s := open(t, replies{"INFO": tc.info}.start(t), newClock(t, 1))
			if s.Version() != tc.version {
				t.Errorf("version %q, want %q", s.Version(), tc.version)
			}
		})
	}
}

func TestOpenRealRedis(t *testing.T) {
	real := redistest.Real(t)
	s := open(t, withUser(t, real, nil, "db=3"), newClock(t, 1))
	if s.Kind() != "redis" || s.FollowsClock() || tooOld(s.Version()) {
		t.Errorf("kind %q, follows the clock: %v, version %q", s.Kind(), s.FollowsClock(), s.Version())
	}
	want(t, s.Label(), "unix:///", "?db=3")
	if n := s.Admin().DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("opening left %d keys behind", n)
	}
	checkServer(t, s)
	if got := s.Admin().Do(t.Context(), "CLIENT", "LIST").Val(); strings.Contains(fmt.Sprint(got), "lib-name=go-redis") {
		t.Errorf("clients tell the server who they are, which takes a command: %v", got)
	}
}

func TestRealRedisThatRefuses(t *testing.T) {
	real := redistest.Real(t)
	admin := real.Client(t)
	do := func(args ...any) {
		t.Helper()
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	wantOpenError(t, withUser(t, real, nil, "db=99"), "DB index is out of range")

	do("REPLICAOF", "127.0.0.1", "1")
	wantOpenError(t, real.URL(), "read-only replica: give the address of its primary")
	do("REPLICAOF", "NO", "ONE")

	do("CONFIG", "SET", "maxmemory", "1")
	wantOpenError(t, real.URL(), "maxmemory")
	do("CONFIG", "SET", "maxmemory", "0")

	do("ACL", "SETUSER", "guest", "on", ">"+password, "~*", "+ping", "+info")
	wantOpenError(t, withUser(t, real, url.UserPassword("guest", password), ""), "does not let this user")

	do("CONFIG", "SET", "requirepass", password)
	wantOpenError(t, real.URL(), "wants a password")
	wantOpenError(t, withUser(t, real, nil, "db=1"), "wants a password")
	wantOpenError(t, withUser(t, real, url.UserPassword("", "wrong-"+password), ""), "does not accept this user and password")
	wantOpenError(t, withUser(t, real, url.UserPassword("nobody", password), ""), "does not accept this user and password")
	open(t, withUser(t, real, url.UserPassword("", password), ""), newClock(t, 1))
}

// withUser returns the URL of a real server, with a user and a query.
func withUser(t *testing.T, real *redistest.Server, user *url.Userinfo, query string) string {
	t.Helper()
	u, err := url.Parse(real.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.RawQuery = user, query
	return u.String()
}

// TestMaxClientsOfARealRedis: in the middle of a run as well it is said why a connection is refused.
func TestMaxClientsOfARealRedis(t *testing.T) {
	const most = 12
	server := redistest.Start(t, "--maxclients", fmt.Sprint(most))
	ctx := t.Context()
	source, err := Parse("redis://" + server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	s, err := source.Open(ctx, newClock(t, 1), "run", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.WithoutCancel(ctx))
	refused := 0
	for range 2 * most {
		c := redis.NewClient(s.Options())
		defer c.Close()
		switch err := c.Ping(ctx).Err(); {
		case errors.Is(err, ErrMaxClients):
			refused++
		case err != nil:
			t.Errorf("a client too many: %v", err)
		}
	}
	if refused < most {
		t.Errorf("%d of %d clients were refused", refused, 2*most)
	}
}
