package structops_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

func half(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) }

func before(f *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Max(tp.PriorCwnd()) }

func linear(f *dsl.Fn, tp tcp.Sock, ack, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) }

// typed is a sound implementation as a Go struct.
func typed() tcp.CongestionOps {
	return tcp.CongestionOps{Name: "go_typed", License: "GPL", Ssthresh: half, UndoCwnd: before, CongAvoid: linear}
}

// TestTypedIsByName: a Go struct gives what the same members by name give, on each kernel.
func TestTypedIsByName(t *testing.T) {
	byName := structops.Ops{Type: "tcp_congestion_ops", License: "GPL",
		Members: structops.Members{"name": "go_typed", "ssthresh": half, "undo_cwnd": before, "cong_avoid": linear}}
	for _, kernel := range fixture.Kernels() {
		one, err := structops.Prepare(typed(), on(t, kernel))
		if err != nil {
			t.Fatalf("%s: %v", kernel, err)
		}
		other, err := structops.Prepare(byName, on(t, kernel))
		if err != nil {
			t.Fatalf("%s: %v", kernel, err)
		}
		if one.Name != other.Name || one.License != other.License || len(one.Programs) != len(other.Programs) {
			t.Errorf("%s: %s with %d programs, want %s with %d", kernel, one.Name, len(one.Programs), other.Name, len(other.Programs))
		}
		for i, p := range one.Programs {
			if got, want := string(p.Object.AppendListing(nil)), string(other.Programs[i].Object.AppendListing(nil)); got != want {
				t.Errorf("%s: %s is\n%s\nwant\n%s", kernel, p.Member.Name, got, want)
			}
		}
	}
}

// TestTypedScheduler: sched_ext_ops as a Go struct, with data and a program that may sleep.
func TestTypedScheduler(t *testing.T) {
	ops := scx.Ops{
		Name: "go_sched", License: "GPL", TimeoutMs: 5000, Flags: scx.OpsSwitchPartial,
		Enqueue:   func(f *dsl.Fn, p scx.Task, flags dsl.U64) { p.Dispatch(scx.DSQGlobal, scx.SliceDfl, flags) },
		Init:      func(f *dsl.Fn) dsl.S32 { return scx.CreateDSQ(f, 7, -1) },
		Sleepable: scx.SleepableOps{Init: true},
	}
	plan, err := structops.Prepare(ops, on(t, fixture.Scheduler))
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Programs) != 2 || plan.Programs[0].Object.Program.Sleepable || !plan.Programs[1].Object.Program.Sleepable {
		t.Errorf("the programs are %v", plan.Programs)
	}
	ops.Sleepable.Exit = true
	err = structops.Validate(ops, on(t, fixture.Scheduler))
	if err == nil || !strings.Contains(err.Error(), "Sleepable names exit, but exit is not set\n\thelp: set exit, or leave it out") {
		t.Errorf("a member that is said to sleep and is not set: %v", err)
	}
	named := structops.ByName(ops)
	named.Members["exit"] = dsl.Assembly("leave", dsl.Exit())
	err = structops.Validate(named, on(t, fixture.Scheduler))
	if err == nil || !strings.Contains(err.Error(), "its program was set by name and is not sleepable") {
		t.Errorf("a member that is said to sleep, with a program that does not: %v", err)
	}
	err = structops.Validate(ops, on(t, "6.18"))
	if err == nil || !strings.Contains(err.Error(), "it needs Linux 6.12 or later, built with CONFIG_SCHED_CLASS_EXT") {
		t.Errorf("a kernel without schedulers: %v", err)
	}
}

// withControl is a sound implementation that has cong_control.
func withControl(control func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample)) tcp.CongestionOps {
	ops := typed()
	ops.CongAvoid, ops.CongControl = nil, control
	return ops
}

