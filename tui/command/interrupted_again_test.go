//go:build unix

package command

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
)

// TestASecondInterruptSaysWhatStaysBehind: while Redis hangs, and whether or not anybody
// reads what it says, the program ends at once.
func TestASecondInterruptSaysWhatStaysBehind(t *testing.T) {
	for _, e := range []struct {
		name   string
		unread bool
	}{
		{"somebody reads", false},
		{"nobody reads", true},
	} {
		t.Run(e.name, func(t *testing.T) {
			server := redistest.Start(t)
			client := redis.NewClient(&redis.Options{Addr: server.Addr})
			defer client.Close()
			info := client.Info(t.Context(), "server").Val()
			pid, err := strconv.Atoi(regexp.MustCompile(`process_id:(\d+)`).FindStringSubmatch(info)[1])
			if err != nil {
				t.Fatal(err)
			}
			cmd := prepared(t, "--headless", "--alerts", "0", "--lanes", "none,fair", "--redis", "redis://:geheim@"+server.Addr)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if e.unread {
				reader, writer, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer reader.Close()
				defer writer.Close()
				fd := int(writer.Fd()) // once, for it makes writes wait
				if err := syscall.SetNonblock(fd, true); err != nil {
					t.Fatal(err)
				}
				for err == nil { // fill it up
					_, err = syscall.Write(fd, make([]byte, 1))
				}
				if err := syscall.SetNonblock(fd, false); err != nil {
					t.Fatal(err)
				}
				cmd.Stderr = writer
			}
			if err := client.ConfigSet(t.Context(), "requirepass", "geheim").Err(); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(patience); client.DBSize(t.Context()).Val() < 10; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the run has not begun")
				}
			}
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			defer syscall.Kill(pid, syscall.SIGCONT)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				cmd.Wait()
			}()
			for deadline := time.Now().Add(patience); ; {
				cmd.Process.Signal(os.Interrupt)
				select {
				case <-ended:
				case <-time.After(50 * time.Millisecond):
					if time.Now().Before(deadline) {
						continue
					}
					cmd.Process.Kill()
					<-ended
					t.Error("it does not end")
				}
				break
			}
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit %d", code)
			}
			said := stderr.String()
			if strings.Contains(said, "geheim") {
				t.Errorf("it tells the password: %s", said)
			}
			for _, want := range []string{
				"locktop: interrupted again: ended at once", ":1:average", ":alert:1 to ", "for 1h0m0s", "lock:locktop:",
				"lock-queue:", "for up to a week: lock-token:", "--scan --pattern '*locktop:", "unlink",
			} {
				if !e.unread && !strings.Contains(said, want) {
					t.Errorf("nothing of %q in:\n%s", want, said)
				}
			}
		})
	}
}

// TestLastWordsWithoutRedis: where nothing can stay behind, nothing is said of it.
func TestLastWordsWithoutRedis(t *testing.T) {
	if code, _, stderr := locktop(t, "--headless", "--alerts", "1", "--redis", redistest.Real(t).URL()); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var b strings.Builder
	lastWords(&b)
	if got := b.String(); got != "locktop: interrupted again: ended at once, without cleaning up\n" {
		t.Errorf("%q", got)
	}
}
