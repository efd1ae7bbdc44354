package backend

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipeCarriesBytesInOrder(t *testing.T) {
	a, b := newPipe()
	sent := make([]byte, 1<<20)
	for i := range sent {
		sent[i] = byte(rand.Uint32())
	}
	go func() {
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 1+rand.IntN(10000))
			a.Write(rest[:n])
			rest = rest[n:]
		}
		a.Close()
	}()
	var got []byte
	buf := make([]byte, 5000)
	for {
		n, err := b.Read(buf[:1+rand.IntN(len(buf))])
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(sent, got) {
		t.Errorf("sent %d bytes, received %d other ones", len(sent), len(got))
	}
}

func TestPipeWritesNeverWait(t *testing.T) {
	a, b := newPipe()
	for range 1000 {
		a.Write(make([]byte, 1000))
		b.Write(make([]byte, 1000))
	}
}

func TestPipeClosed(t *testing.T) {
	a, b := newPipe()
	a.Write([]byte("last words"))
	a.Close()
	a.Close()
	buf := make([]byte, 4)
	n, err := b.Read(buf)
	if string(buf[:n]) != "last" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if rest, err := io.ReadAll(b); string(rest) != " words" || err != nil {
		t.Errorf("the other end reads %q, %v; want what was sent before", rest, err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the other end writes: %v, want a closed pipe", err)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the closed end writes: %v, want use of a closed connection", err)
	}
	if _, err := a.Read(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the closed end reads: %v, want use of a closed connection", err)
	}
}

func TestPipeCloseEndsReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, which := range []string{"near", "far"} {
			a, b := newPipe()
			ended := make(chan error)
			go func() {
				_, err := a.Read(make([]byte, 1))
				ended <- err
			}()
			synctest.Wait()
			want := net.ErrClosed
			if which == "near" {
				a.Close()
			} else {
				b.Close()
				want = io.EOF
			}
			if err := <-ended; !errors.Is(err, want) {
				t.Errorf("%s end closed: read returns %v, want %v", which, err, want)
			}
		}
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe()
		buf := make([]byte, 10)
		start := time.Now()
		a.SetDeadline(start.Add(time.Second))
		if _, err := a.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("read returned %v after %v", err, time.Since(start))
		}
		b.Write([]byte("late"))
		if _, err := a.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a read after the deadline: %v", err)
		}
		a.SetReadDeadline(time.Time{})
		if n, err := a.Read(buf); string(buf[:n]) != "late" || err != nil {
			t.Errorf("without a deadline: %q, %v", buf[:n], err)
		}
		go func() {
			time.Sleep(time.Second)
			a.SetReadDeadline(time.Now().Add(time.Second)) // in mid-read
		}()
		start = time.Now()
		if _, err := a.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("read returned %v after %v", err, time.Since(start))
		}
	})
}
