package verifierlog

// A Value is what the verifier knows about a register or 8 bytes of stack.
type Value struct {
	Kind  ValueKind
	Text  string // as printed, without the name: "scalar(umax=255,var_off=(0x0; 0xff))"
	Flags ValueFlags

	Struct string // PointerBTF: the kernel's struct; Iterator and Dynptr: their type
	Map    string // name of the map
	State  string // Iterator: active, drained

	Offset   int64 // of a pointer, known part
	Frame    int   // PointerStack: the frame of the stack, -1 for the frame that the value is printed for
	ID       int   // the same for values that the verifier knows to be equal, or to come from the same look-up
	IDOffset int   // "id=3+4": the difference to other values with this ID
	Ref      int   // the reference of the value (ref_obj_id, ref_id; from 7.3 parent_id); 0 for none
	Range    int   // PointerPacket: number of bytes that were checked
	KeySize  int
	Size     int // size of a map's value or of memory
	Depth    int // Iterator
	DynptrID int // Dynptr and its slices: the same for those that belong together
	Width    int // stack: bytes of a spill that is narrower than a register; 0 for a full one

	Bounds  Bounds // Scalar, and the variable part of a pointer's offset
	Bits    Tnum
	Unknown []string // "key=value" pairs that this package does not know
}

// A ValueKind is the kind of a value.
type ValueKind uint8

// Kinds of values. Pointers come last.
const (
	NoValue  ValueKind = iota // nothing was written, or nothing is known
	NotShown                  // there may be a value, but the log does not show it
	Scalar                    // a number; it is known when its bounds are equal
	Bytes                     // stack: bytes of several kinds (Text has one letter for each byte)
	Dynptr                    // stack: a dynptr
	Iterator                  // stack: an open-coded iterator
	IRQFlag                   // stack: saved interrupt flags

	PointerContext
	PointerStack
	PointerMap // pointer to the map itself
	PointerMapKey
	PointerMapValue
	PointerPacket // also pkt_meta
	PointerPacketEnd
	PointerBTF    // to a struct of the kernel
	PointerSocket // sock, sock_common, tcp_sock, xdp_sock
	PointerMemory // mem, buf, ringbuf_mem
	PointerFunction
	PointerArena
	PointerOther // another kind; see Text
)

// IsPointer reports whether a value of this kind is an address.
func (k ValueKind) IsPointer() bool { return k >= PointerContext }

// ValueFlags are properties of a value.
type ValueFlags uint16

// Properties of values, with the words that the kernel prints for them.
const (
	MayBeNil         ValueFlags = 1 << iota // _or_null
	Precise                                 // P: the verifier tracks the exact number
	ReadOnly                                // rdonly_
	User                                    // user_
	PerCPU                                  // percpu_
	RCU                                     // rcu_
	UntrustedPointer                        // untrusted_
	Trusted                                 // trusted_
	Alloc                                   // alloc_, ringbuf_: the program allocated it
	NonOwning                               // non_own_ref
)

// Bounds are the limits of a number.
type Bounds struct {
	Min, Max       int64
	UMin, UMax     uint64
	Min32, Max32   int32
	UMin32, UMax32 uint32
}

// A Tnum says for each bit of a number whether it is known ("tristate number", kernel/bpf/tnum.c).
type Tnum struct {
	Value uint64 // the known bits
	Mask  uint64 // 1 for each bit that is not known
}
