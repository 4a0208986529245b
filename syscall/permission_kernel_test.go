//go:build linux

package syscall

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// withCaps calls f on a thread that has only the given capabilities in its effective set.
func withCaps(t *testing.T, caps []Cap, f func()) {
	t.Helper()
	numbers := make([]int, len(caps))
	for i, c := range caps {
		numbers[i] = int(c)
	}
	kerneltest.WithCapabilities(t, numbers, f)
}

// The kernel decides which capabilities each program and map type needs. With the capabilities in the tables it must not answer EPERM.
// When one of them is missing it must.
func TestCapabilityTablesAgreeWithTheKernel(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 12) // 6.1 asks for others
	refused := func(caps []Cap, try func() (*FD, error)) (eperm bool) {
		withCaps(t, caps, func() {
			fd, err := try()
			fd.Close()
			eperm = errors.Is(err, unix.EPERM)
		})
		return eperm
	}
	check := func(name string, need []Cap, try func() (*FD, error)) {
		fd, err := try()
		fd.Close()
		if errors.Is(err, unix.EPERM) {
			t.Logf("%s: refused to root as well: %v", name, err)
			if got := ExplainPermission(err); !strings.Contains(got, "something else forbids it") {
				t.Errorf("%s: root is told that %s", name, got)
			}
			return
		}
		if refused(need, try) {
			t.Errorf("%s: EPERM with %s", name, joinCaps(need, " and "))
		}
		if refused([]Cap{CapSysAdmin}, try) {
			t.Errorf("%s: EPERM with CAP_SYS_ADMIN, which is said to stand for the others", name)
		}
		if err != nil && !strings.HasPrefix(name, "program ") {
			return // refused for another reason, which the kernel checks before capabilities for maps and BTF
		}
		for i, c := range need {
			less := append(append([]Cap(nil), need[:i]...), need[i+1:]...)
			if !refused(less, try) {
				t.Errorf("%s: allowed without %v", name, c)
			}
		}
	}
	insns := []byte{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0} // r0 = 0; exit, without registers and offsets to swap
	unprivileged := currentSetting().unprivileged == "0"
	for p := ProgTypeSocketFilter; p.Info().Name != ""; p++ {
		if unprivileged && (p == ProgTypeSocketFilter || p == ProgTypeCgroupSKB) {
			continue // allowed to everybody
		}
		check("program "+p.String(), capsFor(request{command: CmdProgLoad, progType: p}), func() (*FD, error) {
			return ProgLoad(&ProgLoadAttr{Type: p, License: "GPL", Instructions: insns})
		})
	}
	for m := MapTypeHash; m.Info().Name != ""; m++ {
		if unprivileged {
			continue // most types are allowed to everybody
		}
		attr := &MapCreateAttr{Type: m, KeySize: 4, ValueSize: 4, MaxEntries: 1}
		if m == MapTypeQueue || m == MapTypeStack || m == MapTypeBloomFilter {
			attr.KeySize = 0
		}
		if m == MapTypeRingBuf || m == MapTypeUserRingBuf {
			attr.KeySize, attr.ValueSize, attr.MaxEntries = 0, 0, uint32(os.Getpagesize())
		}
		check("map "+m.String(), capsFor(request{command: CmdMapCreate, mapType: m}), func() (*FD, error) {
			return MapCreate(attr)
		})
	}
	check("BTF", capsFor(request{command: CmdBTFLoad}), func() (*FD, error) {
		return BTFLoad(append(binary.NativeEndian.AppendUint16(nil, 0xeb9f), make([]byte, 22)...))
	})
	check("statistics", capsFor(request{command: CmdEnableStats}), EnableStats)
}
