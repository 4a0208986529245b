package linux

import (
	"iter"
	"strings"
)

// A Helper is what is known about a function that the kernel offers to programs by a number.
//
// To add one, add a row to helpers and run `go generate ./helper`.
type Helper struct {
	Name    string // bpf_map_lookup_elem
	Since   Version
	GPL     bool      // only programs under a licence that is compatible with the GPL may call it
	C       string    // the C type of the result: "void *"
	Result  Result    // what the result is for the verifier; zero for a helper that may do anything
	Effects Effects   // other effects of a call
	Maps    MapTypes  // the types of maps that it accepts, if they are few; 0 for all that are not restricted
	Also    MapTypes  // restricted types of maps that it accepts too
	Held    string    // what the program holds after the call, "socket"; "" for nothing
	Back    []string  // the helpers that release or end it: one of them must be called
	Or      string    // another way, after "or": "put it into a map with bpf_kptr_xchg"
	Args    []Arg     // in order
	Socket  Socket    // what a result that is a socket leads to
	Flags   Flags     // what its argument "flags" may be
	Calls   []ArgKind // the arguments that it passes to its ArgFunction; nil if that is not known
	Summary string    // what it does, as the rest of a sentence that begins with its name
}

// An Arg is an argument of a helper.
type Arg struct {
	Kind ArgKind
	Decl string // in C, as the UAPI header linux/bpf.h has it: "const void *key"
}

// Name is the argument's name in C: "key".
func (a Arg) Name() string { return a.Decl[a.cut():] }

// Type is the argument's type in C: "const void *".
func (a Arg) Type() string { return strings.TrimSuffix(a.Decl[:a.cut()], " ") }

// cut is the offset at which the name begins.
func (a Arg) cut() int {
	if a.Kind == ArgMore {
		return len(a.Decl)
	}
	return strings.LastIndexAny(a.Decl, " *") + 1
}

// Flags are the bits that a helper takes in its argument "flags". If another bit is set, the call fails when the program runs: the
// result is -EINVAL, or nil. The zero Flags are not known.
type Flags uint64

// NoFlags are those of a helper whose flags must be 0. No helper takes this bit.
const NoFlags Flags = 1 << 63

// Reserved are the bits of flags that a helper does not take. It is 0 if that is not known.
func (f Flags) Reserved(flags uint64) uint64 {
	if f == 0 {
		return 0
	}
	return flags &^ uint64(f&^NoFlags)
}

// IsPointer reports whether the argument is a pointer in C.
func (a Arg) IsPointer() bool { return strings.IndexByte(a.Decl, '*') >= 0 }

// Integer is the width of an argument that is a number in C, in bits, and whether it has a sign; ok is false for others.
func (a Arg) Integer() (bits int, signed, ok bool) { return Integer(a.Type()) }

// Integer is the width of a C type in bits, and whether it has a sign; ok is false if it is not an integer type of a helper.
func Integer(ctype string) (bits int, signed, ok bool) {
	for _, n := range integers {
		if n.ctype == ctype {
			return n.bits, n.signed, true
		}
	}
	return 0, false, false
}

// integers are the integer types in the prototypes of helpers.
var integers = [...]struct {
	ctype  string
	bits   int
	signed bool
}{
	{"u64", 64, false}, {"u32", 32, false}, {"int", 32, true}, {"long", 64, true}, {"u16", 16, false}, {"__be16", 16, false},
	{"s32", 32, true}, {"s64", 64, true}, {"__wsum", 32, false}, {"unsigned long", 64, false}, {"size_t", 64, false},
}

// An ArgKind is what the verifier expects of an argument (enum bpf_arg_type, include/linux/bpf.h).
type ArgKind uint8

const (
	ArgUnclaimed    ArgKind = iota // it differs between types of programs, or is not known: it is not checked
	ArgAny                         // anything that has a value: a number or some pointer
	ArgAddress                     // an address as a number or a pointer; the helper itself checks the memory
	ArgMore                        // any number of arguments from here on, each with a value; in C "..."
	ArgContext                     // the context, unchanged
	ArgMap                         // a map
	ArgKey                         // memory with a key of the map before
	ArgValue                       // memory with a value of it
	ArgValueOrNil                  // as ArgValue, or 0
	ArgValueRoom                   // memory that a value is written to
	ArgRead                        // memory to read; its size is the next argument
	ArgReadOrNil                   // as ArgRead, or 0 if the size is 0
	ArgWrite                       // memory that is written; its size is the next argument
	ArgWriteOrNil                  // as ArgWrite, or 0 if the size is 0
	ArgUpdate                      // memory that is read and written; its size is the next argument
	ArgWrite4                      // memory that 4 bytes are written to
	ArgWrite8                      // memory that 8 bytes are written to
	ArgSize                        // the size of the memory before, at least 1
	ArgSizeOrZero                  // as ArgSize, or 0
	ArgConstant                    // the size of the result, a known constant
	ArgPointer                     // some pointer that is not nil: a socket, a task, a struct
	ArgPointerOrNil                // as ArgPointer, or 0
	ArgOwner                       // the socket, task or cgroup whose value in a storage it is
	ArgConstantText                // a text in a read-only map
	ArgFunction                    // a function of the program that is called back
	ArgFunctionData                // what it is called with
	ArgRecord                      // a record of a ring buffer, which is released
	ArgSocket                      // a socket, which is released
	ArgLock                        // a spin lock in a map's value that is taken
	ArgUnlock                      // a spin lock that is released
	ArgKptr                        // the address of a kptr in a map's value; the map then owns the pointer that is put there
	ArgDynptr                      // a dynptr on the stack
	ArgNewDynptr                   // room for a new dynptr there, which the program must release
	ArgHeldDynptr                  // a dynptr that the call releases
	ArgOwnDynptr                   // room for a new dynptr there, which need not be released

	ArgKinds // how many there are
)

