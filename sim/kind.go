package sim

// kindsByName is the inverse of kindNames.
var kindsByName = func() map[string]Kind {
	kinds := make(map[string]Kind, len(kindNames))
	for kind, name := range kindNames {
		if name != "" {
			kinds[name] = Kind(kind)
		}
	}
	return kinds
}()

// ParseKind returns the kind with a name of the event log, and whether there is
// one.
func ParseKind(name string) (Kind, bool) {
	kind, ok := kindsByName[name]
	return kind, ok
}
