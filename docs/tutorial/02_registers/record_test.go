package two_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/docs/tutorial/internal/picture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.Refused(t, "testdata/unwritten.txt", unwrittenProgram,
		prog.Options{Type: syscall.ProgTypeSocketFilter, License: "GPL"})
}

// TestPicture draws the history of the registers from a run.
func TestPicture(t *testing.T) {
	program, err := vm.LoadInstructions(sum, vm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := vm.New(program)
	shown := []isa.Register{isa.R0, isa.R1, isa.R2}
	var rows [][]picture.Cell
	before := make([]uint64, len(shown))
	after := func() { // the instruction of the last row has run
		if len(rows) == 0 {
			return
		}
		for n, r := range shown {
			now := m.Register(r)
			rows[len(rows)-1][n+1] = picture.Cell{Text: fmt.Sprint(now), Changed: now != before[n]}
		}
	}
	m.Trace = func(s vm.Step) {
		after()
		row := make([]picture.Cell, len(shown)+1)
		row[0].Text = s.Instruction.String()
		rows = append(rows, row)
		for n, r := range shown {
			before[n] = m.Register(r)
		}
	}
	if _, err := m.Call(context.Background(), 3, 4); err != nil {
		t.Fatal(err)
	}
	after()
	recorded.Compare(t, "registers.svg", picture.Table("The registers after each instruction", []string{"", "r0", "r1", "r2"}, rows))
}
