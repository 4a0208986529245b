//go:build !linux

package host

// KernelLog is empty: there is no such log.
func KernelLog(string) []string { return nil }
