package compile_test

import (
	"encoding/hex"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestRecordedVerdicts holds the check against what Linux 6.18 said of 190
// programs: none that it took may be refused here. Without knowing what R1
// points to, few of the others can be found; how many is printed.
func TestRecordedVerdicts(t *testing.T) {
	accepted, refused, found := 0, 0, 0
	for _, e := range recorded.Open(t).Programs {
		code, err := hex.DecodeString(e.Insns)
		if err != nil {
			t.Fatal(err)
		}
		program, err := isa.Decode(code, isa.LittleEndian)
		if err == nil {
			var items []dsl.Item
			for _, ins := range program {
				items = append(items, dsl.Raw(ins))
			}
			_, err = compile.Compile(dsl.Assembly(e.Name, items...), compile.Target{ByteOrder: isa.LittleEndian})
		}
		switch {
		case e.Loaded && err != nil && e.ProgType != "struct_ops": // there, R0 may be left unset
			t.Errorf("%s: the kernel takes it, but: %v", e.Name, err)
		case e.Loaded:
			accepted++
		default:
			refused++
			if err != nil {
				found++
			}
		}
	}
	t.Logf("%d programs that the kernel takes pass; of %d that it refuses, %d are found", accepted, refused, found)
	if accepted < 20 || found < 17 {
		t.Errorf("%d accepted and %d found: fewer than recorded", accepted, found)
	}
}
