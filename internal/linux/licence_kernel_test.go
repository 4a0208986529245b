//go:build linux

package linux_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// places are kinds of programs that together may call most helpers.
var places = [...]struct {
	typ    syscall.ProgType
	attach syscall.AttachType
	flags  syscall.ProgFlags
}{
	{typ: syscall.ProgTypeSocketFilter}, {typ: syscall.ProgTypeKprobe}, {typ: syscall.ProgTypeSchedCls}, {typ: syscall.ProgTypeTracepoint},
	{typ: syscall.ProgTypeXDP}, {typ: syscall.ProgTypePerfEvent}, {typ: syscall.ProgTypeLWTXmit}, {typ: syscall.ProgTypeSockOps,
		attach: 3},
	{typ: syscall.ProgTypeSKSKB}, {typ: syscall.ProgTypeSKMsg}, {typ: syscall.ProgTypeRawTracepoint}, {typ: syscall.ProgTypeCgroupSockAddr,
		attach: 10},
	{typ: syscall.ProgTypeSKReusePort}, {typ: syscall.ProgTypeCgroupSysctl}, {typ: syscall.ProgTypeSyscall, flags: 1 << 4}, // sleepable
}

// TestLicensesAreTheKernels asks the kernel which helpers it refuses to programs
// without a GPL-compatible license. The kernel checks that before the arguments.
func TestLicensesAreTheKernels(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 12)
	asked := 0
	for id, h := range linux.Helpers() {
		if h.Name == "bpf_tail_call" { // the kernel does not check it in this way
			continue
		}
		code, err := isa.Append(nil, isa.Native, isa.CallHelper(id), isa.Mov64Imm(isa.R0, 0), isa.Exit())
		if err != nil {
			t.Fatal(err)
		}
		kept, offered := false, false
		for _, p := range places {
			var log string
			attr := syscall.ProgLoadAttr{Type: p.typ, ExpectedAttachType: p.attach, Flags: p.flags, License: "Proprietary"}
			attr.Instructions, attr.Log = code, &log
			fd, err := syscall.ProgLoad(&attr)
			if err == nil {
				fd.Close()
			}
			none := slices.ContainsFunc([]string{"cannot use helper", "unknown func", "invalid func"},
				func(s string) bool { return strings.Contains(log, s) })
			kept = kept || strings.Contains(log, "GPL-restricted")
			offered = offered || !none && (err == nil || strings.Contains(log, "call"))
		}
		if !offered {
			continue // to none of these kinds of programs, or not on this kernel
		}
		asked++
		if kept != h.GPL {
			t.Errorf("%s: the kernel keeps it for GPL programs: %v; the table says %v", h.Name, kept, h.GPL)
		}
	}
	if asked < 150 {
		t.Errorf("the kernel offers %d helpers, fewer than expected", asked)
	}
}
