package redistest_test

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
)

func TestMain(m *testing.M) {
	redistest.Silence()
	os.Exit(m.Run())
}

func TestServer(t *testing.T) {
	redistest.Each(t, func(t *testing.T, s *redistest.Server) {
		options, err := redis.ParseURL(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		client := s.Client(t, func(o *redis.Options) { o.ClientName = "changed" })
		if client.Options().Addr != options.Addr || client.Options().ClientName != "changed" {
			t.Errorf("client to %s called %q", client.Options().Addr, client.Options().ClientName)
		}
		if n := client.DBSize(t.Context()).Val(); n != 0 {
			t.Errorf("%d keys in a new server", n)
		}
		client.Set(t.Context(), "brief", 1, 10*time.Millisecond)
		time.Sleep(20 * time.Millisecond)
		if n := client.Exists(t.Context(), "brief").Val(); n != 0 {
			t.Error("keys do not expire")
		}
		if info := client.Info(t.Context(), "server").Val(); strings.Contains(info, "hz:100") != s.IsReal() {
			t.Errorf("IsReal() = %v, but INFO says\n%s", s.IsReal(), info)
		}
	})
}

func TestServerEndsWithItsTest(t *testing.T) {
	var options *redis.Options
	t.Run("server", func(t *testing.T) { options = redistest.Real(t).Client(t).Options() })
	if options == nil {
		t.Skip("no redis-server, which the test within has said")
	}
	if conn, err := net.Dial(options.Network, options.Addr); err == nil {
		conn.Close()
		t.Error("the server outlived its test")
	}
}
