package compile

import (
	"errors"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// member describes a member of tcp_congestion_ops in the running kernel, as
// structops does.
func member(t *testing.T, types *btf.Types, name string) (p *Place, ops btf.ID, index int) {
	t.Helper()
	ops, err := types.Lookup(btf.KindStruct, "tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
	set, err := types.Decode(ops)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range set.Type(ops).(*cbtf.Struct).Members {
		if m.Name != name {
			continue
		}
		proto := btf.Underlying(m.Type).(*cbtf.Pointer).Target.(*cbtf.FuncProto)
		p = &Place{Type: linux.ProgTypeStructOps, Struct: "tcp_congestion_ops", Member: name,
			Signature: &place.Signature{Result: proto.Return},
			Writable:  []place.Field{{Struct: "tcp_sock", Path: "snd_cwnd"}}, Casts: []place.Cast{{From: "sock", To: "tcp_sock"}},
			KernelForbidden: func(f string) (string, []string) {
				if f == "tcp_v4_rcv" {
					return "not offered", nil
				}
				return "", nil
			},
		}
		for _, param := range proto.Params {
			p.Signature.Params = append(p.Signature.Params, place.Param{Type: param.Type})
		}
		return p, ops, i
	}
	t.Fatalf("no member %s", name)
	return nil, 0, 0
}

// TestKernelAgrees takes programs with one mistake each past the check, and
// asks the kernel: what the check finds, the kernel refuses, and what it
// passes, the kernel takes.
func TestKernelAgrees(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 12) // 6.1 lets half a pointer be loaded from the context
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	const r0, r1, r2, r3, fp, dw, w = isa.R0, isa.R1, isa.R2, isa.R3, isa.R10, isa.DW, isa.W
	sk := dsl.LoadMem(dw, r1, r1, 0)
	cwnd := dsl.LoadField(r2, r1, "tcp_sock", "snd_cwnd")
	zero := dsl.Mov64Imm(r0, 0)
	for _, tt := range []struct {
		name   string
		member string
		finds  bool
		items  []dsl.Item
	}{
		{"no exit", "ssthresh", true, []dsl.Item{zero}},
		{"unreachable", "ssthresh", true, []dsl.Item{zero, dsl.Exit(), zero, dsl.Exit()}},
		{"jump out", "ssthresh", true, []dsl.Item{zero, dsl.Raw(isa.JEQ64Imm(r0, 0, 9)), dsl.Exit()}},
		{"jump into a 64-bit load", "ssthresh", true, []dsl.Item{zero, dsl.Raw(isa.JEQ64Imm(r0, 1, 1)), dsl.LoadImm64(r0, 1), dsl.Exit()}},
		{"no result", "ssthresh", true, []dsl.Item{dsl.Exit()}},
		{"no result on one path", "ssthresh", true, []dsl.Item{sk, cwnd, dsl.JEQ32Imm(r2, 7, "out"), zero, dsl.Label("out"), dsl.Exit()}},
		{"no result where none is due", "cong_avoid", false, []dsl.Item{dsl.Exit()}},
		{"unset register", "ssthresh", true, []dsl.Item{dsl.Mov64Reg(r0, r3), dsl.Exit()}},
		{"lost at a call", "ssthresh", true,
			[]dsl.Item{sk, dsl.CallKernel("tcp_reno_ssthresh"), dsl.LoadField(r0, r1, "tcp_sock", "snd_cwnd"), dsl.Exit()}},
		{"unset argument", "ssthresh", true, []dsl.Item{sk, dsl.CallKernel("tcp_slow_start"), dsl.Exit()}},
		{"result of a void function", "ssthresh", true,
			[]dsl.Item{sk, dsl.Mov64Imm(r2, 1), dsl.Mov64Imm(r3, 1), dsl.CallKernel("tcp_cong_avoid_ai"), dsl.Exit()}},
		{"frame pointer", "ssthresh", true, []dsl.Item{zero, dsl.Add64Imm(fp, 8), dsl.Exit()}},
		{"below the stack", "ssthresh", true, []dsl.Item{zero, dsl.StoreImm(dw, fp, -520, 0), dsl.Exit()}},
		{"above the stack", "ssthresh", true,
			[]dsl.Item{zero, dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -4), dsl.StoreImm(dw, r2, 0, 0), dsl.Exit()}},
		{"ends of the stack", "ssthresh", false,
			[]dsl.Item{zero, dsl.StoreImm(dw, fp, -512, 0), dsl.StoreImm(isa.B, fp, -1, 0), dsl.Exit()}},
		{"misaligned store to the stack", "ssthresh", true, []dsl.Item{zero, dsl.StoreMem(w, fp, -6, r0), dsl.Exit()}},
		{"misaligned load from the stack", "ssthresh", true,
			[]dsl.Item{dsl.StoreImm(dw, fp, -8, 0), dsl.StoreImm(dw, fp, -16, 0), dsl.LoadMem(dw, r0, fp, -12), dsl.Exit()}},
		{"misaligned by arithmetic", "ssthresh", true,
			[]dsl.Item{zero, dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -13), dsl.StoreMem(isa.H, r2, 0, r0), dsl.Exit()}},
		{"aligned again", "ssthresh", false,
			[]dsl.Item{zero, dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -13), dsl.StoreMem(isa.H, r2, 1, r0), dsl.Exit()}},
		{"endless loop", "ssthresh", true, []dsl.Item{zero, dsl.Label("a"), dsl.Jump("a")}},
		{"endless loop that counts", "ssthresh", true, []dsl.Item{zero, dsl.Label("a"), dsl.Add64Imm(r0, 1), dsl.Jump("a")}},
		{"endless loop behind a branch", "ssthresh", true,
			[]dsl.Item{sk, cwnd, zero, dsl.JEQ32Imm(r2, 7, "a"), dsl.Exit(), dsl.Label("a"), dsl.Jump("a")}},
		{"endless loop that nothing comes to", "ssthresh", false,
			[]dsl.Item{zero, dsl.JEQ64Imm(r0, 1, "a"), dsl.Exit(), dsl.Label("a"), dsl.Jump("a")}},
		{"loop without an exit but may_goto", "cong_avoid", false,
			[]dsl.Item{dsl.Label("a"), dsl.MayGoto("out"), dsl.Jump("a"), dsl.Label("out"), dsl.Exit()}},
		{"call of nothing", "ssthresh", true, []dsl.Item{dsl.Raw(isa.CallRel(100)), dsl.Exit()}},
		{"helper below 0", "ssthresh", true, []dsl.Item{dsl.CallHelper(-5), dsl.Exit()}},
		{"no such argument", "ssthresh", true, []dsl.Item{dsl.LoadMem(dw, r0, r1, 8), dsl.Exit()}},
		{"the third of three arguments", "cong_avoid", false, []dsl.Item{dsl.LoadMem(dw, r0, r1, 16), dsl.Exit()}},
		{"narrow number", "cong_avoid", false, []dsl.Item{dsl.LoadMem(w, r0, r1, 16), dsl.Exit()}},
		{"narrow pointer", "ssthresh", true, []dsl.Item{dsl.LoadMem(w, r0, r1, 0), dsl.Exit()}},
		{"within an argument", "cong_avoid", true, []dsl.Item{dsl.LoadMem(w, r0, r1, 12), dsl.Exit()}},
		{"context write", "ssthresh", true, []dsl.Item{zero, dsl.StoreMem(dw, r1, 0, r0), dsl.Exit()}},
		{"writable field", "ssthresh", false, []dsl.Item{sk, zero, dsl.StoreField(r1, "tcp_sock", "snd_cwnd", r0), dsl.Exit()}},
		{"read-only field", "ssthresh", true, []dsl.Item{sk, zero, dsl.StoreField(r1, "tcp_sock", "snd_una", r0), dsl.Exit()}},
		{"write too wide", "ssthresh", true,
			[]dsl.Item{sk, zero, dsl.AddFieldOffset(r1, "tcp_sock", "snd_cwnd"), dsl.StoreMem(dw, r1, 0, r0), dsl.Exit()}},
		{"forbidden function", "ssthresh", true, []dsl.Item{sk, dsl.CallKernel("tcp_v4_rcv"), dsl.Exit()}},
		{"shift", "ssthresh", true, []dsl.Item{zero, dsl.Lsh32Imm(r0, 32), dsl.Exit()}},
		{"division by zero", "ssthresh", true, []dsl.Item{zero, dsl.Div64Imm(r0, 0), dsl.Exit()}},
		{"branch that is never taken", "ssthresh", false, []dsl.Item{dsl.Mov64Imm(r2, 1), dsl.JEQ64Imm(r2, 1, "on"), dsl.Mov64Reg(r0, r3),
			dsl.Exit(), dsl.Label("on"), zero, dsl.Exit()}},
		{"bound by a mask", "ssthresh", false, []dsl.Item{sk, cwnd, dsl.And32Imm(r2, 7), dsl.JLE32Imm(r2, 7, "on"), dsl.Mov64Reg(r0, r3),
			dsl.Exit(), dsl.Label("on"), zero, dsl.Exit()}},
		{"set where it is read", "ssthresh", false,
			[]dsl.Item{sk, cwnd, zero, dsl.Mov64Imm(isa.R6, 0), dsl.JEQ32Imm(r2, 5, "skip"), dsl.Mov64Imm(isa.R6, 1), dsl.Mov64Imm(r3, 9),
				dsl.Label("skip"), dsl.JEQ64Imm(isa.R6, 0, "out"), dsl.Mov64Reg(r0, r3), dsl.Label("out"), dsl.Exit()}},
		{"counted loop", "ssthresh", false, []dsl.Item{dsl.Mov64Imm(r2, 0), dsl.Label("again"), dsl.Add64Imm(r2, 1),
			dsl.JLT64Imm(r2, 1000, "again"), dsl.Mov64Reg(r0, r2), dsl.Exit()}},
	} {
		c, ops, index := member(t, types, tt.member)
		u := &unit{program: dsl.Assembly("p", tt.items...), target: Target{BTF: types, ByteOrder: isa.Native, Place: c}}
		collect(u)
		resolve(u)
		layout(u)
		if len(u.findings) > 0 || u.err != nil {
			t.Errorf("%s: before the check: %v, %v", tt.name, u.findings, u.err)
			continue
		}
		check(u)
		verifyCode(u)
		if found := len(u.findings) > 0; found != tt.finds {
			t.Errorf("%s: the check finds %v", tt.name, u.findings)
		}
		u.findings = nil
		encode(u)
		if u.err != nil {
			t.Errorf("%s: %v", tt.name, u.err)
			continue
		}
		// Without types and lines: what describes bad code may be bad itself.
		fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeStructOps, Name: "p", License: "GPL",
			Instructions: u.object.Code,
			AttachBTFID:  uint32(ops), ExpectedAttachType: syscall.AttachType(index)})
		var refused *syscall.LoadError
		switch {
		case err == nil:
			fd.Close()
			if tt.finds {
				t.Errorf("%s: the kernel takes what the check refuses", tt.name)
			}
		case !errors.As(err, &refused):
			t.Errorf("%s: %v", tt.name, err)
		case !tt.finds:
			t.Errorf("%s: the kernel refuses what the check passes: %+v", tt.name, err)
		}
	}
}