// TestOneFunctionForTwoSignatures: cong_control is passed ack and flag since Linux 6.10. A function that does not use them works for all
// kernels.
func TestOneFunctionForTwoSignatures(t *testing.T) {
	control := func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
		f.If(rs.AckedSacked().Ne(0), func() { tp.SetSndCwnd(tp.SndCwnd().Add(rs.AckedSacked())) })
	}
	earlier := structops.ByName(withControl(nil))
	earlier.Members["cong_control"] = func(f *dsl.Fn, tp tcp.Sock, rs tcp.RateSample) {
		f.If(rs.AckedSacked().Ne(0), func() { tp.SetSndCwnd(tp.SndCwnd().Add(rs.AckedSacked())) })
	}
	for kernel, where := range map[string]string{"6.1": "(r1 +8)", "6.12": "(r1 +24)", "6.18": "(r1 +24)"} {
		for name, impl := range map[string]structops.Implementation{"today's": withControl(control), "the earlier one": earlier} {
			target := on(t, kernel)
			plan, err := structops.Prepare(impl, target)
			if err != nil {
				t.Errorf("%s, %s: %v", kernel, name, err)
				continue
			}
			for _, p := range plan.Programs {
				if listing := string(p.Object.AppendListing(nil)); p.Member.Name == "cong_control" && !strings.Contains(listing, where) {
					t.Errorf("%s, %s: the sample is not at %s:\n%s", kernel, name, where, listing)
				}
			}
		}
	}
}

// TestWhatTheTargetDoesNotPass: an argument of later kernels is a finding where it is used, and only there.
func TestWhatTheTargetDoesNotPass(t *testing.T) {
	for _, tt := range []struct {
		name    string
		control func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample)
		want    []string // one finding each
	}{
		{"a value", func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) { tp.SetSndCwnd(ack.Add(1)) },
			[]string{"ack is used"}},
		{"as it is", func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) { tp.SetSndCwnd(ack) },
			[]string{"ack is used"}},
		{"a condition", func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
			f.If(flag.Has(4), func() { tp.SetSndCwnd(2) })
		}, []string{"flag is used"}},
		{"a variable", func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
			left := ack.Var()
			f.If(rs.AckedSacked().Ne(0), func() { left.Set(1) })
			tp.SetSndCwnd(left)
		}, []string{"ack is used"}},
		{"both", func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
			f.If(flag.Ne(0), func() {
				tp.SetSndCwnd(ack)
			})
		}, []string{"flag is used", "ack is used"}},
		{"where the target has what it lacks", func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) {
			f.IfField("tcp_sock", "no_such_field", func() { tp.SetSndCwnd(ack) }).Else(func() { tp.SetSndCwnd(2) })
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := structops.Validate(withControl(tt.control), on(t, "6.18")); err != nil {
				t.Fatalf("6.18: %v", err)
			}
			err := structops.Validate(withControl(tt.control), on(t, "6.1"))
			var found mistake.Findings
			if errors.As(err, &found); len(found) != len(tt.want) {
				t.Fatalf("6.1: %v, want %q", err, tt.want)
			}
			for i, f := range found {
				for _, want := range []string{tt.want[i], "this kernel does not pass it: it passes sk, rs",
					"tcp_congestion_ops.cong_control is void (*)(struct sock *sk, const struct rate_sample *rs)", "since 6.10",
					"typed_test.go:"} {
					if f.Kind != mistake.NoArgument || !strings.Contains(f.Error(), want) {
						t.Errorf("6.1: %v, want %q", f, want)
					}
				}
			}
		})
	}
}

// TestArgumentsMoveOnOtherMachines: on big-endian machines a narrow argument is at the end of its word.
func TestArgumentsMoveOnOtherMachines(t *testing.T) {
	control := func(f *dsl.Fn, tp tcp.Sock, ack dsl.U32, flag dsl.S32, rs tcp.RateSample) { tp.SetSndCwnd(ack) }
	target := on(t, "6.18")
	target.ByteOrder = isa.BigEndian
	if err := structops.Validate(withControl(control), target); err != nil {
		t.Error(err)
	}
}

// TestNewerKernelsTrustAllArguments: since Linux 7.0, nil is an argument only of functions of the kernel that say so. Earlier kernels pass
// it on, to functions that do not expect it. Types of 6.18 stand in for those of 7.0.
func TestNewerKernelsTrustAllArguments(t *testing.T) {
	ops := structops.ByName(typed())
	ops.Members["init"] = dsl.Assembly("init", dsl.Mov64Imm(isa.R1, 0), dsl.CallKernel("bbr_init"), dsl.Exit())
	for major, want := range map[uint8]string{6: "", 7: "argument sk of bbr_init is nil"} {
		target := on(t, "6.18")
		target.Kernel = isa.KernelVersion{Major: major, Minor: map[uint8]uint8{6: 18, 7: 0}[major]}
		err := structops.Validate(ops, target)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Linux %v: %v, want %q", target.Kernel, err, want)
		}
	}
}
