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
	Frame    int   // PointerStack: whose stack it is, -1 for that of the frame whose state has the value
	ID       int   // equal for values that the verifier knows to be equal, or to come from one look-up
	IDOffset int   // "id=3+4": differs by so much from others of the ID
	Ref      int   // reference that goes with it (ref_obj_id, ref_id; from 7.3 parent_id); 0 for none
	Range    int   // PointerPacket: bytes proven
	KeySize  int
	Size     int // of a map's value or of memory
	Depth    int // Iterator
	DynptrID int // Dynptr and its slices: equal for those that belong together
	Width    int // stack: bytes of a spill that is narrower than a register; 0 for whole ones

	Bounds  Bounds // Scalar, and the variable part of a pointer's offset
	Bits    Tnum
	Unknown []string // "key=value" that this package does not know
}

// A ValueKind says what a value is.
type ValueKind uint8

// Kinds of values. Pointers come last.
const (
	NoValue  ValueKind = iota // nothing is known, or nothing was ever written
	Scalar                    // a number, known when its bounds are equal
	Bytes                     // stack: not one value but bytes of several kinds (Text has a letter a byte)
	Dynptr                    // stack: a dynptr
	Iterator                  // stack: an open-coded iterator
	IRQFlag                   // stack: saved interrupt flags

	PointerContext
	PointerStack
	PointerMap // to a map itself
	PointerMapKey
	PointerMapValue
	PointerPacket // also pkt_meta
	PointerPacketEnd
	PointerBTF    // to a struct of the kernel
	PointerSocket // sock, sock_common, tcp_sock, xdp_sock
	PointerMemory // mem, buf, ringbuf_mem
	PointerFunction
	PointerArena
	PointerOther // another kind, which Text names
)

// IsPointer reports whether it is an address.
func (k ValueKind) IsPointer() bool { return k >= PointerContext }

// ValueFlags qualify a value.
type ValueFlags uint16

// Qualifications.
const (
	MayBeNil         ValueFlags = 1 << iota // _or_null
	Precise                                 // P: the verifier tracks the exact number
	ReadOnly                                // rdonly_
	User                                    // user_
	PerCPU                                  // percpu_
	RCU                                     // rcu_
	UntrustedPointer                        // untrusted_
	Trusted                                 // trusted_
	Alloc                                   // alloc_, ringbuf_: a program asked for it
	NonOwning                               // non_own_ref
)

// Bounds are the limits of a number.
type Bounds struct {
	Min, Max       int64
	UMin, UMax     uint64
	Min32, Max32   int32
	UMin32, UMax32 uint32
}

// A Tnum says of each bit of a number whether it is known ("tristate number", kernel/bpf/tnum.c).
type Tnum struct {
	Value uint64 // the known bits
	Mask  uint64 // 1 for each bit that is not known
}
