package syscall

import "github.com/bpfsmith/bpfsmith/internal/linux"

// MapFlags are given when a map is created. Which bits a kernel knows grows with its version; an unknown bit is EINVAL.
type MapFlags = linux.MapFlags

// Flags of MapUpdate. A struct_ops map takes only UpdateAny.
const (
	UpdateAny     uint64 = 0 // create or replace
	UpdateNoExist uint64 = 1 // create
	UpdateExist   uint64 = 2 // replace
	UpdateLock    uint64 = 4 // under the value's bpf_spin_lock
)

// ProgFlags are given when a program is loaded.
type ProgFlags uint32

// The flags of BPF_PROG_LOAD (include/uapi/linux/bpf.h, 6.18), BPF_F_… there.
const (
	ProgStrictAlignment ProgFlags = 1 << 0
	ProgAnyAlignment    ProgFlags = 1 << 1
	ProgTestRndHi32     ProgFlags = 1 << 2
	ProgTestStateFreq   ProgFlags = 1 << 3
	ProgSleepable       ProgFlags = 1 << 4
	ProgXDPHasFrags     ProgFlags = 1 << 5
	ProgXDPDevBoundOnly ProgFlags = 1 << 6
	ProgTestRegInvar    ProgFlags = 1 << 7
)

// A LogLevel says what the verifier prints.
type LogLevel uint32

// The bits of a log level (include/linux/bpf_verifier.h, 6.18). They may be added.
const (
	LogBranches LogLevel = 1 // the instructions of the path that failed
	LogInsns    LogLevel = 2 // every instruction of every path, with the state before it
	LogStats    LogLevel = 4 // time, stack depth
)

// LinkReplace makes LinkUpdate fail with EPERM unless the link holds the old program or map. LinkUpdate sets it itself.
const LinkReplace uint32 = 1 << 2

// TestRunFlags are given with a test run.
type TestRunFlags uint32

// The flags of BPF_PROG_TEST_RUN, BPF_F_TEST_… in include/uapi/linux/bpf.h.
const (
	TestRunOnCPU               TestRunFlags = 1 << 0
	TestRunXDPLiveFrames       TestRunFlags = 1 << 1
	TestRunSKBChecksumComplete TestRunFlags = 1 << 2
)
