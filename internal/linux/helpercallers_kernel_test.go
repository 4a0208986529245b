//go:build linux

package linux_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestHelperCallers calls each helper in programs of each type that the table judges, at all places of the type: the kernel must offer the
// helper at one of them if and only if the table says so.
func TestHelperCallers(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	judged := 0
	for id, row := range linux.Helpers() {
		code := []isa.Instruction{isa.Mov64Imm(isa.R0, 0)}
		for r := isa.R1; r <= isa.R5; r++ {
			code = append(code, isa.Mov64Imm(r, 0))
		}
		raw, err := isa.Append(nil, isa.Native, append(code, isa.CallHelper(id), isa.Mov64Imm(isa.R0, 0), isa.Exit())...)
		if err != nil {
			t.Fatal(err)
		}
		for kind := range linux.ProgTypes() {
			allowed, sure := kind.MayCallHelper(id)
			if !sure {
				continue
			}
			kernel, known := offersHelper(kind, raw)
			if judged++; !known || kernel != allowed {
				t.Errorf("%s: may call %s: the table says %v, the kernel %v (known: %v)", kind, row.Name, allowed, kernel, known)
			}
		}
	}
	if judged < 4000 {
		t.Errorf("only %d calls were compared", judged)
	}
}

// offersHelper asks the kernel whether a program with the call of a helper may call it at some place of its type. known is false if the
// kernel refuses the program for other reasons everywhere.
func offersHelper(kind linux.ProgType, raw []byte) (offers, known bool) {
	for _, at := range append([]linux.AttachType{kind.Info().Place}, kind.Attach()...) {
		attr := syscall.ProgLoadAttr{Type: kind, License: "GPL", Instructions: raw, ExpectedAttachType: at}
		if kind == linux.ProgTypeSyscall {
			attr.Flags = syscall.ProgSleepable
		}
		p, err := syscall.ProgLoad(&attr)
		if err == nil {
			p.Close()
			return true, true
		}
		var load *syscall.LoadError
		if errors.As(err, &load) && load.Log != "" {
			known = true
			if !strings.Contains(load.Log, "cannot use helper") && !strings.Contains(load.Log, "unknown func") {
				return true, true
			}
		}
	}
	return false, known
}
