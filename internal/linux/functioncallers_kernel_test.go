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

// TestFunctionCallers calls each function that the kernel offers, in programs of each type that the table judges: the kernel and the
// table must agree about who may call it.
func TestFunctionCallers(t *testing.T) {
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
	var functions []btf.ID
	for tag := range types.DeclTags() {
		if tag.Tag == "bpf_kfunc" {
			functions = append(functions, tag.Target)
		}
	}
	judged := 0
	for _, id := range functions {
		name := types.Name(id)
		code := []isa.Instruction{isa.Mov64Imm(isa.R0, 0)}
		for r := isa.R1; r <= isa.R5; r++ {
			code = append(code, isa.Mov64Imm(r, 0))
		}
		raw, err := isa.Append(nil, isa.Native, append(code, isa.CallKfunc(int32(id), 0), isa.Mov64Imm(isa.R0, 0), isa.Exit())...)
		if err != nil {
			t.Fatal(err)
		}
		for kind := range linux.ProgTypes() {
			allowed, sure := kind.MayCall(name)
			if !sure {
				continue
			}
			attr := syscall.ProgLoadAttr{Type: kind, License: "GPL", Instructions: raw, ExpectedAttachType: kind.Info().Place}
			switch {
			case kind == linux.ProgTypeTracing:
				attr.AttachBTFID, attr.ExpectedAttachType = uint32(point), syscall.AttachTraceRawTP
			case kind == linux.ProgTypeSyscall:
				attr.Flags = syscall.ProgSleepable
			case kind.Info().Placed:
				attr.ExpectedAttachType = kind.Attach()[0]
			}
			p, err := syscall.ProgLoad(&attr)
			if err == nil {
				p.Close()
			}
			var load *syscall.LoadError
			if err != nil && (!errors.As(err, &load) || load.Log == "") {
				t.Errorf("%s: %s: %v", kind, name, err)
				continue
			}
			judged++
			if kernel := load == nil || !strings.Contains(load.Log, "calling kernel function "+name+" is not allowed"); kernel != allowed {
				t.Errorf("%s: may call %s: the table says %v, the kernel %v", kind, name, allowed, kernel)
			}
		}
	}
	if judged < 4000 {
		t.Errorf("only %d calls were compared", judged)
	}
}
