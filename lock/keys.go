package lock

// Keys returns the names of all keys that the lock may have in Redis, whichever
// options its users have: for access rules, and to remove a lock for good. It
// asks nobody.
func (l *Lock) Keys() []string {
	return append([]string(nil), l.line.keys...)
}

// Keys returns the guarded key and that of its fence.
func (g *Guard) Keys() []string { return []string{g.key, g.fence} }
