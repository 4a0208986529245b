package syscall

// MapFlags are given when a map is created. Which bits a kernel knows grows with its version; an unknown bit is EINVAL.
type MapFlags uint32

// The flags of BPF_MAP_CREATE (include/uapi/linux/bpf.h, 6.18), BPF_F_… there.
const (
	MapNoPrealloc    MapFlags = 1 << 0
	MapNoCommonLRU   MapFlags = 1 << 1
	MapNUMANode      MapFlags = 1 << 2
	MapReadOnly      MapFlags = 1 << 3 // user space may not write
	MapWriteOnly     MapFlags = 1 << 4 // user space may not read
	MapStackBuildID  MapFlags = 1 << 5
	MapZeroSeed      MapFlags = 1 << 6
	MapReadOnlyProg  MapFlags = 1 << 7 // programs may not write
	MapWriteOnlyProg MapFlags = 1 << 8 // programs may not read
	MapClone         MapFlags = 1 << 9
	MapMmapable      MapFlags = 1 << 10
	MapPreserveElems MapFlags = 1 << 11
	MapInnerMap      MapFlags = 1 << 12
	MapLink          MapFlags = 1 << 13 // a struct_ops map that is registered by a link (6.4+)
	MapPathFD        MapFlags = 1 << 14
	MapVTypeBTFObjFD MapFlags = 1 << 15 // ValueTypeBTFObjFD is set (6.9+)
	MapTokenFD       MapFlags = 1 << 16
	MapSegvOnFault   MapFlags = 1 << 17
	MapNoUserConv    MapFlags = 1 << 18
)

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
