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

// TestHelperCallers calls each helper in programs of each type that the table judges, at all places of the type: the kernel must offer the
// helper at one of them if and only if the table says so.
func TestHelperCallers(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	member, err := types.Lookup(btf.KindStruct, "tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
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
			if !sure || kind == linux.ProgTypeLSM || kind == linux.ProgTypeLIRCMode2 { // this kernel may be built without these two
				continue
			}
			kernel, known := offersHelper(kind, raw, member)
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
// A struct_ops program is for the member.
func offersHelper(kind linux.ProgType, raw []byte, member btf.ID) (offers, known bool) {
	for _, at := range append([]linux.AttachType{kind.Info().Place}, kind.Attach()...) {
		attr := syscall.ProgLoadAttr{Type: kind, License: "GPL", Instructions: raw, ExpectedAttachType: at}
		switch kind {
		case linux.ProgTypeSyscall:
			attr.Flags = syscall.ProgSleepable
		case linux.ProgTypeStructOps:
			attr.AttachBTFID, attr.ExpectedAttachType = uint32(member), 0 // its first callback: ssthresh
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
