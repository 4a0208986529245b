package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWordsThatNothingHas: a word that is misspelt, or that nothing in the kernel is named by, is a mistake of the command line. The
// message has the flag, the word and a word that exists.
func TestWordsThatNothingHas(t *testing.T) {
	dir := t.TempDir()
	notBTF := filepath.Join(dir, "text.btf")
	if err := os.WriteFile(notBTF, []byte(strings.Repeat("text", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	const (
		types = "--btf ../../internal/test/fixture/6.18.btf "
		ops   = types + "--type struct_ops --member "
		both  = "check explain"
	)
	for _, tt := range []struct{ commands, flags, want string }{
		{both, "--type xpd", "--type xpd: there is no such type of programs; did you mean xdp?"},
		{both, "--type struct-ops", "--type struct-ops: there is no such type of programs; did you mean struct_ops?"},
		{both, "--type wobble",
			"--type wobble: there is no such type of programs; expected a name as bpftool has it, such as socket_filter"},
		{both, "--type unspec", "--type unspec: there is no such type"},
		{both, "--type xdp/eth0", "--type xdp/eth0: there is no such type of programs; expected xdp, xdp/devmap or xdp/cpumap"},
		{both, "--type cgroup/conect4", "--type cgroup/conect4: there is no such type of programs; did you mean cgroup/connect4?"},
		{both, "--type perf_event/x", "--type perf_event/x: there is no such type of programs; did you mean perf_event?"},

		{both, ops + "init", "--member init: expected STRUCT/MEMBER, such as tcp_congestion_ops/"},
		{both, ops + "tcp_congestion_ops/", "--member tcp_congestion_ops/: expected STRUCT/MEMBER"},
		{both, ops + "tcp_congestion_op/init",
			`this kernel has no interface "tcp_congestion_op" for programs; did you mean tcp_congestion_ops?`},
		{both, ops + "tcp_sock/snd_cwnd",
			`--member tcp_sock/snd_cwnd: this kernel has no interface "tcp_sock" for programs; this kernel has `},
		{both, ops + "tcp_congestion_ops/sstresh", `this kernel's tcp_congestion_ops has no member "sstresh"; did you mean ssthresh?`},
		{both, ops + "tcp_congestion_ops/nothing", `has no member "nothing"; its callbacks are ssthresh, cong_avoid, `},
		{both, ops + "tcp_congestion_ops/flags", "--member tcp_congestion_ops/flags: tcp_congestion_ops.flags is not a function"},
		{both, "--type xdp --member tcp_congestion_ops/init", "it is for --type struct_ops, and the type is xdp"},
		{"check", ops + "hid_bpf_ops/hid_device_event", `no interface "hid_bpf_ops" for programs; it needs Linux 6.11 or later`},

		{"check", types + "--type tp_btf --attach task_newtsk",
			`--attach task_newtsk: this kernel has no tracepoint "task_newtsk"; did you ` +
				"mean task_newtask?"},
		{"check", types + "--type tp_btf/task_newtsk", `--attach task_newtsk: this kernel has no tracepoint "task_newtsk"; did you mean`},
		{"check", types + "--type fentry --attach task_newtask", "task_newtask is a tracepoint: use trace_raw_tp"},
		{"check", types + "--type fentry --attach tcp_slow_strt", `has no function "tcp_slow_strt"; did you mean tcp_slow_start?`},
		{"check", types + "--type tracing --attach tcp_slow_start",
			"tcp_slow_start is a function: use trace_fentry, trace_fexit or modify_return"},
		{"check", types + "--type fentry/one --attach two", "--attach two: --type says that it is one"},
		{"check", types + "--type lsm --attach no_hook_of_this_name",
			`this kernel has no hook of the security modules "no_hook_of_this_name"`},
		{"check", "--type xdp --attach xdp_devmp", "--attach xdp_devmp: xdp programs cannot be attached there; did you mean xdp_devmap?"},
		{"check", "--type xdp --attach eth0", "--attach eth0: xdp programs cannot be attached there; the attach type may be xdp_devmap, " +
			"xdp_cpumap or xdp"},
		{"check", "--type tcx/ingress --attach tcx_egress", "--attach tcx_egress: --type says that it is tcx_ingress"},
		{"check", "--type socket_filter --attach eth0", "socket_filter programs have no attach type"},
		{"check", "--type struct_ops --attach init",
			"--attach init: the place of a struct_ops program is given by --member STRUCT/MEMBER"},

		{"explain", "--errno EACCESS", "--errno EACCESS: Linux has no such error; did you mean EACCES?"},
		{"explain", "--errno 999", "--errno 999: Linux has no such error; expected a name such as EACCES, or a number such as 13"},
		{"explain", "--errno denied", "--errno denied: Linux has no such error; expected a name"},

		{both, "--type struct_ops --member a/b --btf " + notBTF, "--btf: " + notBTF + ": malformed BTF: magic"},
		{both, "--type struct_ops --member a/b --btf /nowhere", "--btf: open /nowhere: "},
	} {
		for command := range strings.FieldsSeq(tt.commands) {
			args := append(append([]string{command}, strings.Fields(tt.flags)...), "-")
			out, errs, code := tool("", args...)
			if out != "" || !strings.Contains(errs, tt.want) || code != exitUsage && !strings.Contains(tt.want, "--btf") {
				t.Errorf("%v: exit %d, %q\n%swant %s", args, code, out, errs, tt.want)
			}
		}
	}
}

// TestWordsThatAreKnown: these are taken as they are, or as another name of the same.
func TestWordsThatAreKnown(t *testing.T) {
	const (
		types   = "--btf ../../internal/test/fixture/6.18.btf "
		program = "b7000000000000009500000000000000"
	)
	for flags := range strings.SplitSeq("--type XDP\n--type BPF_PROG_TYPE_XDP\n--type xdp.frags/devmap\n--type cgroup_inet_egress\n"+
		"--type xdp --attach xdp_cpumap\n--type tcx/ingress --attach tcx_ingress\n--type kprobe/any_function\n--type kprobe --attach f\n"+
		"--type kprobe --attach trace_kprobe_multi\n"+
		types+"--type fentry/tcp_slow_start\n"+types+"--type tp_btf --attach task_newtask\n"+types+"--type freplace --attach f", "\n") {
		if out, errs, code := tool("", append(append([]string{"check"}, strings.Fields(flags)...), program)...); code != 0 {
			t.Errorf("%s: exit %d, %s%s", flags, code, out, errs)
		}
	}
	const log = "0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 " +
		"peak_states 0 mark_read 0\n"
	// A log may come from another kernel: what any kernel has is right there.
	for flags := range strings.SplitSeq("--errno 13\n--errno -13\n--errno eacces\n--errno ENOTSUPP\n--type raw_tp\n"+
		types+"--member tcp_congestion_ops/init\n"+types+"--member hid_bpf_ops/hid_device_event\n--member Qdisc_ops/enqueue\n"+
		"--type struct_ops --member bpf_dummy_ops/test_1", "\n") {
		if out, errs, code := tool(log, append(append([]string{"explain"}, strings.Fields(flags)...), "-")...); code != 0 {
			t.Errorf("%s: exit %d, %s%s", flags, code, out, errs)
		}
	}
}
