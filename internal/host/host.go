// Package host finds out facts about the running kernel that are not in its types: which instructions it accepts, and the rate of its
// clock.
//
// The version of a kernel does not say which instructions it accepts. Distributions add newer BPF to older kernels, and the JIT compiler
// of a processor may support an instruction later than the verifier. So the package loads programs of a few instructions, the newest
// instructions first, until the kernel accepts one. A current kernel accepts the first, which takes some microseconds. The answer is kept
// for the process. When loading is not permitted, the package uses the version.
package host

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Instructions are the instructions that a kernel accepts.
type Instructions struct {
	Level isa.Level // all of it up to this level,

	// unless Kernel is set: nothing that came to Linux after that release.
	Kernel isa.KernelVersion
}

// A step is a set of instructions that were added together.
type step struct {
	Instructions
	since isa.KernelVersion
	probe []isa.Instruction
}

// steps are the sets to try, the newest first. The last one needs no test.
func steps() []step {
	jumps32 := []isa.Instruction{isa.Mov64Imm(isa.R0, 0), isa.JLT32Imm(isa.R0, 1, 0), isa.Exit()}
	level4 := []isa.Instruction{ // one of each new kind
		isa.Mov64Imm(isa.R1, -1),
		isa.Mov64SX8(isa.R0, isa.R1),
		isa.StoreMem(isa.DW, isa.R10, -8, isa.R1),
		isa.LoadMemSX(isa.W, isa.R0, isa.R10, -8),
		isa.SDiv64Imm(isa.R0, 2),
		isa.Bswap64(isa.R0),
		isa.JumpLong(0),
		isa.Exit(),
	}
	return []step{
		{Instructions{Level: isa.V4}, isa.KernelVersion{Major: 6, Minor: 9}, append([]isa.Instruction{
			isa.MayGoto(1), isa.Mov64Imm(isa.R0, 0)}, level4...)},
		{Instructions{isa.V4, isa.KernelVersion{Major: 6, Minor: 8}}, isa.KernelVersion{Major: 6, Minor: 6}, level4},
		{Instructions{Level: isa.V3}, isa.KernelVersion{Major: 5, Minor: 12}, append([]isa.Instruction{
			isa.StoreImm(isa.DW, isa.R10, -8, 0), isa.Mov64Imm(isa.R1, 1), isa.AtomicFetchAdd64(isa.R10, -8, isa.R1)}, jumps32...)},
		{Instructions{isa.V3, isa.KernelVersion{Major: 5, Minor: 11}}, isa.KernelVersion{Major: 5, Minor: 1}, jumps32},
		{Instructions{Level: isa.V2}, isa.KernelVersion{Major: 4, Minor: 14}, []isa.Instruction{
			isa.Mov64Imm(isa.R0, 0), isa.JLT64Imm(isa.R0, 1, 0), isa.Exit()}},
		{Instructions: Instructions{Level: isa.V1}},
	}
}

// asked is the answer of the running kernel. It does not change during the process.
var asked struct {
	sync.Mutex
	answer Instructions
	done   bool
}

// Ask finds out which instructions the running kernel accepts. It returns the zero value when nothing is known.
func Ask() Instructions {
	asked.Lock()
	defer asked.Unlock()
	if asked.done {
		return asked.answer
	}
	for _, s := range steps() {
		switch err := s.load(); {
		case err == nil:
			asked.answer, asked.done = s.Instructions, true
			return s.Instructions
		case !refused(err): // this error says nothing about the instructions
			return byVersion()
		}
	}
	return byVersion() // the kernel accepted none
}

func (s step) load() error {
	if s.probe == nil {
		return nil
	}
	code, err := isa.Append(nil, isa.Native, s.probe...)
	if err != nil {
		return err
	}
	fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, Name: "probe", License: "GPL",
		Instructions: code})
	if err != nil {
		return err
	}
	return fd.Close()
}

// refused reports whether the kernel did not accept the program.
func refused(err error) bool {
	var e *syscall.LoadError
	return errors.As(err, &e) && !errors.Is(err, fs.ErrPermission) &&
		(errors.Is(err, fs.ErrInvalid) || errors.Is(err, errors.ErrUnsupported) || e.Log != "")
}

// byVersion uses the kernel's release.
func byVersion() Instructions {
	return since(Release())
}

// Release returns the output of uname -r, "" when it is not known.
func Release() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func since(release string) Instructions {
	v, ok := isa.ParseKernelVersion(release)
	if !ok {
		return Instructions{}
	}
	for _, s := range steps() {
		if s.probe == nil || v.AtLeast(s.since) {
			return s.Instructions
		}
	}
	return Instructions{}
}
