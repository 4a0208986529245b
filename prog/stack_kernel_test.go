//go:build linux

package prog_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// stackTypes are types of programs with and without functions that have a stack of their own.
var stackTypes = []prog.Options{
	{Type: syscall.ProgTypeKprobe}, {Type: syscall.ProgTypeTracepoint}, {Type: syscall.ProgTypePerfEvent},
	{Type: syscall.ProgTypeRawTracepoint}, {Type: syscall.ProgTypeRawTracepointWritable}, {Type: syscall.ProgTypeSocketFilter},
	{Type: syscall.ProgTypeXDP}, {Type: syscall.ProgTypeSchedCls}, {Type: syscall.ProgTypeSyscall, Flags: syscall.ProgSleepable},
	{Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, AttachTo: "sched_switch"},
	{Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceIter, AttachTo: "task"},
}

// TestFramesThatLinuxTakes compares the limits of the stack with the kernel: two functions with much stack, for types of programs whose
// functions may have a stack of their own, and for others.
func TestFramesThatLinuxTakes(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	host, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	defer host.BTF.Close()
	compared := 0
	var refused *prog.ProgramError
	for _, typ := range stackTypes {
		for _, size := range []int16{56, 64, 248, 256, 264, 304, 512} {
			name := fmt.Sprintf("%v %v %d", typ.Type, typ.AttachType, size)
			typ.License = "GPL"
			found := prog.Validate(twoFrames(size), typ, host)
			typ.Unchecked = true
			l, err := prog.Load(twoFrames(size), typ)
			typ.Unchecked = false
			if err == nil {
				l.Close()
			} else if !errors.As(err, &refused) {
				continue // this kernel cannot load such programs
			}
			compared++
			if found != nil && err == nil {
				t.Errorf("%s: the kernel takes it, the check does not: %v", name, found)
			}
			if found == nil && err != nil {
				t.Errorf("%s: the check takes it, the kernel does not: %v", name, err)
			}
		}
	}
	if compared < 40 {
		t.Errorf("only %d programs were compared", compared)
	}
}
