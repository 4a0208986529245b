package verify

import (
	"errors"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Program is what is checked, and what is known about where it will run. What is not known is not judged.
type Program struct {
	place.Place // where it goes; see place.Place for what may be left out

	Code      []isa.Instruction
	Types     *btf.Types // the kernel's; nil when not known
	Sleepable bool
	Attached  bool          // the caller checks whether the place exists
	Strict    bool          // what cannot be meant is a finding though the kernel takes it: a pointer as a result that is a number
	Steps     int           // how many instructions are walked through at most; 0: many
	NotGPL    bool          // the license is known, and is not compatible with the GPL
	NoPerfmon bool          // it is loaded without CAP_PERFMON
	Maps      map[int32]Map // by descriptor, as in the instructions; nil: nothing is known of maps
	Functions []Function    // of the program, as its func_info says; nil where it has none

	// Line names an instruction by its slot, for messages about another one; nil: by its number.
	Line func(slot int) string
}

// A Map is what is known of a map.
type Map struct {
	Name            string
	Type            linux.MapType
	Key, Value, Max uint32 // bytes, bytes, elements
	Flags           uint32
	Special         map[string]uint32 // fields of the value that only the kernel touches: bpf_spin_lock, bpf_timer, kptr; offset
}

// A Function is a function of the program. One that is global (BTF_FUNC_GLOBAL) is judged by its prototype, whoever calls it; others are
// walked through with what they are given.
type Function struct {
	Slot   int // of its first instruction
	Name   string
	Global bool
	Args   []Argument // of a global one
}

// An Argument of a global function is what the kernel makes of its type (btf_prepare_func_args).
type Argument struct {
	Kind     ArgumentKind
	Size     int64 // of memory, in bytes
	Nullable bool  // memory: not tagged nonnull
}

// An ArgumentKind says what is known of an argument within a global function.
type ArgumentKind uint8

const (
	ArgumentUnknown ArgumentKind = iota // something that is not followed
	ArgumentNumber
	ArgumentContext
	ArgumentMemory
)

// Decode reads the instructions of a program. What cannot be one is a finding.
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
