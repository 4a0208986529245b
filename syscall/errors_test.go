package syscall

import (
	"errors"
	"fmt"
	"strings"
	errno "syscall"
	"testing"
)

func TestSanitizeName(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"cong_avoid", "cong_avoid"},
		{"bpf.reno", "bpf.reno"},
		{"go-reno", "go_reno"},
		{"a b\x00c", "a_b_c"},
		{"exactly15bytes_", "exactly15bytes_"},
		{"more_than_15_bytes", "more_than_15_by"},
		{"größe", "gr____e"}, // two bytes each
	} {
		if got := SanitizeName(tt.in); got != tt.want {
			t.Errorf("SanitizeName(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if name := objectName("more_than_15_bytes"); name[MaxNameLen] != 0 {
		t.Errorf("objectName leaves no room for the NUL: %q", name)
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		got  fmt.Stringer
		want string
	}{
		{ProgTypeStructOps, "struct_ops"},
		{ProgTypeSocketFilter, "socket_filter"},
		{MapTypeStructOps, "struct_ops"},
		{MapTypeLRUPerCPUHash, "lru_percpu_hash"},
		{AttachStructOps, "struct_ops"},
		{LinkTypeStructOps, "struct_ops"},
		{ProgType(999), "prog type 999"},
		{CmdProgLoad, "prog load"},
		{Command(6000), "bpf command 6000"},
		{CapBPF, "CAP_BPF"},
		{Cap(0), "capability 0"},
		{CapSet(1<<CapBPF | 1<<CapNetAdmin), "CAP_NET_ADMIN, CAP_BPF"},
		{CapSet(0), "none"},
	} {
		if got := tt.got.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
	if ProgTypeStructOps != 27 || MapTypeStructOps != 26 || AttachStructOps != 44 {
		t.Error("a constant of struct_ops has moved")
	}
}

func TestENOTSUPPHasAName(t *testing.T) {
	err := error(&Error{Command: CmdProgLoad, Errno: ENOTSUPP})
	if !errors.Is(err, ENOTSUPP) || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v is not found as ENOTSUPP and errors.ErrUnsupported", err)
	}
	if want := "prog load: operation not supported by the kernel for this type (ENOTSUPP)"; err.Error() != want {
		t.Errorf("got  %q\nwant %q", err, want)
	}
}

func TestLoadErrorTellsTheReasonFirst(t *testing.T) {
	e := &LoadError{Command: CmdProgLoad, Name: "ssthresh", Errno: ENOTSUPP,
		Log: "0: R1=ctx() R10=fp0\n; return @ reno.go:12\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000) " +
			"max_states_per_insn 0\n"}
	first := "prog load \"ssthresh\": R0 !read_ok: operation not supported by the kernel for this type (ENOTSUPP)"
	for _, tt := range []struct{ format, want string }{
		{"%v", first},
		{"%s", first},
		{"%q", fmt.Sprintf("%q", first)},
		{"%+v", first + "\n" + e.Log},
		{"%d", "%!d(*syscall.LoadError=" + first + ")"},
	} {
		if got := fmt.Sprintf(tt.format, e); got != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.format, got, tt.want)
		}
	}
	e.Truncated = true
	if got := fmt.Sprintf("%+v", e); !strings.Contains(got, "the log is incomplete") {
		t.Errorf("a cut log does not say that it is cut:\n%s", got)
	}
}

