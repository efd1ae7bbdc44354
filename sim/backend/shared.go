package backend

// Shared tells whether every Open leads to the same server, as a URL does. A
// lock on several independent servers cannot be had there.
func (s Source) Shared() bool { return s.url != nil }
