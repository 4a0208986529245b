package verify

import (
	"errors"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Program is a program to check, with what is known about the kernel that will run it. What is not known is not checked.
type Program struct {
	place.Place // where it is attached; place.Place says which fields may be empty

	Code      []isa.Instruction
	Types     *btf.Types        // the kernel's types; nil if not known
	Kernel    isa.KernelVersion // the release that runs it; zero if not known
	Sleepable bool
	Attached  bool // the caller checks whether the place exists
	// Strict reports also what the kernel accepts but cannot be intended: a pointer returned as a number, or something that is held
	// when the program ends. The finding's Note says that the kernel accepts it.
	Strict    bool
	Steps     int           // limit of instructions to walk through; 0: the default
	NotGPL    bool          // the licence is known, and is not compatible with the GPL
	NoPerfmon bool          // it is loaded without CAP_PERFMON
	Maps      map[int32]Map // by descriptor, as in the instructions; nil: maps are not known
	Functions []Function    // of the program, from its func_info; nil if it has none

	// Own finds a struct of the program's own types, of which it may allocate objects, by the id in its BTF. If it is nil, nothing is
	// known about these objects.
	Own func(id btf.ID) (Record, bool)

	// Structs has the instructions, by their index in Code, that access a field by its name: the struct that they expect at the address.
	Structs map[int]string

	// Line names the instruction at a slot, for messages about another instruction. If it is nil, messages use the slot's number.
	Line func(slot int) string
}

// A Map is what is known about a map.
type Map struct {
	Name            string
	Type            linux.MapType
	Key, Value, Max uint32 // bytes, bytes, elements
	Flags           uint32
	Frozen          []byte  // the value of an array with one element that is frozen and read-only for programs; nil: not known
	Fields          []Field // of the value: those that only the kernel may access
	Inner           *Map    // of a map of maps: what its maps are like; nil if that is not known
}

// A Function is a function of the program. A global one (BTF_FUNC_GLOBAL) is checked by its prototype, for all callers. The others are
// walked through with the arguments of each call.
type Function struct {
	Slot   int // of its first instruction
	Name   string
	Global bool
	Args   []Argument // of a global one
	// Exception says that it is the program's exception callback: bpf_throw calls it, and no instruction names it.
	Exception bool
}

// An Argument of a global function, as the kernel understands its type (btf_prepare_func_args).
type Argument struct {
	Kind     ArgumentKind
	Size     int64 // of memory, in bytes
	Nullable bool  // memory: not tagged nonnull
}

// An ArgumentKind says what is known about an argument within a global function.
type ArgumentKind uint8

const (
	ArgumentUnknown ArgumentKind = iota // something that is not followed
	ArgumentNumber
	ArgumentContext
	ArgumentMemory
)

// Decode reads the instructions of a program. Bytes that are not an instruction are a finding.
func Decode(code []byte, order isa.ByteOrder) ([]isa.Instruction, *mistake.Finding) {
	ins, err := isa.Decode(code, order)
	if err == nil {
		return ins, nil
	}
	f := &mistake.Finding{Insn: -1, Kind: mistake.BadInstruction, Detail: err.Error()}
	var bad *isa.EncodingError
	if errors.As(err, &bad) {
		f.Insn = bad.Slot
	}
	return ins, f
}
