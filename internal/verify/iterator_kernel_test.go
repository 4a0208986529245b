//go:build linux

package verify_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestIterators: programs for the objects of an iterator are passed what the kernel's function bpf_iter_NAME has, and no more.
func TestIterators(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	id, err := types.Lookup(btf.KindFunc, "bpf_iter_task")
	if err != nil {
		t.Fatal(err)
	}
	for offset, taken := range map[int16]bool{0: true, 8: true, 16: false} {
		code := []isa.Instruction{isa.LoadMem(isa.DW, isa.R2, isa.R1, offset), isa.Mov64Imm(isa.R0, 0), isa.Exit()}
		raw, err := isa.Append(nil, isa.Native, code...)
		if err != nil {
			t.Fatal(err)
		}
		fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeTracing, ExpectedAttachType: syscall.AttachTraceIter,
			AttachBTFID: uint32(id), Instructions: raw, License: "GPL"})
		if fd != nil {
			fd.Close()
		}
		if (err == nil) != taken {
			t.Errorf("the kernel, offset %d: %v", offset, err)
		}
		p := verify.Program{Code: code, Types: types}
		p.Type, p.Hook, p.Attach = syscall.ProgTypeTracing, syscall.AttachTraceIter, "task"
		if findings, complete := verify.Check(p); (len(findings) == 0) != taken || !complete {
			t.Errorf("offset %d: %v", offset, findings)
		}
	}
}
