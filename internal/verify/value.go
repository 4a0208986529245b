package verify

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// A kind says what a value is.
type kind uint8

const (
	none       kind = iota // never written, or lost at a call
	number                 // see num
	context                // the program's context
	stack                  // into the stack of a frame
	mapItself              // a map, by its descriptor
	mapKey                 // the key that a callback is given
	mapValue               // the value of a map
	packet                 // into a packet
	packetMeta             // into the metadata before a packet
	packetEnd              // its end
	object                 // a struct of the kernel
	allocated              // an object that the program allocates: a struct of its own types
	socket                 // struct bpf_sock and similar ones, whose accesses the verifier translates
	memory                 // of a known size
	function               // a function of the program, to be called back
	opaque                 // something that this package does not follow: it reports nothing about it
)

// isStruct reports whether a pointer is to a struct that BTF describes (PTR_TO_BTF_ID).
func (v *value) isStruct() bool { return v.kind == object || v.kind == allocated }

func (k kind) isPointer() bool { return k >= context && k <= function }

// A trust says whether a pointer to a struct of the kernel is known to be valid.
type trust uint8

const (
	walked    trust = iota // read from another struct, and may have been freed since: ptr_
	trusted                // an argument, or acquired
	rcu                    // valid in an RCU section
	untrusted              // only for reads, which may fault
	lost                   // read from another struct, from a field that is not trusted
	borrowed               // an allocated object in a list or tree: valid as long as a lock is held
)

// A value is what is known about a register or about 8 bytes of stack. It is comparable.
type value struct {
	kind     kind
	nullable bool // a pointer that may be nil
	vague    bool // the kernel may know more about it: nothing that depends on it is reported
	there    bool // for some kernels it is not nil, for others it may be
	readOnly bool // memory
	ring     bool // memory: a record of a ring buffer
	perCPU   bool // an object that each CPU has of its own

	sock linux.Socket // a socket: which struct it leads to

	trust   trust
	frame   uint8  // stack: which one
	fn      int16  // function
	m       int16  // an index into the checker's maps
	id      uint32 // numbers: equal ids differ only by delta; pointers: equal ids come from one look-up or have the same variable offset
	ref     uint32 // the reference that it belongs to
	of      uint32 // memory: the dynptr that it belongs to
	gone    int32  // numbers that were pointers: see giveBack and lose; 0 for others
	rng     int32  // packet: bytes from its beginning that were compared with the end
	typ     btf.ID // object: the kernel's struct; allocated: the program's
	param   int8   // which argument of the program it is, counted from 1; 0 for others
	outcome bool   // a vague number that says how a call ended: for every kernel it may be 0, and it may be negative
	size    int64  // memory
	off     int64  // pointers: the known part of the offset; numbers: delta
	num     scalar // numbers; pointers: the variable part of the offset
}

// giveBack turns a pointer to an object that is released at instruction i into a number.
func (v *value) giveBack(i int) {
	*v = anyNumber(8)
	v.gone = int32(i + 1)
}

// lose turns a pointer into the number n, because instruction i says that it is no pointer from there on: a comparison that finds that it
// is nil, or a call that moves the packet.
func (v *value) lose(i int, n value) {
	*v = n
	v.gone = -int32(i + 1)
}

func constant(n uint64) value { return value{kind: number, num: exactly(n)} }
func anyNumber(size int) value {
	return value{kind: number, num: ofBytes(size)}
}

func unclear() value { return value{kind: opaque, vague: true, num: anyScalar()} }

// framePointer is R10 of a function: frame counts the functions that called it.
func framePointer(frame int) value {
	v := pointer(stack)
	v.frame = uint8(frame)
	return v
}

func pointer(k kind) value { return value{kind: k, num: exactly(0)} }

func (v *value) isConst() bool { return v.kind == number && v.num.isConst() }
func (v *value) isZero() bool  { return v.isConst() && v.num.bits.value == 0 }

// fixed reports whether all of a pointer's offset is known.
func (v *value) fixed() bool { return v.num.isConst() && v.num.bits.value == 0 }