func TestLastLine(t *testing.T) {
	for _, tt := range []struct{ name, log, want string }{
		{"empty", "", ""},
		{"only statistics", "processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0\n", ""},
		{"glued statistics", "expected prog array map for tail callprocessed 3 insns (limit 1000000)\n",
			"expected prog array map for tail call"},
		{"glued statistics at level 4",
			"expected prog array map for tail callverification time 9 usec\nstack depth 0\nprocessed 3 insns\n",
			"expected prog array map for tail call"},
		{"too large", "BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns (limit 1000000)\n",
			"BPF program is too large. Processed 1000001 insn"},
		{"states follow", "infinite loop detected at insn 1\ncur state: R0=0 R10=fp0\nold state: R0=0 R10=fp0\nprocessed 3 insns (x)\n",
			"infinite loop detected at insn 1"},
		{"explained by 7.3", "0: (95) exit\nR0 !read_ok\n\nVerification failed: Register Type Safety: x\n\nReason:\n  " +
			"because\n\nprocessed 1 insns\n", "R0 !read_ok"},
		{"nothing after the last instruction", "last time: an error\n0: R1=ctx() R10=fp0\n0: (b7) r0 = 0  ; R0=0\n1: (95) exit\n", ""},
		{"a frame", "0: (b7) r10 = 0\nframe pointer is read only\nprocessed 1 insns (limit 1000000)\n", "frame pointer is read only"},
		{"information before the reason", "0: (79) r2 = *(u64 *)(r1 +8)\nfunc 'f' arg1 has btf_id 7 type STRUCT 'sock'\n", ""},
		{"BTF", "magic: 0xeb9f\n[1] PTR (anon) type_id=99 Invalid type_id\n", "[1] PTR (anon) type_id=99 Invalid type_id"},
	} {
		if got := lastLine(tt.log); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestExplainEPERM(t *testing.T) {
	all := CapSet(1<<CapBPF | 1<<CapPerfmon | 1<<CapNetAdmin | 1<<CapSysAdmin)
	for _, tt := range []struct {
		name    string
		request request
		setting setting
		want    []string // parts of the text
	}{
		{"struct_ops with nothing", request{command: CmdProgLoad, progType: ProgTypeStructOps}, setting{capsKnown: true},
			[]string{"needs CAP_BPF and CAP_PERFMON", "sudo", "setcap cap_bpf,cap_perfmon+ep"}},
		{"struct_ops with CAP_BPF", request{command: CmdProgLoad, progType: ProgTypeStructOps},
			setting{capsKnown: true, caps: 1 << CapBPF},
			[]string{"CAP_PERFMON is missing"}},
		{"socket filter", request{command: CmdProgLoad, progType: ProgTypeSocketFilter}, setting{capsKnown: true, unprivileged: "2"},
			[]string{"needs CAP_BPF", "kernel.unprivileged_bpf_disabled is 2"}},
		{"xdp", request{command: CmdProgLoad, progType: ProgTypeXDP}, setting{}, []string{"needs CAP_BPF and CAP_NET_ADMIN"}},
		{"a map, before its program", request{command: CmdMapCreate, mapType: MapTypeHash}, setting{capsKnown: true},
			[]string{"needs CAP_BPF: run as root", "setcap cap_bpf,cap_perfmon,cap_net_admin+ep FILE)", "for tracing and for struct_ops " +
				"need CAP_PERFMON too, those for networks CAP_NET_ADMIN"}},
		{"types, before their program", request{command: CmdBTFLoad}, setting{capsKnown: true}, []string{"setcap cap_bpf,cap_perfmon,"}},
		{"xdp with CAP_BPF", request{command: CmdProgLoad, progType: ProgTypeXDP}, setting{capsKnown: true, caps: 1 << CapBPF},
			[]string{"CAP_NET_ADMIN is missing", "setcap cap_bpf,cap_net_admin+ep FILE"}},
		{"cgroup_skb", request{command: CmdProgLoad, progType: ProgTypeCgroupSKB}, setting{capsKnown: true},
			[]string{"needs CAP_BPF", "setcap cap_bpf,cap_net_admin+ep FILE); CAP_NET_ADMIN is for attaching it"}},
		{"unknown type", request{command: CmdProgLoad, progType: 12345}, setting{}, []string{"needs CAP_BPF"}},
		{"root under lockdown", request{command: CmdProgLoad, progType: ProgTypeTracing},
			setting{capsKnown: true, caps: all, lockdown: "confidentiality"},
			[]string{"the process has CAP_BPF and CAP_PERFMON", "locked down (confidentiality"}},
		{"root in a user namespace", request{command: CmdMapCreate}, setting{capsKnown: true, caps: all, lockdown: "none"},
			[]string{"user namespace"}},
		{"sockmap", request{command: CmdMapCreate, mapType: MapTypeSockMap}, setting{capsKnown: true},
			[]string{"needs CAP_BPF and CAP_NET_ADMIN"}},
		{"ids", request{command: CmdProgGetNextID}, setting{capsKnown: true}, []string{"needs CAP_SYS_ADMIN"}},
		{"frozen map", request{command: CmdMapUpdate}, setting{}, []string{"frozen"}},
		{"wrong old map", request{command: CmdLinkUpdate, replace: true}, setting{capsKnown: true, caps: all},
			[]string{"does not hold the given old map"}},
		{"pin on another file system", request{command: CmdObjPin}, setting{}, []string{"bpf file system"}},
	} {
		got := explain(tt.request, tt.setting)
		for _, part := range tt.want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q does not hold %q", tt.name, got, part)
			}
		}
	}
}

