package btfgen

// An interfaceText documents a struct that programs implement, for the Go struct that is written of it.
type interfaceText struct {
	c       string
	is      string // what an implementation is, after "TYPE is "
	since   string // the first Linux in which programs can implement it
	members []memberText
}

// A memberText documents a member.
type memberText struct {
	member string
	params []string // names of parameters, for kernels whose BTF has none
	since  string   // the first Linux that has the member, where that is later than the interface's
	text   string   // what the kernel calls it for and when, after the Go name; one sentence a line
}

// textOf finds what is written of an interface. The zero value documents none of its members.
func textOf(c string) interfaceText {
	for _, i := range interfaceTexts {
		if i.c == c {
			return i
		}
	}
	return interfaceText{c: c, is: "an implementation of the kernel's struct " + c}
}

func (i interfaceText) member(name string) memberText {
	for _, m := range i.members {
		if m.member == name {
			return m
		}
	}
	return memberText{member: name}
}

// interfaceTexts are the interfaces that are documented here. When the kernel calls what was read in net/ipv4/tcp*.c of Linux 6.18 and in
// kernel/sched/ext.c of Linux 6.12.
var interfaceTexts = [...]interfaceText{
	{
		c: "tcp_congestion_ops", since: "5.6",
		is: "an algorithm of TCP congestion control. It must have a Name, Ssthresh, UndoCwnd, and CongAvoid or CongControl",
		members: []memberText{
			{member: "name", text: "is what sockets choose the algorithm by, with the socket option TCP_CONGESTION or the sysctl " +
				"tcp_congestion_control:\n1 to 15 letters, digits, dots and underscores."},
			{member: "flags", text: "is a sum of 1, which lets users without CAP_NET_ADMIN choose the algorithm " +
				"(TCP_CONG_NON_RESTRICTED), and 2, which makes\nits connections use ECN (TCP_CONG_NEEDS_ECN)."},
			{member: "ssthresh", text: "answers a loss, or a mark of ECN: the result is the new slow start threshold, in segments.\nThe " +
				"kernel asks when the connection enters one of the states CWR, Recovery and Loss. It must be set."},
			{member: "cong_avoid", text: "lets the window grow: it sets snd_cwnd of the socket.\nThe kernel calls it for an " +
				"acknowledgement that may raise the window, and not in the states CWR and Recovery.\nack is the acknowledged sequence " +
				"number, acked how many segments are known to have arrived since the last one.\nIt is not called where CongControl is " +
				"set."},
			{member: "set_state", text: "is told that the socket goes to another state, one of the constants CAOpen to CALoss.\nWhile " +
				"it runs, icsk_ca_state still is the old one."},
			{member: "cwnd_event", text: "is told what happens to the window, as one of the constants of enum tcp_ca_event:\nsending " +
				"begins with nothing in flight, recovery is over, the timer for retransmission ran out, a packet came with or\nwithout " +
				"a mark of ECN."},
			{member: "in_ack_event", text: "is called for each acknowledgement, before the window is changed.\nflags are constants of " +
				"enum tcp_ca_ack_event_flags."},
			{member: "pkts_acked", text: "is called for an acknowledgement of packets that were not acknowledged before.\nThe sample " +
				"has their number, the round trip time in microseconds (negative where it is not known), and how many are in flight."},
			{member: "min_tso_segs", text: "gives the least number of segments that the kernel puts into one packet for the network " +
				"card to cut up.\nWhere it is not set, the sysctl tcp_min_tso_segs holds."},
			{member: "cong_control", text: "sets the window and the pacing rate. The kernel calls it at the end of each " +
				"acknowledgement, in all states, and leaves\nto it how the window grows, and how it shrinks in the states CWR and " +
				"Recovery. The sample says how fast packets arrived.\nBefore Linux 6.10 the kernel passes sk and rs only. A function " +
				"that does not use ack and flag serves there as well."},
			{member: "undo_cwnd", text: "gives the window to go back to, in segments, when a loss turns out to be none. It must be set."},
			{member: "sndbuf_expand", text: "gives how many windows of data the send buffer has room for. Where it is not set, that " +
				"is 2."},
			{member: "init", text: "is called when a connection begins to use the algorithm, to set the private state."},
			{member: "release", text: "is called when a connection stops using the algorithm, because it closes or chooses another."},
		},
	},
	{
		c: "sched_ext_ops", since: "6.12",
		is: "a CPU scheduler. It must have a Name; what is not set, the kernel does in a simple way",
		members: []memberText{
			{member: "name", text: "is what the kernel lists the scheduler as: 1 to 127 letters, digits, dots and underscores."},
			{member: "dispatch_max_batch", text: "is how many tasks one call of Dispatch may put into queues at most; 0 stands for 32."},
			{member: "flags", text: "is a sum of constants such as OpsEnqLast: what the kernel leaves to the scheduler."},
			{member: "timeout_ms", text: "is how long a task may wait to run, in milliseconds, before the kernel throws the scheduler " +
				"out: up to 30000, which 0 stands for."},
			{member: "exit_dump_len", text: "is the size of the buffer for the report that the kernel writes when the scheduler fails, " +
				"in bytes; 0 stands for 32768."},
			{member: "hotplug_seq", text: "is the number that /sys/kernel/sched_ext/hotplug_seq had when user space looked at the " +
				"processors; registering fails\nwhen some came or went since. 0 leaves that out."},
			{member: "select_cpu", params: []string{"p", "prev_cpu", "wake_flags"}, text: "chooses a processor for a task that wakes " +
				"up, and gives its number.\nprev_cpu is where it ran last. Where it puts the task into a processor's own queue, Enqueue " +
				"is not called."},
			{member: "enqueue", params: []string{"p", "enq_flags"}, text: "is given a task that is ready to run and is in no queue yet: " +
				"it puts the task into one, or keeps it for later."},
			{member: "dequeue", params: []string{"p", "deq_flags"}, text: "takes back a task that Enqueue was given, as it sleeps or " +
				"something about it changes.\nThe kernel ignores a task that is put into a queue after that, so this is for schedulers " +
				"with queues of their own."},
			{member: "dispatch", params: []string{"cpu", "prev"}, text: "fills the queue of a processor that has nothing to run.\nprev " +
				"is the task that ran there and could go on; it may be nil."},
			{member: "tick", params: []string{"p"}, text: "is called with the task that runs, once in each tick of the kernel's " +
				"clock.\nSetting its slice to 0 ends its turn."},
			{member: "runnable", params: []string{"p", "enq_flags"}, text: "is told that a task wakes up, or comes to this processor to " +
				"run."},
			{member: "running", params: []string{"p"}, text: "is told that a task begins its turn."},
			{member: "stopping", params: []string{"p", "runnable"}, text: "is told that a task ends its turn. runnable is 1 when it " +
				"could go on."},
			{member: "quiescent", params: []string{"p", "deq_flags"}, text: "is told that a task sleeps, or leaves this processor."},
			{member: "yield", params: []string{"from", "to"}, text: "is asked when a task calls sched_yield, with nil for to, or yields " +
				"to another task.\nThe result is 1 when the scheduler did that; for sched_yield it does not matter."},
			{member: "core_sched_before", params: []string{"a", "b"}, text: "is asked, where threads of a core run only tasks that " +
				"trust each other, whether a should run before b: 1 when so."},
			{member: "set_weight", params: []string{"p", "weight"}, text: "is told that a task has another weight: 1 to 10000, and 100 " +
				"for nice 0."},
			{member: "set_cpumask", params: []string{"p", "cpumask"}, text: "is told that a task may run on other processors than " +
				"before."},
			{member: "update_idle", params: []string{"cpu", "idle"}, text: "is told that a processor goes idle (idle is 1) or wakes " +
				"up.\nWhere it is set, the kernel keeps no list of idle processors, unless Flags have OpsKeepBuiltinIdle."},
			{member: "cpu_acquire", params: []string{"cpu", "args"}, text: "is told that a processor is the scheduler's again."},
			{member: "cpu_release", params: []string{"cpu", "args"}, text: "is told that a processor goes to a scheduler of higher " +
				"rank, say for real-time tasks. args has the reason."},
			{member: "init_task", params: []string{"p", "args"}, text: "prepares a task: each one that there is when the scheduler is " +
				"registered, and later each one that is forked.\nA result below 0 is an error: the fork fails with it, or registering " +
				"does."},
			{member: "exit_task", params: []string{"p", "args"}, text: "undoes InitTask, as the task ends or the scheduler does.\nargs " +
				"has cancelled when the task never ran."},
			{member: "enable", params: []string{"p"}, text: "is told that a task comes under this scheduler."},
			{member: "disable", params: []string{"p"}, text: "is told that a task is under this scheduler no longer."},
			{member: "dump", params: []string{"ctx"}, text: "adds what the scheduler knows of itself to the report of a failure, with " +
				"the kernel function scx_bpf_dump."},
			{member: "dump_cpu", params: []string{"ctx", "cpu", "idle"}, text: "adds what the scheduler knows of a processor to the " +
				"report."},
			{member: "dump_task", params: []string{"ctx", "p"}, text: "adds what the scheduler knows of a task that is ready to run to " +
				"the report."},
			{member: "cgroup_init", params: []string{"cgrp", "args"}, text: "prepares a cgroup: each one that there is, and later each " +
				"new one. A result below 0 is an error."},
			{member: "cgroup_exit", params: []string{"cgrp"}, text: "undoes CgroupInit, as the cgroup goes away or the scheduler does."},
			{member: "cgroup_prep_move", params: []string{"p", "from", "to"}, text: "is asked before a task moves from a cgroup to " +
				"another. A result below 0 is an error, and the task stays."},
			{member: "cgroup_move", params: []string{"p", "from", "to"}, text: "is told that a task moves from a cgroup to another, " +
				"after CgroupPrepMove gave 0."},
			{member: "cgroup_cancel_move", params: []string{"p", "from", "to"}, text: "undoes CgroupPrepMove where the task does not " +
				"move after all."},
			{member: "cgroup_set_weight", params: []string{"cgrp", "weight"}, text: "is told that a cgroup has another weight: 1 to " +
				"10000, and 100 where nobody set one."},
			{member: "cpu_online", params: []string{"cpu"}, text: "is told that a processor came. Where it is not set, the scheduler " +
				"ends then."},
			{member: "cpu_offline", params: []string{"cpu"}, text: "is told that a processor goes away. Where it is not set, the " +
				"scheduler ends then."},
			{member: "init", text: "begins: it is called once before all others, to make queues and the like. A result below 0 is an " +
				"error: registering fails."},
			{member: "exit", params: []string{"info"}, text: "ends: it is called once after all others, with the reason why the " +
				"scheduler ended."},
		},
	},
}
