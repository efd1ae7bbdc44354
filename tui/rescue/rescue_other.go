//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package rescue

// Main does nothing on this system.
func Main() {}

// A Guard does nothing on this system.
type Guard struct{}

// Stand returns a Guard.
func Stand(any) (*Guard, error) { return &Guard{}, nil }

// Screen does nothing.
func (*Guard) Screen(bool) {}

// Close does nothing.
func (*Guard) Close() error { return nil }

// Discard does nothing on this system.
func Discard(any) {}