// TestHints: an error that is not about the program or map says what to look at.
func TestHints(t *testing.T) {
	for _, test := range []struct {
		name    string
		request request
		err     error
		setting setting
		want    string // a part of the text; "" for no hint
	}{
		{"open files", request{command: CmdProgLoad}, errno.EMFILE, setting{}, "ulimit -n"},
		{"open files of the system", request{command: CmdMapCreate}, errno.ENFILE, setting{}, "fs.file-max"},
		{"no bpf(2)", request{command: CmdMapCreate}, errno.ENOSYS, setting{}, "CONFIG_BPF_SYSCALL"},
		{"pin in no folder", request{command: CmdObjPin}, errno.ENOENT, setting{}, "mount -t bpf"},
		{"pin elsewhere", request{command: CmdObjPin}, errno.EPERM, setting{}, "mount -t bpf"},
		{"pin twice", request{command: CmdObjPin}, errno.EEXIST, setting{}, "at another path"},
		{"pin in a folder of others", request{command: CmdObjPin}, errno.EACCES, setting{}, "may not write to the folder"},
		{"open what is not pinned", request{command: CmdObjGet}, errno.ENOENT, setting{}, "nothing is pinned there"},
		{"a security module", request{command: CmdMapCreate}, errno.EACCES, setting{}, "SELinux"},
		{"a security module, again", request{command: CmdProgLoad}, errno.EACCES, setting{}, "SELinux"},
		{"root", request{command: CmdMapCreate}, errno.EPERM, setting{capsKnown: true, caps: ^CapSet(0)}, "something else forbids it"},
		{"no JIT", request{command: CmdProgLoad}, ENOTSUPP, setting{jitEnable: "0"}, "set net.core.bpf_jit_enable to 1"},
		{"a hardened JIT", request{command: CmdProgLoad}, ENOTSUPP, setting{jitEnable: "1", jitHarden: "2"}, "bpf_jit_harden is 2"},
		{"a JIT that failed", request{command: CmdProgLoad}, ENOTSUPP, setting{jitEnable: "1", jitHarden: "0"}, "bpf_jit_limit"},
		{"a struct without the operation", request{command: CmdMapUpdate}, ENOTSUPP, setting{jitEnable: "0"}, ""},
		{"another error", request{command: CmdMapUpdate}, errno.EINVAL, setting{}, ""},
	} {
		got := hintFor(test.request, test.err, func() setting { return test.setting })
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: %q, want … %q …", test.name, got, test.want)
		}
	}
	hintFor(request{command: CmdMapLookup}, errno.ENOENT, func() setting {
		t.Error("a look-up that finds nothing reads the settings of the system")
		return setting{}
	})
	taken := &LoadError{Command: CmdProgLoad, Name: "p", Errno: errno.EMFILE, Log: "func#0 @0\nLive regs before insn:\nit is fine\n"}
	if strings.Contains(taken.Error(), "fine") {
		t.Errorf("the log of a program that was taken is no reason: %v", taken)
	}
}

func TestSysAdminStandsForTheOthers(t *testing.T) {
	s := CapSet(1 << CapSysAdmin)
	for _, c := range []Cap{CapBPF, CapPerfmon, CapNetAdmin, CapSysAdmin} {
		if !s.Has(c) {
			t.Errorf("CAP_SYS_ADMIN does not stand for %v", c)
		}
	}
	if s.Has(1) {
		t.Error("CAP_SYS_ADMIN stands for CAP_DAC_OVERRIDE")
	}
	if CapSet(1 << CapBPF).Has(CapPerfmon) {
		t.Error("CAP_BPF stands for CAP_PERFMON")
	}
}
