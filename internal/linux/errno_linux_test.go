package linux

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestErrnosAreLinux: names and numbers are those of the headers that package unix was made from.
func TestErrnosAreLinux(t *testing.T) {
	n := 0
	for name := range ErrnoNames() {
		n++
		for _, text := range []string{name, strconv.Itoa(numberOf(name)), "-" + strconv.Itoa(numberOf(name))} {
			if got, ok := ParseErrno(text); !ok || got != name {
				t.Errorf("%s is %s, %v, want %s", text, got, ok, name)
			}
		}
		want := unix.ErrnoName(unix.Errno(numberOf(name)))
		if alias, ok := errnoAliases[want]; ok {
			want = alias
		}
		if want != name && name != "ENOTSUPP" {
			t.Errorf("%d is %s, want %s", numberOf(name), name, want)
		}
	}
	if n != 132 {
		t.Errorf("%d names; want those of 1 to 133 without 41 and 58, and ENOTSUPP", n)
	}
	for _, text := range []string{"eacces", "EWOULDBLOCK", "ENOTSUP"} {
		if _, ok := ParseErrno(text); !ok {
			t.Errorf("%s is not known", text)
		}
	}
	for _, text := range []string{"", "0", "41", "525", "EACCESS", "-", "13a", "-9223372036854775808"} {
		if name, ok := ParseErrno(text); ok {
			t.Errorf("%q is %s", text, name)
		}
	}
}

func numberOf(name string) int {
	for n, known := range errnos {
		if known == name {
			return n
		}
	}
	return 0
}
