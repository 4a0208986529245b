package mistakes

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const attachText = `Some programs are loaded for one target: a tracepoint or a member of an ops struct. The target is a number
in the kernel's BTF. Packages prog and structops find the right numbers, so these programs are changed after they were
compiled.`

var attach = [...]Mistake{
	{
		Name:  "traces_nothing",
		Rule:  "Tracing programs must provide btf_id",
		In:    newTask,
		Build: nothing,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.AttachBTFID = 0 // wrong: the tracepoint is missing
		},
		Whole: true,
	},
	{
		Name:  "traces_a_number",
		Rule:  "attach_btf_id %u is not a %s",
		In:    newTask,
		Build: nothing,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.AttachBTFID = 1 // wrong: type 1 is an integer, not a tracepoint
		},
		Whole: true,
	},
	{
		Name:  "no_ops_struct",
		Rule:  "attach_btf_id %u is not a supported struct",
		In:    ssthresh,
		Build: nothing,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.AttachBTFID = 1 // wrong: type 1 is an integer, not an ops struct
		},
		Whole: true,
	},
	{
		Name:  "no_such_member",
		Rule:  "attach to invalid member idx %u of struct %s",
		In:    ssthresh,
		Build: nothing,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.ExpectedAttachType = 999 // wrong: the struct has only about twenty members
		},
		Whole: true,
	},
	{
		Name:  "member_of_data",
		Rule:  "attach to invalid member idx %u of struct %s",
		In:    ssthresh,
		Build: nothing,
		Spoil: func(load *syscall.ProgLoadAttr) {
			load.ExpectedAttachType = 11 // wrong: in 6.18 this member is the name, not a function
		},
		Whole: true,
	},
	{
		Name: "member_not_offered",
		Rule: "attach to unsupported member %s of struct %s",
		In:   Place{Type: syscall.ProgTypeStructOps, Target: "tcp_congestion_ops.get_info"},
		Build: func() *dsl.Program {
			return dsl.Assembly("member_not_offered", // wrong: programs cannot implement get_info
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
		},
		Whole: true,
	},
	{
		Name: "sleepy_tracepoint",
		Rule: "Only fentry/fexit/fmod_ret, lsm, %s can be sleepable",
		In:   newTask,
		Build: func() *dsl.Program {
			p := nothing()
			p.Sleepable = true // wrong: tracepoints must not sleep
			return p
		},
		Whole: true,
	},
	{
		Name: "sleepless_task",
		Rule: "Syscall programs can only be sleepable",
		In:   task,
		Build: func() *dsl.Program {
			return nothing() // wrong: Sleepable is false
		},
		Whole: true,
	},
	{
		Name: "two_arenas",
		Rule: "bpf_struct_ops map cannot be used in prog",
		In:   task,
		Build: func() *dsl.Program {
			one, other := maps.NewArena("one", 4), maps.NewArena("other", 4)
			p := dsl.Assembly("two_arenas",
				dsl.LoadMap(isa.R1, one.Spec()),
				dsl.LoadMap(isa.R2, other.Spec()), // wrong: a program may use only one arena
				dsl.Mov64Imm(isa.R0, 0),
				dsl.Exit(),
			)
			p.Sleepable = true
			return p
		},
		Whole: true,
	},
}

// nothing is a correct program.
func nothing() *dsl.Program {
	return dsl.Assembly("nothing",
		dsl.Mov64Imm(isa.R0, 0),
		dsl.Exit(),
	)
}
