package three_test

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
	recorded.Refused(t, "testdata/above.txt", aboveProgram, prog.Options{Type: syscall.ProgTypeSocketFilter, License: "GPL"})
}

// TestPicture draws the end of the frame as it is after the stores.
func TestPicture(t *testing.T) {
	program, err := vm.LoadInstructions(frame, vm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := vm.New(program)
	var end []byte
	m.Trace = func(s vm.Step) {
		if s.Instruction != isa.Exit() {
			return
		}
		bytes, err := m.Bytes(m.Register(isa.R10)-16, 16)
		if err != nil {
			t.Fatal(err)
		}
		end = append(end, bytes...)
	}
	if _, err := m.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	head := []string{"offset"}
	row := []picture.Cell{{Text: "byte"}}
	for n, b := range end {
		head = append(head, fmt.Sprint(n-16))
		row = append(row, picture.Cell{Text: fmt.Sprintf("%02x", b), Changed: n >= 16-13})
	}
	recorded.Compare(t, "frame.svg", picture.Table("The last 16 bytes of the frame", head, [][]picture.Cell{row}))
}
