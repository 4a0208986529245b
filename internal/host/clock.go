package host

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Configurations are the files that may have the running kernel's configuration.
func Configurations() []string {
	release := Release()
	return []string{"/proc/config.gz", "/boot/config-" + release, "/lib/modules/" + release + "/config"}
}

// ClockRate returns CONFIG_HZ, the number of jiffies in a second, from the first of these configurations that exists. BPF programs cannot
// read it. When no configuration exists, the error wraps fs.ErrNotExist.
func ClockRate(configurations []string) (uint32, error) {
	for _, name := range configurations {
		hz, err := readHZ(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		return hz, nil
	}
	return 0, fmt.Errorf("CONFIG_HZ is not known: missing are %s: %w", strings.Join(configurations, ", "), fs.ErrNotExist)
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
				return 0, fmt.Errorf("CONFIG_HZ=%s is not a number of jiffies in a second", value)
			}
			return uint32(hz), nil
		}
	}
	return 0, errors.Join(lines.Err(), errors.New("CONFIG_HZ is missing"))
}
