//go:build !unix

package backend

func fileLimit() int { return 0 }

func hardFileLimit() int { return 0 }