// Writes reports whether the call writes, releases or changes the object that the argument points to.
func (k ArgKind) Writes() bool {
	switch k {
	case ArgWrite, ArgWriteOrNil, ArgUpdate, ArgWrite4, ArgWrite8, ArgValueRoom,
		ArgNewDynptr, ArgOwnDynptr, ArgDynptr, ArgHeldDynptr, ArgRecord, ArgSocket, ArgLock, ArgUnlock:
		return true
	}
	return false
}

// A Result is what a helper returns (enum bpf_return_type, include/linux/bpf.h).
type Result uint8

const (
	ResultUnfollowed Result = iota // the helper is not followed: it may do anything with its arguments
	ResultOther                    // something that is not followed
	ResultNone                     // nothing, although C may say long: R0 has no value after the call (RET_VOID)
	ResultNumber                   // a number; some kernels may know limits of it
	ResultAnyNumber                // a number; no kernel knows limits of it
	ResultCopied                   // how many bytes were written to the call's memory, or a negative errno
	ResultValue                    // a pointer to the value of the call's map, or nil
	ResultRecord                   // a record of a ring buffer, of the call's constant size, or nil; the program holds it
	ResultSocket                   // a socket, or nil; the program holds it
	ResultSocketPart               // the socket that the first argument is, or nil; it is released with that one
	ResultSocketView               // another socket, or nil, which the program does not hold
	ResultKptr                     // the old pointer of a kptr, or nil; the program holds it
	ResultDynptrData               // memory of the call's dynptr, of the call's constant size, or nil
)

// Effects are what a call of a helper does, apart from reading its arguments.
type Effects uint8

const (
	MovesPacket Effects = 1 << iota // pointers into the packet are lost
	Sleeps                          // it may sleep (might_sleep)
	MayEnd                          // the program may end there, so nothing may be held
	WritesMap                       // it changes the map: not allowed for maps that are read-only for programs
	Unlocks                         // it may be called while a spin lock is held
	Counts                          // its function is called with a number from 0 up to the first argument
)

// Has reports whether e has any of some effects.
func (e Effects) Has(some Effects) bool { return e&some != 0 }

// Followed reports whether what a call does is known.
func (h *Helper) Followed() bool { return h.Result != ResultUnfollowed }

// Arguments is how many arguments the helper has; more says that there may be further ones.
func (h *Helper) Arguments() (n int, more bool) {
	n = len(h.Args)
	if n > 0 && h.Args[n-1].Kind == ArgMore {
		return n - 1, true
	}
	return n, false
}

// Prototype is the helper as C declares it.
func (h *Helper) Prototype() string {
	var b strings.Builder
	b.WriteString(h.C)
	if !strings.HasSuffix(h.C, "*") {
		b.WriteByte(' ')
	}
	b.WriteString(h.Name)
	b.WriteByte('(')
	for i, a := range h.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.Decl)
	}
	if len(h.Args) == 0 {
		b.WriteString("void")
	}
	b.WriteByte(')')
	return b.String()
}

// TakesMap reports whether the helper accepts maps of a type.
func (h *Helper) TakesMap(t MapType) bool {
	if h.Maps != 0 {
		return h.Maps.Has(t)
	}
	return !t.Info().Restricted || h.Also.Has(t)
}

// HelperCount is one more than the highest number of a helper.
const HelperCount = len(helpers)

// Helpers ranges over the helpers, in the order of their numbers. Do not change the rows.
func Helpers() iter.Seq2[int32, *Helper] {
	return func(yield func(int32, *Helper) bool) {
		for n := 1; n < len(helpers) && yield(int32(n), &helpers[n]); n++ {
		}
	}
}

// HelperByID is the row of a helper, by its number; nil if there is none. Do not change the row.
func HelperByID(id int32) *Helper {
	if id <= 0 || int(id) >= len(helpers) {
		return nil
	}
	return &helpers[id]
}

// HelperID is the number of a helper, by its name; ok is false if there is none.
func HelperID(name string) (id int32, ok bool) {
	for n := 1; n < len(helpers); n++ {
		if helpers[n].Name == name {
			return int32(n), true
		}
	}
	return 0, false
}

// HelperName is the name of a helper, by its number. That of number 0, which no program may call, is bpf_unspec.
func HelperName(id int32) (name string, ok bool) {
	if id < 0 || int(id) >= len(helpers) {
		return "", false
	}
	return helpers[id].Name, true
}
