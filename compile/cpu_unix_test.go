//go:build unix

package compile_test

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is the time that this process has had a processor, which other
// processes do not make longer.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
