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
