package syscall

import "time"

// A ProgLoadAttr describes a program to load. Every program needs Type, License and Instructions.
type ProgLoadAttr struct {
	Type ProgType

	// ExpectedAttachType is the attach point that the verifier checks for. For ProgTypeStructOps it is the index of the member
	// in the kernel's ops struct.
	ExpectedAttachType AttachType

	Name    string // any text; what the kernel sees is SanitizeName(Name)
	License string // "GPL", "Dual MIT/GPL", …; passed on as it is, and "" opens no GPL-only function

	// Instructions are encoded in the byte order of this machine, 8 bytes a slot.
	Instructions []byte

	AttachBTFID    uint32 // type id: the ops struct for struct_ops, the function for tracing
	AttachBTFObjFD *FD    // BTF of the module that holds AttachBTFID; nil for the kernel itself
	AttachProg     *FD    // program to extend or trace; excludes AttachBTFObjFD

	BTF             *FD    // the program's own types; needed for FuncInfo and LineInfo
	FuncInfo        []byte // records of struct bpf_func_info, native byte order
	LineInfo        []byte // records of struct bpf_line_info, native byte order
	FuncInfoRecSize uint32 // bytes a record; 0 is taken for 8
	LineInfoRecSize uint32 // bytes a record; 0 is taken for 16

	Flags ProgFlags

	// LogLevel asks for a log at the first attempt, also when the load succeeds. Zero loads without a log (verification is
	// faster) and asks for one only when the kernel refuses.
	LogLevel LogLevel

	// Log, if not nil, receives the log of the last attempt that had one, whether the program was refused or loaded.
	Log *string

	// FDArray has the descriptors that instructions refer to by index: maps, and BTF objects of modules with kernel functions.
	// The descriptors must stay open until ProgLoad returns.
	FDArray []int32
}

// A MapCreateAttr describes a map to create.
type MapCreateAttr struct {
	Type       MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes; for per-CPU maps of one CPU's value
	MaxEntries uint32
	Flags      MapFlags
	Name       string // any text; what the kernel sees is SanitizeName(Name)
	Extra      uint64 // meaning depends on the type, e.g. the number of hash functions of a bloom filter
	NUMANode   uint32 // used with MapNUMANode

	InnerMap *FD // template for maps of maps

	BTF            *FD // types of key and value
	BTFKeyTypeID   uint32
	BTFValueTypeID uint32

	// BTFVmlinuxValueTypeID is the kernel's type of the value, for MapTypeStructOps: bpf_struct_ops_<name>. BTF must be set
	// as well (kernel/bpf/syscall.c, map_create).
	BTFVmlinuxValueTypeID uint32

	// ValueTypeBTFObjFD is the BTF of the module that holds BTFVmlinuxValueTypeID; MapVTypeBTFObjFD is set with it (6.9+).
	ValueTypeBTFObjFD *FD
}

// A LinkCreateAttr describes an attachment. One of Prog and Map is set.
type LinkCreateAttr struct {
	Prog *FD
	Map  *FD // a struct_ops map, created with MapLink; it goes into the slot of the program's descriptor

	Target      *FD    // cgroup, network namespace, …; nil for none
	TargetIndex uint32 // interface index, for XDP and the like; excludes Target
	AttachType  AttachType
	Flags       uint32
	TargetBTFID uint32 // for tracing programs that are attached elsewhere than they were loaded for
}

// A TestRunAttr describes a run of a program on made-up input.
type TestRunAttr struct {
	Prog    *FD
	DataIn  []byte // packet; most networking types want at least 14 bytes
	DataOut []byte // receives the packet as the program left it; nil for none
	CtxIn   []byte // context; what it holds depends on the program type
	CtxOut  []byte // receives the context as the program left it; nil for none

	// CtxPointers are pointers inside CtxIn: the kernel gets a copy of CtxIn with the addresses filled in. The struct_ops test type
	// bpf_dummy_ops takes its first argument this way.
	CtxPointers []CtxPointer

	Repeat    uint32 // runs; 0 is taken for 1 by the kernel
	Flags     TestRunFlags
	CPU       uint32 // used with TestRunOnCPU
	BatchSize uint32 // for XDP with TestRunXDPLiveFrames
}

// A CtxPointer places the address of Data in a context, as a 64-bit number in native byte order.
type CtxPointer struct {
	Offset int    // bytes from the start of the context; a multiple of 8
	Data   []byte // what the pointer points to; the kernel may write it
}

// A TestRunResult is the result of a test run.
type TestRunResult struct {
	RetVal   uint32        // R0 at exit
	Duration time.Duration // mean of one run, as measured by the kernel
	DataOut  []byte        // the part of TestRunAttr.DataOut that was filled
	CtxOut   []byte        // the part of TestRunAttr.CtxOut that was filled
}

// A ProgInfo is what the kernel tells about a program.
type ProgInfo struct {
	Type            ProgType
	ID              uint32
	Name            string
	Tag             [8]byte       // hash of the instructions
	XlatedSize      uint32        // bytes, after the verifier's rewriting
	JitedSize       uint32        // bytes of machine code; 0 when interpreted
	LoadTime        time.Duration // since boot
	CreatedByUID    uint32
	GPLCompatible   bool
	MapIDs          []uint32
	BTFID           uint32        // the program's own types; 0 for none
	RunTime         time.Duration // of all runs; counted only while statistics are on, see EnableStats
	RunCount        uint64        // counted only while statistics are on
	RecursionMisses uint64        // runs left out because the program was running already
	VerifiedInsns   uint32        // instructions that the verifier processed
	AttachBTFObjID  uint32
	AttachBTFID     uint32
}

// A MapInfo is what the kernel tells about a map.
type MapInfo struct {
	Type                  MapType
	ID                    uint32
	KeySize               uint32
	ValueSize             uint32
	MaxEntries            uint32
	Flags                 MapFlags
	Name                  string
	BTFID                 uint32
	BTFKeyTypeID          uint32
	BTFValueTypeID        uint32
	BTFVmlinuxValueTypeID uint32
	BTFVmlinuxID          uint32 // BTF object that BTFVmlinuxValueTypeID belongs to (6.9+)
	Extra                 uint64
}

// A LinkInfo is what the kernel tells about a link.
type LinkInfo struct {
	Type   LinkType
	ID     uint32
	ProgID uint32 // 0 for struct_ops
	MapID  uint32 // struct_ops only; 0 once the link is detached

	AttachType AttachType // tracing, cgroup, netns, tcx, netkit; of others it is 0
	Interface  uint32     // xdp, tcx, netkit: index of the interface; 0 once the link is detached, or the interface is gone
	CgroupID   uint64     // cgroup: inode number of its directory; 0 once the link is detached, or the cgroup is gone
	NetnsInode uint32     // netns: inode number of /proc/PID/ns/net; 0 once the link is detached, or the namespace is gone
}

// A BTFInfo is what the kernel tells about a BTF object.
type BTFInfo struct {
	ID     uint32
	Size   uint32 // bytes
	Name   string // "vmlinux", the module's name, or "" for what a user loaded
	Kernel bool   // belongs to the kernel or one of its modules
}
