package main

import (
	"testing"
	"time"
)

func TestDetour(t *testing.T) {
	s := private(t)
	const away = 20 * time.Millisecond
	d, err := startDetour(s.addr, away)
	if err != nil {
		t.Fatal(err)
	}
	far := *s
	far.addr = d.addr()
	client := far.client(1)
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err != nil { // and it is connected
		t.Fatal(err)
	}
	asked := time.Now()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(asked); took < away {
		t.Errorf("a round trip took %v, less than %v", took, away)
	}
	d.stop()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("there is still a way")
	}
}
