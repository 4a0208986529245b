package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/host"
)

// usualHZ is the value of most distributions' kernels.
const usualHZ = 250

// The range of CONFIG_HZ: MIPS has the least and Alpha the most (arch/*/Kconfig, Linux 6.18).
const (
	leastHZ = 24
	mostHZ  = 1200
)

// checkHZ checks the value of -hz. configured is what the kernel's configuration says, 0 if it is not known. With another value than the
// kernel's, ours measure time wrongly.
func checkHZ(hz uint, comparing bool, configured uint32) error {
	switch {
	case hz == 0:
		return nil
	case !comparing:
		return errors.New("-hz needs -compare with go_cubic or go_bbr: the other algorithms do not count jiffies")
	case hz < leastHZ || hz > mostHZ:
		return fmt.Errorf("-hz %d: must be CONFIG_HZ of this kernel, %d to %d, and most have 100, 250, 300 or 1000", hz, leastHZ, mostHZ)
	case configured != 0 && hz != uint(configured):
		return fmt.Errorf("-hz %d: the configuration of this kernel says CONFIG_HZ=%d; leave -hz out", hz, configured)
	}
	return nil
}

// clockRate finds the number of jiffies in a second. CUBIC and BBR measure time in jiffies. Only the kernel's configuration has the
// number; programs cannot read it.
func clockRate() (uint32, error) { return clockRateIn(host.Configurations()) }

// clockRateIn looks through configurations.
func clockRateIn(files []string) (uint32, error) {
	hz, err := host.ClockRate(files)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("go_cubic and go_bbr need the kernel's CONFIG_HZ, and its configuration is in none of %s\nhelp: -hz says "+
			"what it is, such as -hz %d",
			strings.Join(files, ", "), usualHZ)
	case err != nil:
		return 0, fmt.Errorf("%w\nhelp: -hz says what CONFIG_HZ of this kernel is, such as -hz %d", err, usualHZ)
	}
	return hz, nil
}

// needsClock reports whether one of these algorithms counts jiffies.
func needsClock(names []string) bool {
	return slices.Contains(names, "go_cubic") || slices.Contains(names, "go_bbr")
}
