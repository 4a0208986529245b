package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const memoryText = `Each access must be inside the memory that the pointer points to: the value of a map, the 512 bytes of
stack, the part of a packet that was compared with its end, the fields of the context. When the offset is computed, the verifier
uses the limits that it knows for it.`

var memory = [...]Mistake{
	{
		Name: "index_past_the_value",
		Rule: "R%d max value is outside of the allowed memory range",
		In:   xdp,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Func("index_past_the_value", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				value := bytes.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(2))
				i := md.RxQueueIndex().And(127)
				return value.Offset(i).At(0).U8().U32() // wrong: i may be up to 127, but the value has only 64 bytes
			})
		},
		Found: Compiling,
	},
	{
		Name: "index_without_limit",
		Rule: "R%d unbounded memory access, make sure to bounds check any such access",
		In:   xdp,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Func("index_without_limit", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				value := bytes.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(2))
				return value.Offset(md.RxQueueIndex()).At(0).U8().U32() // wrong: the number of the queue has no limit
			})
		},
		Found: Compiling,
	},
	{
		Name: "index_below_zero",
		Rule: "R%d min value is negative, either use unsigned index or do a if (index >=0) check.",
		In:   xdp,
		Build: func() *dsl.Program {
			bytes := maps.NewArray[[64]uint8]("bytes", 1)
			return dsl.Func("index_below_zero", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				value := bytes.In(f).Lookup(0)
				f.If(value.IsNil(), f.ReturnConst(2))
				i := md.RxQueueIndex().S8().S64()
				f.If(i.Ge(64), f.ReturnConst(2))
				return value.Offset(i).At(0).U8().U32() // wrong: i is below 64 but may be -128
			})
		},
		Found: Compiling,
	},
	{
		Name: "size_without_limit",
		Rule: "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("size_without_limit", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				buffer := dsl.Local[[64]uint8](f)
				return helper.ProbeReadKernel(f, buffer, skb.Len(), f.U64(0)).S32() // wrong: the length may be larger than the buffer
			})
		},
		Found: Compiling,
	},
	{
		Name: "size_below_zero",
		Rule: "R%d min value is negative, either use unsigned or 'var &= const'",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Assembly("size_below_zero",
				dsl.LoadMem(isa.W, isa.R4, isa.R1, 0),
				dsl.Mov64SX32(isa.R4, isa.R4),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.JSGT64Imm(isa.R4, 64, "out"), // signed: limits only the upper side
				dsl.Mov64Imm(isa.R2, 0),
				dsl.Mov64Reg(isa.R3, isa.R10),
				dsl.Add64Imm(isa.R3, -64),
				dsl.CallHelper(skbLoadBytes), // wrong: a size of -1 is also below 64
				dsl.Label("out"),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "size_of_zero",
		Rule: "R%d invalid zero-sized read: u64=[%d,%d]",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("size_of_zero", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				buffer := dsl.Local[[64]uint8](f)
				return helper.SkbLoadBytes(f, skb, 0, buffer, skb.Len().And(63)).S32() // wrong: 64 & 63 is 0
			})
		},
		Found: Compiling,
	},
	{
		Name: "record_of_any_length",
		Rule: "R%d is not a known constant",
		In:   xdp,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("record_of_any_length", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				size := md.RxQueueIndex().And(63).U64()
				event := helper.RingbufReserve(f, events.Spec(), size, 0) // wrong: reserved records need a constant length
				f.If(event.NotNil(), func() { helper.RingbufDiscard(f, event, 0) })
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "above_the_stack",
		Rule: "invalid %s stack R%d off=%d size=%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("above_the_stack",
				dsl.StoreImm(isa.DW, isa.R10, 0, 1), // wrong: the stack is below R10, this is above it
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "buffer_too_short",
		Rule: "invalid %s stack R%d off=%d size=%d",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("buffer_too_short", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				buffer := dsl.Local[[16]uint8](f)
				return helper.SkbLoadBytes(f, skb, 0, buffer, f.U32(600)).S32() // wrong: 600 bytes do not fit into 16
			})
		},
		Found: Compiling,
	},
	{
		Name: "never_written",
		Rule: "invalid read from stack off %d+%d size %d",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("never_written",
				dsl.StoreImm(isa.W, isa.R10, -8, 1),
				dsl.LoadMem(isa.DW, isa.R0, isa.R10, -8), // wrong: the upper four of these bytes were never written
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "crooked_store",
		Rule: "misaligned %s access off %s size %d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("crooked_store",
				dsl.StoreImm(isa.DW, isa.R10, -12, 1), // wrong: 12 is not a multiple of 8
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "index_into_the_stack",
		Rule: "invalid variable-offset%s stack R%d var_off=%s",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("index_into_the_stack", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				table := dsl.Local[[16]uint8](f)
				i := skb.Mark().And(1023)
				return table.Offset(i).At(0).U8().S32() // wrong: i may be 1023, but the whole stack has 512 bytes
			})
		},
		Found: Compiling,
	},
	{
		Name: "any_index_into_the_stack",
		Rule: "invalid variable-offset%s stack R%d var_off=%s",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Func("any_index_into_the_stack", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				table := dsl.Local[[16]uint8](f)
				return table.Offset(skb.Mark()).At(0).U8().S32() // wrong: the mark may be any number
			})
		},
		Found: Compiling,
	},
	{
		Name: "packet_not_compared",
		Rule: "R%d offset is outside of the packet",
		In:   xdp,
		Build: func() *dsl.Program {
			return dsl.Func("packet_not_compared", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				return md.Packet().Start().At(12).U8().U32() // wrong: the packet may be shorter than this
			})
		},
		Found: Compiling,
	},
	{
		Name: "past_the_context",
		Rule: "invalid bpf_context access off=%d size=%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("past_the_context",
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 1024), // wrong: struct __sk_buff is much shorter
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "verdict_by_hand",
		Rule: "invalid bpf_context access off=%d size=%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Func("verdict_by_hand", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				skb.SetMark(1) // wrong: socket filters may not set the mark; tc programs may
				return f.U32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "computed_field",
		Rule: "variable ctx access var_off=%s disallowed",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("computed_field",
				dsl.LoadMem(isa.W, isa.R2, isa.R1, 0),
				dsl.And64Imm(isa.R2, 4),
				dsl.Add64Reg(isa.R1, isa.R2),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // wrong: the offset of the field must be a constant
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "moved_context",
		Rule: "dereference of modified %s ptr R%d off=%d disallowed",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("moved_context",
				dsl.Add64Imm(isa.R1, -8),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 8), // wrong: the context must have no offset, even if -8 and 8 make 0
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "set_a_constant",
		Rule: "write into map forbidden, value_size=%d off=%d size=%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			limit := maps.NewReadOnly("limit", uint64(100))
			return dsl.Assembly("set_a_constant",
				dsl.LoadMapData(isa.R1, limit.Spec(), 0),
				dsl.StoreImm(isa.DW, isa.R1, 0, 200), // wrong: the map is read-only
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "read_what_is_write_only",
		Rule: "read from map forbidden, value_size=%d off=%d size=%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			const writeOnlyForPrograms = 1 << 8 // BPF_F_WRONLY_PROG
			sink := maps.New(&dsl.MapSpec{Name: "sink", Type: dsl.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1,
				Flags: writeOnlyForPrograms})
			return dsl.Assembly("read_what_is_write_only",
				dsl.LoadMapData(isa.R1, sink.Spec(), 0),
				dsl.LoadMem(isa.DW, isa.R0, isa.R1, 0), // wrong: programs may only write this map
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "address_past_the_value",
		Rule: "invalid access to map value pointer, value_size=%d off=%d",
		In:   socketFilter,
		Build: func() *dsl.Program {
			total := maps.NewGlobal("total", uint64(0))
			return dsl.Assembly("address_past_the_value",
				dsl.LoadMapData(isa.R1, total.Spec(), 0),
				dsl.LoadMem(isa.B, isa.R0, isa.R1, 0),
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[12] = 8 // wrong: the offset in the second half of the load. The value has 8 bytes, 0 to 7
		},
		Whole: true,
	},
	{
		Name: "past_the_record",
		Rule: "invalid access to memory, mem_size=%d off=%d size=%d",
		In:   xdp,
		Build: func() *dsl.Program {
			events := maps.NewRingBuf("events", 4096)
			return dsl.Func("past_the_record", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				event := maps.Reserve[uint64](f, events)
				f.If(event.IsNil(), f.ReturnConst(2))
				event.Ptr.At(8).U64().Set(1) // wrong: 8 bytes were reserved, and this is after them
				events.Submit(f, event)
				return f.U32(2)
			})
		},
		Found: Compiling,
	},
	{
		Name: "no_such_descriptor",
		Rule: "fd %d is not pointing to valid bpf_map",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("no_such_descriptor",
				dsl.LoadMapFD(isa.R1, 9999), // wrong: this process has no descriptor with this number
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Whole: true,
	},
	{
		Name: "atomic_on_the_context",
		Rule: "BPF_ATOMIC stores into R%d %s is not allowed",
		In:   tc,
		Build: func() *dsl.Program {
			return dsl.Assembly("atomic_on_the_context",
				dsl.Mov64Imm(isa.R0, 1),
				dsl.AtomicAdd32(isa.R1, 8, isa.R0), // wrong: atomic operations are not possible on the context
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "spoilt_spill",
		Rule: "attempt to corrupt spilled pointer on stack",
		In:   careful,
		Build: func() *dsl.Program {
			return dsl.Assembly("spoilt_spill",
				dsl.StoreMem(isa.DW, isa.R10, -8, isa.R1),
				dsl.StoreImm(isa.B, isa.R10, -8, 0), // wrong: one byte of the saved pointer is overwritten
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "half_a_fill",
		Rule: "invalid size of register fill",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("half_a_fill",
				dsl.StoreMem(isa.DW, isa.R10, -8, isa.R1),
				dsl.LoadMem(isa.W, isa.R0, isa.R10, -8), // wrong: only half of the saved pointer is read
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "write_to_a_packet",
		Rule: "R%d cannot write into %s",
		In:   Place{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress},
		Build: func() *dsl.Program {
			return dsl.Func("write_to_a_packet", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				b := skb.Packet().Bytes(0, 1, f.ReturnConst(1))
				b.At(0).U8().Set(0) // wrong: programs of this hook may only read packets
				return f.U32(1)
			})
		},
	},
	{
		Name: "before_the_buffer",
		Rule: "R%d invalid %s buffer access: off=%d, size=%d",
		In:   Place{Type: syscall.ProgTypeRawTracepointWritable},
		Build: func() *dsl.Program {
			return dsl.Assembly("before_the_buffer",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),  // the buffer that the tracepoint lets programs write
				dsl.LoadMem(isa.DW, isa.R0, isa.R1, -8), // wrong: this is before its beginning
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "computed_place_in_a_buffer",
		Rule: "R%d invalid variable buffer offset: off=%d, var_off=%s",
		In:   Place{Type: syscall.ProgTypeRawTracepointWritable},
		Build: func() *dsl.Program {
			return dsl.Assembly("computed_place_in_a_buffer",
				dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0),
				dsl.CallHelper(prandom),
				dsl.And64Imm(isa.R0, 8),
				dsl.Add64Reg(isa.R6, isa.R0),
				dsl.LoadMem(isa.DW, isa.R0, isa.R6, 0), // wrong: offsets into this buffer must be constants
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "past_the_key",
		Rule: "invalid access to map key, key_size=%d off=%d size=%d",
		In:   tc,
		Build: func() *dsl.Program {
			counts := maps.NewHash[uint32, uint64]("counts", 16)
			each := dsl.Func("each", func(f *dsl.Fn, m dsl.Ptr, key dsl.Ptr, value dsl.Ref[uint64], sum dsl.Ref[uint64]) dsl.S64 {
				sum.U64("").Inc(key.At(0).U64()) // wrong: keys have 4 bytes
				return f.S64(0)
			})
			return dsl.Func("past_the_key", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return helper.ForEachMapElem(f, counts.Spec(), each, dsl.Local[uint64](f), 0).S32()
			})
		},
	},
	{
		Name: "another_key",
		Rule: "write to change key R%d not allowed",
		In:   tc,
		Build: func() *dsl.Program {
			counts := maps.NewHash[uint32, uint64]("counts", 16)
			each := dsl.Func("each", func(f *dsl.Fn, m dsl.Ptr, key dsl.Ptr, value dsl.Ref[uint64], sum dsl.Ref[uint64]) dsl.S64 {
				key.At(0).U32().Set(1) // wrong: keys in a map cannot be changed
				return f.S64(0)
			})
			return dsl.Func("another_key", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				return helper.ForEachMapElem(f, counts.Spec(), each, dsl.Local[uint64](f), 0).S32()
			})
		},
	},
	{
		Name: "past_the_flow_keys",
		Rule: "invalid access to flow keys off=%d size=%d",
		In:   Place{Type: syscall.ProgTypeFlowDissector},
		Build: func() *dsl.Program {
			return dsl.Assembly("past_the_flow_keys",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 144), // __sk_buff.flow_keys
				dsl.LoadMem(isa.H, isa.R0, isa.R1, 100),  // wrong: struct bpf_flow_keys has 56 bytes
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
	},
	{
		Name: "write_to_the_map_itself",
		Rule: "only read from %s is supported",
		In:   socketFilter,
		Build: func() *dsl.Program {
			numbers := maps.NewArray[uint64]("numbers", 16)
			return dsl.Assembly("write_to_the_map_itself",
				dsl.LoadMap(isa.R1, numbers.Spec()),
				dsl.StoreImm(isa.W, isa.R1, 0, 1), // wrong: R1 points to the kernel's struct bpf_array, not to the elements
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "packet_for_a_helper",
		Rule: "helper access to the packet is not allowed",
		In:   xdp,
		Build: func() *dsl.Program {
			return dsl.Func("packet_for_a_helper", func(f *dsl.Fn, md ctx.XDP) dsl.U32 {
				b := md.Packet().Bytes(0, 8, f.ReturnConst(2))
				helper.ProbeReadKernel(f, b, 8, 0) // wrong: this helper does not write to packets
				return f.U32(2)
			})
		},
	},
	{
		Name: "slice_to_write",
		Rule: "the prog does not allow writes to packet data",
		In:   Place{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress},
		Build: func() *dsl.Program {
			return dsl.Func("slice_to_write", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
				packet, copied := dsl.Local[[2]uint64](f), dsl.Local[uint64](f)
				f.Kernel("bpf_dynptr_from_skb", skb, 0, packet)
				b := f.Kernel("bpf_dynptr_slice_rdwr", packet, 0, copied, 8).Ptr("") // wrong: programs of this hook may only read packets
				f.If(b.NotNil(), func() { b.At(0).U8().Set(0) })
				return f.U32(1)
			})
		},
	},
	{
		Name: "no_address_of_a_hash",
		Rule: "direct value offset of %u is not allowed",
		In:   socketFilter,
		Build: func() *dsl.Program {
			counts := maps.NewHash[uint32, uint64]("counts", 16)
			return dsl.Assembly("no_address_of_a_hash",
				dsl.LoadMap(isa.R1, counts.Spec()),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.Instructions[1] = 0x21 // wrong: this takes the address of a value, which only arrays with one element allow
		},
		Whole: true,
	},
	{
		Name: "format_that_changes",
		Rule: "R%d does not point to a readonly map'",
		In:   tc,
		Build: func() *dsl.Program {
			format := maps.NewGlobal("format", [8]uint8{'h', 'i'})
			return dsl.Func("format_that_changes", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
				text, none := dsl.Local[[16]uint8](f), dsl.Local[uint64](f)
				return helper.Snprintf(f, text, 16, format.In(f), none, 0).S32() // wrong: the format must be in a read-only map
			})
		},
	},
	{
		Name: "one_load_of_two_kinds",
		Rule: "same insn cannot be used with different pointers",
		In:   socketFilter,
		Build: func() *dsl.Program {
			return dsl.Assembly("one_load_of_two_kinds",
				dsl.StoreImm(isa.DW, isa.R10, -8, 7),
				dsl.LoadMem(isa.W, isa.R2, isa.R1, 0),
				dsl.JEQ64Imm(isa.R2, 0, "load"),
				dsl.Mov64Reg(isa.R1, isa.R10),
				dsl.Add64Imm(isa.R1, -8),
				dsl.Label("load"),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // wrong: R1 is the context on one path, and an address on the stack on the other
				dsl.Exit(),
			)
		},
	},
	{
		Name: "look_into_the_map",
		Rule: "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN",
		In:   careful,
		Build: func() *dsl.Program {
			numbers := maps.NewArray[uint64]("numbers", 16)
			return dsl.Assembly("look_into_the_map",
				dsl.LoadMap(isa.R1, numbers.Spec()),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // wrong: reading the kernel's struct of the map needs CAP_PERFMON
				dsl.Exit(),
			)
		},
	},
}
