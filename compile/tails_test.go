package compile

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestTailsDoNotBeginBehindAJump: a condition as a number is two constants with a jump over the second between them. What blocks
// have in common must not be cut out from behind that jump, which would then lead somewhere else.
func TestTailsDoNotBeginBehindAJump(t *testing.T) {
	item := func(ins isa.Instruction) record.Item { return record.Item{Ins: ins} }
	one := item(isa.Mov64Imm(isa.R2, 1))
	condition := []record.Item{item(isa.Mov64Imm(isa.R2, 0)), item(isa.JSGT64Imm(isa.R1, 0, 1)), one}
	reload := []record.Item{item(isa.LoadMem(isa.DW, isa.R1, isa.R10, -8)), one}
	if n := commonTail(condition, reload); n != 0 {
		t.Errorf("%d instructions are common", n)
	}
	if n := commonTail(condition, condition); n != len(condition) {
		t.Errorf("%d instructions of the same body are common, want all %d", n, len(condition))
	}
	if n := commonTail(append(condition, one), append(reload, one)); n != 1 {
		t.Errorf("%d instructions behind the condition are common, want 1", n)
	}
}
