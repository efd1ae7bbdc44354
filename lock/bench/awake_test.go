package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestKeepAwake(t *testing.T) {
	if runtime.GOOS != "linux" {
		if stop, awake := keepAwake(); awake {
			stop()
			t.Error("it claims what this system cannot do")
		}
		return
	}
	children := func() (idle, all int) {
		out, err := exec.Command("ps", "-o", "cls=", "--ppid", strconv.Itoa(os.Getpid())).Output()
		if err != nil && len(out) > 0 {
			t.Fatal(err)
		}
		for class := range strings.FieldsSeq(string(out)) {
			all++
			if class == "IDL" {
				idle++
			}
		}
		return idle, all
	}
	stop, awake := keepAwake()
	if !awake {
		t.Fatal("the processors may sleep")
	}
	if idle, _ := children(); idle != runtime.NumCPU() {
		t.Errorf("%d processes give way, want one for each of %d processors", idle, runtime.NumCPU())
	}
	stop()
	if idle, _ := children(); idle != 0 {
		t.Errorf("%d are left behind", idle)
	}
}
