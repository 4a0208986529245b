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
