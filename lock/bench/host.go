package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Host says where and with which versions a result was measured.
type Host struct {
	Date     time.Time `json:"date"`
	CPU      string    `json:"cpu"`
	Cores    int       `json:"cores"`
	System   string    `json:"system"`
	Load     string    `json:"load,omitempty"` // the averages over 1, 5 and 15 minutes when it began, where they are known
	Go       string    `json:"go"`
	Redis    string    `json:"redis"`
	Packages []string  `json:"packages"` // the client and the other locks, with versions
}

// versioned are the modules whose versions matter.
var versioned = []string{
	"github.com/redis/go-redis/v9",
	"github.com/bsm/redislock",
	"github.com/go-redsync/redsync/v4",
	"github.com/redis/rueidis",
}

func thisHost(redisVersion string) Host {
	h := Host{
		Date:   time.Now().UTC().Truncate(time.Second),
		CPU:    cpu(),
		Cores:  runtime.NumCPU(),
		System: system(),
		Go:     runtime.Version(),
		Redis:  redisVersion,
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		if fields := strings.Fields(string(load)); len(fields) > 3 {
			h.Load = strings.Join(fields[:3], " ")
		}
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range build.Deps {
			if slices.Contains(versioned, m.Path) {
				h.Packages = append(h.Packages, m.Path+" "+m.Version)
			}
		}
	}
	return h
}

// lines returns the host in words.
func (h Host) lines() []string {
	load := ""
	if h.Load != "" {
		load = ", load " + h.Load
	}
	return []string{
		fmt.Sprintf("%s: %s, %d cores, %s%s", h.Date.Format("2006-01-02 15:04 MST"), h.CPU, h.Cores, h.System, load),
		strings.Join(append([]string{h.Go, h.Redis}, h.Packages...), ", "),
	}
}

// cpu returns the processor's own name for itself, if there is a known way to ask.
func cpu() string {
	if name := value("/proc/cpuinfo", "model name", ":"); name != "" {
		return name
	}
	if name, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		return strings.TrimSpace(string(name))
	}
	return "unknown processor"
}

func system() string {
	name := runtime.GOOS + "/" + runtime.GOARCH
	if distribution := value("/etc/os-release", "PRETTY_NAME", "="); distribution != "" {
		name = distribution + " " + name
	}
	return name
}

// value returns what follows the key in the first line of a file that has it, or "".
func value(file, key, separator string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		k, v, ok := strings.Cut(lines.Text(), separator)
		if ok && strings.TrimSpace(k) == key {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}
