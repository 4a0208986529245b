package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// usualHZ is what most distributions' kernels have.
const usualHZ = 250

// clockRate finds out how many jiffies the kernel counts a second. Only its configuration says so: CUBIC and BBR measure time in jiffies,
// and a program cannot ask.
func clockRate() (uint32, error) {
	return clockRateIn([]string{"/proc/config.gz", "/boot/config-" + kernelRelease(), "/lib/modules/" + kernelRelease() + "/config"})
}

// clockRateIn looks through configurations.
func clockRateIn(files []string) (uint32, error) {
	for _, name := range files {
		hz, err := readHZ(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w\nhelp: -hz says what CONFIG_HZ of this kernel is, such as -hz %d", name, err, usualHZ)
		}
		return hz, nil
	}
	return 0, fmt.Errorf("go_cubic and go_bbr need the kernel's CONFIG_HZ, and its configuration is in none of %s\nhelp: -hz says what it is, such as -hz %d",
		strings.Join(files, ", "), usualHZ)
}

// readHZ reads a configuration, which may be compressed.
func readHZ(name string) (uint32, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return 0, err
		}
	}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "CONFIG_HZ="); ok {
			hz, err := strconv.ParseUint(value, 10, 32)
			if err != nil || hz == 0 {
				return 0, fmt.Errorf("CONFIG_HZ=%s is no number of jiffies a second", value)
			}
			return uint32(hz), nil
		}
	}
	return 0, errors.Join(lines.Err(), errors.New("no CONFIG_HZ in it"))
}

// needsClock tells whether one of these algorithms counts jiffies.
func needsClock(names []string) bool {
	return slices.Contains(names, "go_cubic") || slices.Contains(names, "go_bbr")
}
