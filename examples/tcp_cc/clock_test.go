package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClockRateIsInTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	missing := filepath.Join(dir, "none")
	good := write("good", "# CONFIG_HZ_100 is not set\nCONFIG_HZ_1000=y\nCONFIG_HZ=1000\n")
	if hz, err := clockRateIn([]string{missing, good}); err != nil || hz != 1000 {
		t.Errorf("%d, %v", hz, err)
	}
	for _, test := range []struct {
		files []string
		want  string
	}{
		{[]string{missing}, "its configuration is in none of " + missing + "\nhelp: -hz says what it is, such as -hz 250"},
		{[]string{write("without", "CONFIG_NET=y\n"), good}, "without: CONFIG_HZ is missing\nhelp: -hz says"},
		{[]string{write("odd", "CONFIG_HZ=many\n")}, "odd: CONFIG_HZ=many is not a number of jiffies in a second\nhelp: -hz"},
		{[]string{write("packed.gz", "CONFIG_HZ=100\n")}, "packed.gz: gzip"},
	} {
		if _, err := clockRateIn(test.files); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: got %v\nwant %s", test.files, err, test.want)
		}
	}
}

// TestHZMustBeTheKernels: with another number of jiffies in a second, CUBIC and BBR would measure time wrongly.
func TestHZMustBeTheKernels(t *testing.T) {
	for _, test := range []struct {
		hz         uint
		comparing  bool
		configured uint32
		want       string // "": no error
	}{
		{0, false, 250, ""},
		{250, true, 250, ""},
		{1000, true, 0, ""},
		{7, true, 0, "-hz 7: must be CONFIG_HZ of this kernel, 24 to 1200, and most have 100, 250, 300 or 1000"},
		{5000, true, 250, "-hz 5000: must be CONFIG_HZ"},
		{1000, true, 250, "-hz 1000: the configuration of this kernel says CONFIG_HZ=250; leave -hz out"},
		{250, false, 250, "-hz needs -compare with go_cubic or go_bbr"},
	} {
		err := checkHZ(test.hz, test.comparing, test.configured)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("-hz %d, comparing %v, configured %d: %v, want %q", test.hz, test.comparing, test.configured, err, test.want)
		}
	}
}
