package btf

import (
	"strings"
	"testing"
)

// TestWhyNoTypes: a folder that is not sysfs is said to be none, as in a chroot or a small container.
func TestWhyNoTypes(t *testing.T) {
	if why := whyNoTypes(t.TempDir()); !strings.HasPrefix(why, "sysfs, which shows the kernel's BTF, is not mounted at ") {
		t.Errorf("of an ordinary folder: %s", why)
	}
	if why := whyNoTypes(sys); !strings.HasPrefix(why, "this kernel has no BTF") {
		t.Errorf("of sysfs: %s", why)
	}
}
