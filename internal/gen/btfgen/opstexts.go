package btfgen

// An interfaceText documents a struct that programs implement, for the Go struct that is generated for it.
type interfaceText struct {
	c       string
	is      string // what an implementation is, after "TYPE is "
	members []memberText
}

// A memberText documents a member.
type memberText struct {
	member string
	params []string // names of parameters, for kernels whose BTF has none
	since  string   // the first Linux that has the member, if the interface is older
	text   string   // what it does and when the kernel calls it; it follows the Go name
}

// textOf returns the text about an interface. For an interface without one, no member is documented.
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

// interfaceTexts are the interfaces that are documented here. Source: net/ipv4/tcp*.c of Linux 6.18, and kernel/sched/ext.c of
// Linux 6.12.
var interfaceTexts = [...]interfaceText{
	{
		c:  "tcp_congestion_ops",
		is: "an algorithm of TCP congestion control. It must have a Name, Ssthresh, UndoCwnd, and CongAvoid or CongControl",
		members: []memberText{
			{member: "name", text: "is the algorithm's name: 1 to 15 letters, digits, dots and underscores. Sockets choose the " +
				"algorithm by it, with the socket option TCP_CONGESTION or the sysctl tcp_congestion_control."},
			{member: "flags", text: "is 0 or a sum of flags. 1 (TCP_CONG_NON_RESTRICTED) lets users without CAP_NET_ADMIN choose the " +
				"algorithm. 2 (TCP_CONG_NEEDS_ECN) makes its connections use ECN."},
			{member: "ssthresh", text: "returns the new slow start threshold, in segments, after a loss or an ECN mark. The kernel " +
				"calls it when the connection enters one of the states CWR, Recovery and Loss. It must be set."},
			{member: "cong_avoid", text: "increases the window: it sets snd_cwnd of the socket. The kernel calls it for each " +
				"acknowledgement that may increase the window, but not in the states CWR and Recovery. ack is the acknowledged " +
				"sequence number. acked is the number of segments that are known to have arrived since the last call. If CongControl " +
				"is set, CongAvoid is not called."},
			{member: "set_state", text: "is called before the socket goes to another state. The states are the constants CAOpen to " +
				"CALoss. During the call, icsk_ca_state is still the old state."},
			{member: "cwnd_event", text: "is called after an event that concerns the window. The events are the constants of enum " +
				"tcp_ca_event: sending begins with nothing in flight, recovery is over, the retransmission timer expired, a packet " +
				"came with or without an ECN mark. Since Linux 7.1 it is not called when sending begins: CwndEventTxStart is."},
			{member: "cwnd_event_tx_start", since: "7.1", text: "is called when sending begins with nothing in flight. Kernels " +
				"before 7.1 call CwndEvent with CAEventTxStart instead. There this function is left out, and CwndEvent must be set."},
			{member: "in_ack_event", text: "is called for each acknowledgement, before the window is changed. flags are constants of " +
				"enum tcp_ca_ack_event_flags."},
			{member: "pkts_acked", text: "is called for an acknowledgement of packets that were not acknowledged before. The sample " +
				"has their number, the round trip time in microseconds (negative if it is not known), and how many packets are in " +
				"flight."},
			{member: "min_tso_segs", text: "returns the smallest number of segments that the kernel puts into one packet, which the " +
				"network card cuts up. If it is not set, the sysctl tcp_min_tso_segs decides."},
			{member: "cong_control", text: "sets the window and the pacing rate. The kernel calls it at the end of each " +
				"acknowledgement, in all states. If it is set, the kernel does not change the window itself, not even in the states " +
				"CWR and Recovery. The sample says how fast packets arrived. Before Linux 6.10 the kernel passes only sk and rs. A " +
				"function that does not use ack and flag works there too."},
			{member: "undo_cwnd", text: "returns the window to go back to, in segments, when it turns out that nothing was lost. It " +
				"must be set."},
			{member: "sndbuf_expand", text: "returns how many windows of data the send buffer has room for. If it is not set, this " +
				"is 2."},
			{member: "init", text: "is called when a connection begins to use the algorithm. It sets the private state."},
			{member: "release", text: "is called when a connection stops using the algorithm, because the connection closes or " +
				"chooses another algorithm."},
		},
	},
	{
		c:  "sched_ext_ops",
		is: "a CPU scheduler. It must have a Name. If a function is not set, the kernel does its work in a simple way",
		members: []memberText{
			{member: "name", text: "is the name under which the kernel lists the scheduler: 1 to 127 letters, digits, dots and " +
				"underscores."},
			{member: "dispatch_max_batch", text: "is how many tasks one call of Dispatch may put into queues; 0 means 32."},
			{member: "flags", text: "is a sum of constants such as OpsEnqLast. Each leaves some work of the kernel to the scheduler, " +
				"or changes what the kernel does."},
			{member: "timeout_ms", text: "is how long a task may wait to run, in milliseconds. If a task waits longer, the kernel " +
				"removes the scheduler. The limit is 30000; 0 means 30000."},
			{member: "exit_dump_len", text: "is the size in bytes of the buffer for the report that the kernel writes when the " +
				"scheduler fails; 0 means 32768."},
			{member: "hotplug_seq", text: "is the number that user space read in /sys/kernel/sched_ext/hotplug_seq when it looked at " +
				"the processors. Registering fails if processors came or went since then. 0 turns this check off."},
			{member: "select_cpu", params: []string{"p", "prev_cpu", "wake_flags"}, text: "chooses a processor for a task that wakes " +
				"up, and returns its number. prev_cpu is where the task ran last. If SelectCPU puts the task into a processor's own " +
				"queue, Enqueue is not called."},
			{member: "enqueue", params: []string{"p", "enq_flags"}, text: "is called with a task that is ready to run and is not in " +
				"a queue. It puts the task into a queue, or keeps it for later."},
			{member: "dequeue", params: []string{"p", "deq_flags"}, text: "takes a task back that was given to Enqueue, because the " +
				"task sleeps or because its properties change. It is for schedulers with queues of their own: the kernel ignores a " +
				"task that is put into a queue after this call."},
			{member: "dispatch", params: []string{"cpu", "prev"}, text: "fills the queue of a processor that has nothing to run. " +
				"prev is the task that ran there and could continue; it may be nil."},
			{member: "tick", params: []string{"p"}, text: "is called with the task that runs, at each tick of the kernel's clock. To " +
				"end the task's turn, set its slice to 0."},
			{member: "runnable", params: []string{"p", "enq_flags"}, text: "is called when a task wakes up, or when it comes to this " +
				"processor to run."},
			{member: "running", params: []string{"p"}, text: "is called when a task begins its turn."},
			{member: "stopping", params: []string{"p", "runnable"}, text: "is called when a task ends its turn. runnable is 1 if the " +
				"task could continue."},
			{member: "quiescent", params: []string{"p", "deq_flags"}, text: "is called when a task goes to sleep, or leaves this " +
				"processor."},
			{member: "yield", params: []string{"from", "to"}, text: "is called when a task calls sched_yield (then to is nil), or " +
				"when it yields to another task. The result is 1 if the scheduler did what was asked; for sched_yield the result " +
				"does not matter."},
			{member: "core_sched_before", params: []string{"a", "b"}, text: "is called if the threads of a core run only tasks that " +
				"trust each other. The result is 1 if a should run before b."},
			{member: "set_weight", params: []string{"p", "weight"}, text: "is called when a task gets another weight: 1 to 10000. " +
				"The weight of nice 0 is 100."},
			{member: "set_cpumask", params: []string{"p", "cpumask"}, text: "is called when the set of processors changes on which a " +
				"task may run."},
			{member: "update_idle", params: []string{"cpu", "idle"}, text: "is called when a processor becomes idle (idle is 1) or " +
				"stops being idle. If it is set, the kernel keeps no list of idle processors, unless Flags contains " +
				"OpsKeepBuiltinIdle."},
			{member: "cpu_acquire", params: []string{"cpu", "args"}, text: "is called when the scheduler gets a processor back."},
			{member: "cpu_release", params: []string{"cpu", "args"}, text: "is called when a scheduler of higher priority takes a " +
				"processor, for example for real-time tasks. args has the reason."},
			{member: "init_task", params: []string{"p", "args"}, text: "prepares a task. It is called for each task that exists when " +
				"the scheduler is registered, and later for each new task. A result below 0 is an error: then the fork fails, or " +
				"registering fails."},
			{member: "exit_task", params: []string{"p", "args"}, text: "undoes InitTask when the task or the scheduler ends. " +
				"cancelled in args is true if the task never ran."},
			{member: "enable", params: []string{"p"}, text: "is called when a task begins to use this scheduler."},
			{member: "disable", params: []string{"p"}, text: "is called when a task stops using this scheduler."},
			{member: "dump", params: []string{"ctx"}, text: "adds what the scheduler knows about itself to the report of a failure, " +
				"with the kernel function scx_bpf_dump."},
			{member: "dump_cpu", params: []string{"ctx", "cpu", "idle"}, text: "adds what the scheduler knows about a processor to " +
				"the report."},
			{member: "dump_task", params: []string{"ctx", "p"}, text: "adds what the scheduler knows about a task that is ready to " +
				"run to the report."},
			{member: "cgroup_init", params: []string{"cgrp", "args"}, text: "prepares a cgroup. It is called for each cgroup that " +
				"exists, and later for each new one. A result below 0 is an error."},
			{member: "cgroup_exit", params: []string{"cgrp"}, text: "undoes CgroupInit when the cgroup is removed or the scheduler " +
				"ends."},
			{member: "cgroup_prep_move", params: []string{"p", "from", "to"}, text: "is called before a task moves from one cgroup " +
				"to another. If the result is below 0, it is an error and the task does not move."},
			{member: "cgroup_move", params: []string{"p", "from", "to"}, text: "is called when a task moves from one cgroup to " +
				"another, after CgroupPrepMove returned 0."},
			{member: "cgroup_cancel_move", params: []string{"p", "from", "to"}, text: "undoes CgroupPrepMove if the task does not " +
				"move after all."},
			{member: "cgroup_set_weight", params: []string{"cgrp", "weight"}, text: "is called when a cgroup gets another weight: 1 " +
				"to 10000. The default is 100."},
			{member: "cpu_online", params: []string{"cpu"}, text: "is called when a processor was added. If it is not set, the " +
				"scheduler ends then."},
			{member: "cpu_offline", params: []string{"cpu"}, text: "is called when a processor is removed. If it is not set, the " +
				"scheduler ends then."},
			{member: "init", text: "is called once, before all others. It makes queues and the like. If the result is below 0, it is " +
				"an error and registering fails."},
			{member: "exit", params: []string{"info"}, text: "is called once, after all others, with the reason why the scheduler " +
				"ended."},
		},
	},
}
