//go:build linux

package linux_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestContextWrites writes each field of a context, in programs of each type that has it: the kernel and the table must agree about which
// fields may be written.
func TestContextWrites(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	judged := 0
	for kind := range linux.ProgTypes() {
		access := kind.Info().Access
		if access == nil || access.Context == nil || access.Writable == nil {
			continue
		}
		for _, field := range access.Context.Fields {
			size, width := int64(4), isa.W
			switch field.Size {
			case 1:
				size, width = 1, isa.B
			case 8:
				size, width = 8, isa.DW
			}
			code := []isa.Instruction{isa.Mov64Imm(isa.R2, 0), isa.StoreMem(width, isa.R1, int16(field.Offset), isa.R2),
				isa.Mov64Imm(isa.R0, 0), isa.Exit()}
			raw, err := isa.Append(nil, isa.Native, code...)
			if err != nil {
				t.Fatal(err)
			}
			attr := syscall.ProgLoadAttr{Type: kind, License: "GPL", Instructions: raw, ExpectedAttachType: kind.Info().Place}
			if attr.ExpectedAttachType == 0 && len(kind.Attach()) > 0 {
				attr.ExpectedAttachType = kind.Attach()[0]
			}
			p, err := syscall.ProgLoad(&attr)
			if err == nil {
				p.Close()
			}
			var load *syscall.LoadError
			if err != nil && (!errors.As(err, &load) || !strings.Contains(load.Log, "invalid bpf_context access")) {
				t.Errorf("%v: %s: %v", kind, field.Name, err)
				continue
			}
			judged++
			if table := slices.Contains(access.Writable, field.Name); table != (err == nil) {
				t.Errorf("%v: %d bytes of %s may be written: the table says %v, the kernel %v", kind, size, field.Name, table, err == nil)
			}
		}
	}
	if judged < 200 {
		t.Errorf("only %d writes were compared", judged)
	}
}
