package backend

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ flag, label string }{
		{"embedded", "embedded"},
		{"redis://localhost", "redis://localhost:6379/0"},
		{"redis://", "redis://localhost:6379/0"},
		{"redis://127.0.0.1:7000/3", "redis://127.0.0.1:7000/3"},
		{"redis://:secret@host/2", "redis://host:6379/2"},
		{"redis://user:secret@host:1", "redis://host:1/0"},
		{"redis://user:s%40cr%2Fet%23%3F@host:1", "redis://host:1/0"},
		{"redis://user:s@cret@host:1", "redis://host:1/0"},
		{"redis://host/1?db=4&read_timeout=3s&client_name=me", "redis://host:6379/4"},
		{"redis://[::1]:7000", "redis://[::1]:7000/0"},
		{"rediss://user:secret@host", "rediss://host:6379/0"},
		{"REDIS://host", "redis://host:6379/0"},
		{"unix:///run/redis.sock", "unix:///run/redis.sock?db=0"},
		{"unix://user:secret@/run/redis.sock?db=2", "unix:///run/redis.sock?db=2"},
		{"unix:///home/me@work/redis.sock", "unix:///home/me@work/redis.sock?db=0"},
	} {
		s, err := Parse(tc.flag)
		if err != nil {
			t.Errorf("Parse(%q): %v", tc.flag, err)
			continue
		}
		if s.String() != tc.label {
			t.Errorf("Parse(%q) is shown as %q, want %q", tc.flag, s, tc.label)
		}
		again, err := Parse(s.String())
		if err != nil || again.String() != tc.label {
			t.Errorf("%q does not read back: %v, %v", s, again, err)
		}
		for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%#v", &s)} {
			if strings.Contains(shown, "cret") || strings.Contains(shown, "user") {
				t.Errorf("Parse(%q) can be made to show user or password: %s", tc.flag, shown)
			}
		}
	}
}

func TestZeroSourceIsEmbedded(t *testing.T) {
	if s := (Source{}); s.String() != "embedded" {
		t.Errorf("the zero Source is %v", s)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, flag := range []string{
		"", " ", "Embedded", "embedded ", "localhost:6379", "redis:localhost", "http://host", "redis:/host",
		"redis://host:port", "redis://::", "redis://host:1:2", "redis://host:0", "redis://host:65536", "redis://host:-1",
		"redis://host/one", "redis://host/-1", "redis://host/0/1", "redis://host?db=x", "redis://host?db=-1",
		"redis://host?speed=1", "redis://host?pool_size=many", "redis://host\n", "redis://ho st", "redis://host#1",
		"unix://", "unix:///", "unix://run/redis.sock", "unix:///run/redis.sock?db=x",
	} {
		s, err := Parse(flag)
		if err == nil {
			t.Errorf("Parse(%q) = %v, want an error", flag, s)
			continue
		}
		for _, form := range []string{"embedded", "redis://", "rediss://", "unix://"} {
			if !strings.Contains(err.Error(), form) && !strings.Contains(err.Error(), "; did you mean ") {
				t.Errorf("the error for %q does not mention %s: %v", flag, form, err)
			}
		}
	}
}

// nastyURLs hold a password, "s3cret" or a part of it, where the syntax of URLs has other ideas.
var nastyURLs = []string{
	"redis://user:s3cret word@host:6379/0",
	"redis://user:p@s3cret word@host:6379/0",
	"redis://user:s3cret%@host",
	"redis://user:s3cret%zz@host",
	"redis://user:s3c/ret@host:6379/0",
	"redis://user:12/s3cret@host:6379/0",
	"redis://user:12#s3cret@host:6379/0",
	"redis://user:12?s3cret@host:6379/0",
	"redis://user:12?x=s3cret@host:6379/0",
	"redis://user:#s3cret@host",
	"redis://:s3cret[@host",
	"redis://:s3cret]@[host",
	"redis://user:s3cret@host:s3cret",
	"redis://user:s3cret@host:99999",
	"redis://user:s3cret@host/s3cret",
	"redis://user:s3cret@host/0/s3cret",
	"redis://user:s3cret@host?db=s3cret",
	"redis://host?password=s3cret",
	"redis://host?s3cret",
	"redis://host?s3cret=1",
	"redis://host?pool_size=s3cret",
	"redis://host?read_timeout=s3cret",
	"redis://host?pool_fifo=s3cret",
	"rediss://user:s3cret@host?skip_verify=s3cret",
	"redis://user:s3cret@host\x00",
	"redis://user:s3cret\n@host",
	"unix://user:s3cret@host/run/redis.sock",
	"unix://user:s3c/ret@/run/redis.sock",
	"unix://user:12/s3cret@/run/redis.sock",
	"unix://user:s3cret@",
	"http://user:s3cret@host",
	"user:s3cret@host",
	"://user:s3cret@host",
	"redis:user:s3cret@host",
	"s3cret://host",
}

func TestErrorsOfParseHoldNoPassword(t *testing.T) {
	for _, flag := range nastyURLs {
		s, err := Parse(flag)
		if err == nil {
			t.Errorf("Parse(%q) = %v, want an error", flag, s)
			continue
		}
		for ; err != nil; err = unwrap(err) {
			for _, part := range []string{"s3c", "ret word", "cret"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the error for %q repeats %q: %v", flag, part, err)
				}
			}
		}
	}
}

func unwrap(err error) error {
	u, ok := err.(interface{ Unwrap() error })
	if !ok {
		return nil
	}
	return u.Unwrap()
}

func FuzzParse(f *testing.F) {
	for _, flag := range nastyURLs {
		f.Add(flag)
	}
	f.Fuzz(func(t *testing.T, flag string) {
		s, err := Parse(flag)
		if err != nil {
			return
		}
		if again, err := Parse(s.String()); err != nil && !strings.ContainsAny(s.String(), "%?#") {
			t.Errorf("Parse(%q) is shown as %q, which does not read back: %v, %v", flag, s, again, err)
		}
	})
}
