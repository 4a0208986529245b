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

// TestContextRules asks the kernel about each read and write of the contexts that have rules, at each place of their types.
func TestContextRules(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	const end = 240
	compared, different := 0, 0
	for kind := range linux.ProgTypes() {
		rules, known := kind.ContextRules()
		if !known {
			continue
		}
		places := kind.Attach()
		if len(places) == 0 {
			places = []linux.AttachType{kind.Info().Place}
		}
		for _, place := range places {
			for _, size := range []int64{1, 2, 4, 8} {
				for offset := int64(0); offset < end; offset++ {
					if offset%size != 0 && offset > 9 {
						continue
					}
					for _, how := range []string{"read", "signed", "written"} {
						if how == "signed" && (size == 8 || offset%4 != 0) {
							continue
						}
						ours := slices.ContainsFunc(rules, func(r linux.ContextRule) bool {
							return r.Allows(place, true, offset, size, how == "written", how == "signed")
						})
						theirs, ok := asksContext(t, kind, place, offset, size, how)
						if !ok {
							continue
						}
						if compared++; ours != theirs {
							if different++; different < 40 {
								t.Errorf("%v at %v: %d bytes at %d are %s: the rules say %v, the kernel %v", kind, place, size, offset,
									how,
									ours, theirs)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d accesses were compared", compared)
	if compared < 40000 {
		t.Errorf("only %d accesses were compared", compared)
	}
}

// asksContext asks the kernel whether an access is allowed; ok is false if it refuses the program for another reason.
func asksContext(t *testing.T, kind linux.ProgType, place linux.AttachType, offset, size int64, how string) (allowed, ok bool) {
	t.Helper()
	width := map[int64]isa.Size{1: isa.B, 2: isa.H, 4: isa.W, 8: isa.DW}[size]
	access := isa.LoadMem(width, isa.R2, isa.R1, int16(offset))
	switch how {
	case "signed":
		access.Op = isa.ClassLDX | isa.ModeMEMSX | isa.Opcode(access.Op&0x18)
	case "written":
		access = isa.StoreMem(width, isa.R1, int16(offset), isa.R3)
	}
	raw, err := isa.Append(nil, isa.Native, isa.Mov64Imm(isa.R3, 0), access, isa.Mov64Imm(isa.R0, 1), isa.Exit())
	if err != nil {
		t.Fatal(err)
	}
	p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: kind, License: "GPL", Instructions: raw, ExpectedAttachType: place})
	if err == nil {
		p.Close()
		return true, true
	}
	var load *syscall.LoadError
	if !errors.As(err, &load) || load.Log == "" {
		return false, false
	}
	return !strings.Contains(load.Log, "invalid bpf_context access"), true
}
