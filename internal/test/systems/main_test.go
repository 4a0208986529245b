package main

import (
	"strings"
	"testing"
)

// TestCheck: a constant that does not fit, and a test that needs a file of Linux, are found where they are wrong, and only there.
func TestCheck(t *testing.T) {
	for _, tt := range []struct{ system, want string }{
		{"linux/arm64", ""},
		{"linux/386", "overflows"},
		{"darwin/arm64", "undefined: onlyLinux"},
		{"linux", "must be written as"},
	} {
		err := check(tt.system, "./testdata/narrow")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.system, err, tt.want)
		}
	}
	if err := check("linux/386", "./testdata/nothing"); err == nil {
		t.Error("a package that is missing is taken")
	}
}
