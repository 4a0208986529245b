package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const structsText = `Pointers to the kernel's structs have a type, from the kernel's BTF. They are arguments of a tracepoint or
of a member of an ops struct, or they are read from fields of such structs. A program must read fields at constant offsets and
with their own width, and it may write only some fields. When fields are named ([language.md](language.md)), all of this is done
for you. These programs do it by hand.`

var structs = [...]Mistake{
	{
		Name: "past_the_struct",
		Rule: "access beyond struct %s at off %u size %u",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("past_the_struct",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
				dsl.LoadMem(isa.DW, isa.R0, isa.R1, 32000), // wrong: struct task_struct ends before this offset
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "past_the_member",
		Rule: "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("past_the_member",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
				dsl.AddFieldOffset(isa.R1, "task_struct", "flags"),
				dsl.LoadMem(isa.DW, isa.R0, isa.R1, 0), // wrong: the field has 4 bytes, but 8 are read
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "half_a_pointer",
		Rule: "cannot access ptr member %s with moff %u in struct %s with off %u size %u",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("half_a_pointer",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
				dsl.AddFieldOffset(isa.R1, "task_struct", "group_leader"),
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 0), // wrong: the field is a pointer, which has 8 bytes
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "write_to_a_task",
		Rule: "only read is supported",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Func("write_to_a_task", func(f *dsl.Fn, task dsl.Ptr, flags dsl.U64) dsl.S32 {
				task.To("task_struct").Field("flags").Set(0) // wrong: tracepoints may only read
				return f.S32(0)
			})
		},
		Found: Compiling,
	},
	{
		Name: "before_the_struct",
		Rule: "R%d is ptr_%s invalid negative access: off=%d",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("before_the_struct",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
				dsl.LoadMem(isa.DW, isa.R0, isa.R1, -8), // wrong: the offset is before the beginning of the task
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "some_field",
		Rule: "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("some_field",
				dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0),
				dsl.CallHelper(prandom),
				dsl.And64Imm(isa.R0, 8),
				dsl.Add64Reg(isa.R6, isa.R0),
				dsl.LoadMem(isa.DW, isa.R0, isa.R6, 0), // wrong: the offset of a field must be a constant
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "write_to_snd_nxt",
		Rule: "no write support to %s at off %d",
		In:   congAvoid,
		Build: func() *dsl.Program {
			return dsl.Func("write_to_snd_nxt", func(f *dsl.Fn, sk dsl.Ptr, ack, acked dsl.U32) {
				sk.To("tcp_sock").Field("snd_nxt").Set(ack) // wrong: congestion controls may not write this field
			})
		},
		Found: Compiling,
	},
	{
		Name: "wide_write",
		Rule: "write access at off %d with size %d beyond the member of %s ended at %d",
		In:   congAvoid,
		Build: func() *dsl.Program {
			return dsl.Assembly("wide_write",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
				dsl.AddFieldOffset(isa.R1, "tcp_sock", "snd_cwnd"),
				dsl.StoreImm(isa.DW, isa.R1, 0, 10), // wrong: the field has 4 bytes, so the next field is overwritten too
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "wide_write_of_a_dummy",
		Rule: "write access at off %d with size %d beyond the member of %s ended at %d",
		In:   Place{Type: syscall.ProgTypeStructOps, Target: "bpf_dummy_ops.test_1"},
		Build: func() *dsl.Program {
			return dsl.Assembly("wide_write_of_a_dummy",
				dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0),
				dsl.Mov64Imm(isa.R0, 0),
				dsl.JEQ64Imm(isa.R1, 0, "none"),
				dsl.StoreImm(isa.DW, isa.R1, 0, 1), // wrong: struct bpf_dummy_ops_state has only 4 bytes
				dsl.Label("none"),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "one_argument_more",
		Rule: "func '%s' doesn't have %d-th argument",
		In:   ssthresh,
		Build: func() *dsl.Program {
			return dsl.Assembly("one_argument_more",
				dsl.LoadMem(isa.DW, isa.R0, isa.R1, 8), // wrong: ssthresh has one argument, at 0
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
	{
		Name: "between_two_arguments",
		Rule: "func '%s' offset %d is not multiple of 8",
		In:   newTask,
		Build: func() *dsl.Program {
			return dsl.Assembly("between_two_arguments",
				dsl.LoadMem(isa.W, isa.R0, isa.R1, 4), // wrong: arguments are at 0, 8, 16, …
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Found: Compiling,
	},
}