// What a byte of the stack holds.
const (
	unwritten uint8 = iota
	spilled
	misc
	zero
	dynptr
	iterator
	irqFlag
)

// A slot is 8 bytes of stack.
type slot struct {
	bytes [8]uint8 // the lowest address first
	val   value    // if bytes are spilled
	id    uint32   // dynptr, iterator and flags: the reference, or their identity
	first bool     // the lower of a dynptr's two slots
}

// become marks all bytes of a slot as something that is not plain memory.
func (sl *slot) become(what uint8, id uint32) {
	*sl = slot{id: id}
	for b := range sl.bytes {
		sl.bytes[b] = what
	}
}

// isObject reports whether a slot is part of something that is not plain memory.
func (sl *slot) isObject() bool { return sl.bytes[0] >= dynptr }

// number reports whether a byte of a slot is, or is part of, a number.
func (sl *slot) number(b int) bool {
	return sl.bytes[b] == misc || sl.bytes[b] == zero || sl.bytes[b] == spilled && sl.val.kind == number
}

// keepsNumber reports whether a number was stored at the slot's beginning. For helpers, the kernel then regards the whole slot as written
// (check_stack_range_initialized).
func (sl *slot) keepsNumber() bool {
	return sl.bytes[0] == zero || sl.bytes[0] == spilled && sl.val.kind == number
}

// A frame is a function that is being walked through.
type frame struct {
	fn       int
	call     int // the instruction that called it
	callback bool
	regs     [11]value
	stack    []slot // the one below R10 first
}

// A section of the code begins and ends with a call. It must not be left in another way.
type section uint8

const (
	rcuSection section = iota
	preemptSection
	sections
)

// A held thing must be released.
type held struct {
	id   uint32
	insn int // the instruction that acquired it; below 0: argument -1-insn
	kind holding
	in   allocation // a spin lock: where it is
}

type holding uint8

const (
	reference holding = iota
	spinLock
	irqState
)

// A state is what is known at one instruction on one path.
type state struct {
	frames  []frame
	held    []held
	rcu     int
	preempt int
	entered [sections]int // the instructions that opened sections
	guess   bool          // the path may not exist: nothing is reported on it
	via     int           // 1 + the last instruction at which the path could have gone another way; 0 if there is none
}

func (s *state) top() *frame { return &s.frames[len(s.frames)-1] }

// each calls f for every value that is known: registers and what was spilled.
func (s *state) each(f func(v *value)) {
	for i := range s.frames {
		fr := &s.frames[i]
		for r := range fr.regs {
			f(&fr.regs[r])
		}
		for k := range fr.stack {
			if fr.stack[k].bytes[7] == spilled || fr.stack[k].bytes[0] == spilled {
				f(&fr.stack[k].val)
			}
		}
	}
}

func (s *state) isHeld(k holding) bool {
	return slices.ContainsFunc(s.held, func(h held) bool { return h.kind == k })
}

// letGo releases a reference, and calls with for all pointers to it.
func (s *state) letGo(ref uint32, with func(v *value)) {
	s.release(ref)
	s.each(func(v *value) {
		if v.ref == ref {
			with(v)
		}
	})
}

// holds reports whether a reference is still held.
func (s *state) holds(id uint32) bool { return s.heldAt(id) >= 0 }

func (s *state) heldAt(id uint32) int {
	return slices.IndexFunc(s.held, func(h held) bool { return h.id == id })
}

func (s *state) release(id uint32) bool {
	i := s.heldAt(id)
	if i < 0 {
		return false
	}
	s.held = slices.Delete(s.held, i, i+1)
	return true
}

// String names a kind in messages.
func (k kind) String() string {
	return [...]string{"nothing", "a number", "the context", "the stack", "a map", "a map's key", "a map's value", "a packet",
		"a packet's metadata", "a packet's end",
		"a struct of the kernel", "an allocated object", "a socket", "memory", "a function", "something"}[k]
}
