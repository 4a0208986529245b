//go:build linux

package linux_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestFunctionsThatSleep calls each function that the kernel offers in programs that may not sleep: the kernel and the table must agree
// about which functions these programs may not call.
func TestFunctionsThatSleep(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	point, err := types.Lookup(btf.KindTypedef, "btf_trace_task_newtask")
	if err != nil {
		t.Fatal(err)
	}
	places := []syscall.ProgLoadAttr{
		{Type: linux.ProgTypeTracing, ExpectedAttachType: syscall.AttachTraceRawTP, AttachBTFID: uint32(point)},
		{Type: linux.ProgTypeSchedCls}, {Type: linux.ProgTypeXDP}, {Type: linux.ProgTypeSockOps},
	}
	judged, sleeping := 0, 0
	for tag := range types.DeclTags() {
		if tag.Tag != "bpf_kfunc" {
			continue
		}
		name := types.Name(tag.Target)
		code := []isa.Instruction{isa.Mov64Imm(isa.R0, 0)}
		for r := isa.R1; r <= isa.R5; r++ {
			code = append(code, isa.Mov64Imm(r, 0))
		}
		raw, err := isa.Append(nil, isa.Native, append(code, isa.CallKfunc(int32(tag.Target), 0), isa.Mov64Imm(isa.R0, 0), isa.Exit())...)
		if err != nil {
			t.Fatal(err)
		}
		for _, attr := range places {
			attr.License, attr.Instructions = "GPL", raw
			p, err := syscall.ProgLoad(&attr)
			if err == nil {
				p.Close()
			}
			var load *syscall.LoadError
			if err != nil && (!errors.As(err, &load) || load.Log == "") {
				t.Errorf("%v: %s: %v", attr.Type, name, err)
				continue
			}
			if load != nil && strings.Contains(load.Log, "calling kernel function "+name+" is not allowed") {
				continue
			}
			judged++
			sleeps := load != nil && strings.Contains(load.Log, "program must be sleepable to call sleepable kfunc "+name)
			if sleeps {
				sleeping++
			}
			if sleeps != linux.FunctionSleeps(name) && !strings.HasPrefix(name, "bpf_arena_") {
				t.Errorf("%v: %s: the table says that it sleeps: %v; the kernel: %v", attr.Type, name, !sleeps, sleeps)
			}
			break
		}
	}
	t.Logf("%d functions, %d of them sleep", judged, sleeping)
	if judged < 150 || sleeping < 10 {
		t.Errorf("only %d functions were compared, of which %d sleep", judged, sleeping)
	}
}
