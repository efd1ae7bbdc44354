package lock

// HasTokens reports whether the lock hands out fencing tokens.
func (l *Lock) HasTokens() bool { return l.tokens != "" }
