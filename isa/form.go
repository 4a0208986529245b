package isa

import (
	"iter"
	"strconv"
	"strings"
)

// A Form is one row of the instruction table: one thing that an instruction can be, with its operands left open. The
// zero value stands for no form. The numbers of forms may change from one release to the next.
type Form uint8

// Forms ranges over the forms that programs consist of, in the table's order: from 1 to NumForms.
func Forms() iter.Seq[Form] { return formsBetween(1, NumForms) }

// InternalForms ranges over the forms that exist only inside Linux, in code that is read back from it: see DecodeXlated.
func InternalForms() iter.Seq[Form] { return formsBetween(NumForms+1, len(forms)-1) }

func formsBetween(first, last int) iter.Seq[Form] {
	return func(yield func(Form) bool) {
		for f := first; f <= last; f++ {
			if !yield(Form(f)) {
				return
			}
		}
	}
}

// row returns the form's row, and the empty one if f is no form.
func (f Form) row() *row {
	if int(f) >= len(forms) {
		f = 0
	}
	return &forms[f]
}

// String returns the form's name, see Info.
func (f Form) String() string {
	if n := f.row().name; n != "" {
		return n
	}
	return "no form"
}

// Info is what the table says about a form.
type Info struct {
	Name        string // the constructor's name, followed by the size if it takes one: "Add64Imm", "LoadMemDW"
	Constructor string // the name of the constructor: "Add64Imm", "LoadMem"
	Mnemonic    string // a short name in the style of the kernel's headers: "ADD64_K", "LDXDW"

	Op       Opcode
	Dst, Src Operand
	Off, Imm Operand
	NextImm  Operand // of the second slot of a 64-bit load
	Slots    int     // 1, or 2 for a 64-bit load
	Size     Size    // of the memory access; meaningful if Sized
	Sized    bool    // the constructor takes a size

	ImplicitReads  RegisterSet // registers that are read without being operands
	ImplicitWrites RegisterSet // registers that are written or lost without being operands

	Level    Level         // the lowest level of the instruction set (LLVM's -mcpu) that has the form, 0 if none has
	Since    KernelVersion // the first Linux that has the form, the zero value if none does. Programs may use it, except MovPerCPU
	Internal bool          // the form exists only inside Linux, which makes it since that version

	Text      string // template of the kernel's notation; the verbs are explained in format.go
	Xlated    string // template of bpftool's notation for code that is read back, "" where that is Text
	LLVM      string // template of LLVM's notation, "" if LLVM has none
	Also      string // template of another notation that Parse takes, or ""
	Semantics string // what the instruction does, in C's notation
}

// Info returns the form's row, and the zero value for an invalid Form.
func (f Form) Info() Info {
	r := f.row()
	if r.name == "" {
		return Info{}
	}
	i := Info{
		Name: r.name, Constructor: r.name, Mnemonic: r.mnem,
		Op: r.op, Dst: r.dst.operand(4), Src: r.src.operand(4),
		Off: r.off.operand(16), Imm: r.imm.operand(32), NextImm: r.next.operand(32),
		Slots:         Instruction{Op: r.op}.Slots(),
		ImplicitReads: r.reads, ImplicitWrites: r.writes,
		Level: r.level, Since: r.since, Internal: r.internal,
		Text: r.text, Xlated: r.xlated, LLVM: r.llvm, Also: r.also, Semantics: r.does,
	}
	if r.make != "" {
		i.Constructor, i.Sized, i.Size = r.make, true, r.op.Size()
	}
	return i
}

// A Level is a version of the instruction set as LLVM numbers them (-mcpu=v1 to v4); each has all of the one before.
// The zero value stands for no level.
type Level uint8

// The levels.
const (
	V1 Level = 1 + iota // the original instruction set
	V2                  // and jumps if less: JLT, JLE, JSLT, JSLE
	V3                  // and jumps on 32 bits, atomic operations beyond add
	V4                  // and signed division, sign-extending moves and loads, byte swap, long jump
)

// String returns v1 to v4, and "none" for the zero value.
func (l Level) String() string {
	if l == 0 {
		return "none"
	}
	return "v" + itoa(int64(l))
}

// Since is the release of Linux that took all of the level's instructions that clang emits for it: 4.14 for v2, 5.1 for v3, 6.6 for v4.
// Single instructions may be older, or newer ([Form.Since]).
func (l Level) Since() KernelVersion {
	switch l {
	case V2:
		return KernelVersion{4, 14}
	case V3:
		return KernelVersion{5, 1}
	case V4:
		return KernelVersion{6, 6}
	}
	return KernelVersion{3, 18}
}

// A KernelVersion is a release of Linux. The zero value stands for none.
type KernelVersion struct{ Major, Minor uint8 }

// ParseKernelVersion reads the first two numbers of a release: 6.18 of "6.18", "6.18.44" or "6.18-rc1". It returns false when there are
// none, or when one is over 255.
func ParseKernelVersion(release string) (KernelVersion, bool) {
	first, rest, _ := strings.Cut(release, ".")
	if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || '9' < r }); end >= 0 {
		rest = rest[:end]
	}
	major, err := strconv.ParseUint(first, 10, 8)
	if err != nil {
		return KernelVersion{}, false
	}
	minor, err := strconv.ParseUint(rest, 10, 8)
	if err != nil {
		return KernelVersion{}, false
	}
	return KernelVersion{uint8(major), uint8(minor)}, true
}

// AtLeast reports whether v is other or later. No kernel is at least the zero version, which stands for none.
func (v KernelVersion) AtLeast(other KernelVersion) bool {
	if other == (KernelVersion{}) {
		return false
	}
	if v.Major != other.Major {
		return v.Major > other.Major
	}
	return v.Minor >= other.Minor
}

// String returns the version as 6.18, and "none" for the zero value.
func (v KernelVersion) String() string {
	if v == (KernelVersion{}) {
		return "none"
	}
	return itoa(int64(v.Major)) + "." + itoa(int64(v.Minor))
}

func itoa(v int64) string { return strconv.FormatInt(v, 10) }
