package linux

import (
	"fmt"
	"slices"
	"strings"
)

// Restricted are kernel functions that only some members of an interface may call. The verifier of some kernels takes such a call
// anywhere, and the kernel then punishes it when it happens.
type Restricted struct {
	Functions []string
	Members   []string // that may call them, in any of the kernels that the row was read from
	Otherwise string   // what happens when another member calls them: "sched_ext throws the scheduler out"
}

// A Limit is the largest value of a data member.
type Limit struct {
	Member string
	Most   uint64
	Text   string // what the limit is, for people: "30000, which is 30 s"
}

// OpsFlags says which bits a data member may have, and what they need. The bits are those of an enum of the target's kernel, or, where the
// kernel has only macros for them, those of the table.
type OpsFlags struct {
	Member string
	Enum   string // its constants are the flags; "" if there is none
	All    string // the constant of the enum that has all bits
	Known  []string
	Needs  []FlagNeeds

	Bits  []FlagBit
	Until Version // the last release whose bits are known to be these
}

// A FlagBit is a flag that is a macro in the kernel's source.
type FlagBit struct {
	Name string
	Bit  uint64
}

// FlagNeeds says that a flag is refused unless a callback is set.
type FlagNeeds struct{ Flag, Member string }

// What sched_ext does with calls from a wrong member. Up to 6.18 the call itself fails, and the scheduler is thrown out (scx_kf_allowed,
// kernel/sched/ext.c); in newer kernels the verifier refuses the program (scx_kfunc_context_filter, since 7.1).
const thrownOut = "sched_ext throws the scheduler out"

// Members by the sets of kernel functions that they may call. They are the same in 6.12 and 6.18 (the masks of SCX_CALL_OP) and in
// 7.3 (scx_kf_allow_flags). Members that only one of these kernels has, or allows, are included: a finding must be right on all of them.
var (
	scxInserting  = []string{"select_cpu", "enqueue", "dispatch", "sub_ecaps_updated"}
	scxConsuming  = []string{"dispatch", "sub_ecaps_updated"}
	scxOutOfQueue = []string{ // called without the lock of a run queue
		"init_task", "cgroup_init", "cgroup_exit", "cgroup_prep_move", "cgroup_move", "cgroup_cancel_move", "cgroup_set_weight",
		"cgroup_set_bandwidth", "cgroup_set_idle", "sub_attach", "sub_detach", "cpu_online", "cpu_offline", "init_cids", "init", "exit",
		"dump",
	}
	scxRestricted = []Restricted{
		{
			Functions: []string{"scx_bpf_dsq_insert", "scx_bpf_dsq_insert_vtime", "scx_bpf_dsq_insert___v2", "__scx_bpf_dsq_insert_vtime",
				"scx_bpf_dispatch", "scx_bpf_dispatch_vtime"}, // the last two: their names in 6.12
			Members: scxInserting, Otherwise: thrownOut,
		}, {
			Functions: []string{"scx_bpf_dsq_move_to_local", "scx_bpf_consume", "scx_bpf_dispatch_nr_slots", "scx_bpf_dispatch_cancel"},
			Members:   scxConsuming, Otherwise: thrownOut,
		}, {
			Functions: []string{"scx_bpf_dsq_move", "scx_bpf_dsq_move_vtime", "scx_bpf_dispatch_from_dsq",
				"scx_bpf_dispatch_vtime_from_dsq"},
			Members: slices.Concat(scxConsuming, scxOutOfQueue), Otherwise: thrownOut,
		}, {
			Functions: []string{"scx_bpf_select_cpu_dfl"}, // in 6.12 only from select_cpu
			Members:   slices.Concat([]string{"select_cpu", "enqueue"}, scxOutOfQueue), Otherwise: thrownOut,
		}, {
			Functions: []string{"scx_bpf_reenqueue_local"}, Members: []string{"cpu_release"}, Otherwise: thrownOut,
		}, {
			Functions: []string{"scx_bpf_task_cgroup"}, // only for a task that is an argument (scx_kf_allowed_on_arg_tasks)
			Members: []string{"select_cpu", "enqueue", "dequeue", "runnable", "running", "stopping", "quiescent", "tick", "yield",
				"core_sched_before", "set_weight", "set_cpumask", "set_cmask", "enable", "disable", "exit_task", "dump_task",
				"cgroup_move"},
			Otherwise: thrownOut,
		},
	}
	scxLimits = []Limit{ // bpf_scx_init_member, kernel/sched/ext.c
		{"timeout_ms", 30_000, "30000, which is 30 s"},
		{"dispatch_max_batch", 1<<31 - 1, "2147483647"},
	}
	scxFlags = []OpsFlags{{Member: "flags", Enum: "scx_ops_flags", All: "SCX_OPS_ALL_FLAGS",
		Known: []string{"SCX_OPS_KEEP_BUILTIN_IDLE", "SCX_OPS_ENQ_LAST", "SCX_OPS_ENQ_EXITING", "SCX_OPS_SWITCH_PARTIAL",
			"SCX_OPS_ENQ_MIGRATION_DISABLED", "SCX_OPS_ALLOW_QUEUED_WAKEUP", "SCX_OPS_BUILTIN_IDLE_PER_NODE", "SCX_OPS_HAS_CGROUP_WEIGHT"},
		Needs: []FlagNeeds{{"SCX_OPS_ENQ_LAST", "enqueue"}}}} // validate_ops
)

// tcpFlags are checked by bpf_tcp_ca_init_member (TCP_CONG_MASK, include/net/tcp.h). Some of Linux 7 have more of them.
var tcpFlags = []OpsFlags{{Member: "flags", Until: "6.18",
	Bits: []FlagBit{{"TCP_CONG_NON_RESTRICTED", 1}, {"TCP_CONG_NEEDS_ECN", 2}}}}

// RestrictedFor says why a member may not call a kernel function that only some members may call; "" if it may.
func (t *OpsType) RestrictedFor(member, function string) (why string) {
	for _, r := range t.Restricted {
		if slices.Contains(r.Functions, function) && !slices.Contains(r.Members, member) {
			return fmt.Sprintf("%s when %s calls it. These members may call it: %s", r.Otherwise, member, strings.Join(r.Members, ", "))
		}
	}
	return ""
}

// LimitOf is the largest value of a data member; ok is false when none is known.
func (t *OpsType) LimitOf(member string) (_ Limit, ok bool) {
	i := slices.IndexFunc(t.Limits, func(l Limit) bool { return l.Member == member })
	if i < 0 {
		return Limit{}, false
	}
	return t.Limits[i], true
}

// FlagsOf are the flags of a data member; ok is false when none are known.
func (t *OpsType) FlagsOf(member string) (_ OpsFlags, ok bool) {
	i := slices.IndexFunc(t.Flags, func(f OpsFlags) bool { return f.Member == member })
	if i < 0 {
		return OpsFlags{}, false
	}
	return t.Flags[i], true
}
