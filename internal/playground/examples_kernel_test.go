package playground

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestExamplesInTheKernel: Linux takes and refuses the examples as the page says, and they return what the page shows.
func TestExamplesInTheKernel(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	examples, err := read(examplePrograms)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, e := range examples {
		k, err := kindNamed(e.Kind)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == "" { // it goes nowhere
			continue
		}
		about := ask[program](t, "program", programRequest{Text: e.Text, Kind: e.Kind, Maps: e.Maps})
		code, _, wrong := disassemble(about.Hex)
		if wrong != nil {
			t.Fatal(wrong)
		}
		putMaps(t, e, code)
		raw, err := isa.Append(nil, isa.Native, code...)
		if err != nil {
			t.Fatal(err)
		}
		var flags syscall.ProgFlags
		if k.place.Type.Info().Sleeps {
			flags = syscall.ProgSleepable
		}
		loaded, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: k.place.Type, License: "GPL", Instructions: raw, Flags: flags})
		if (err != nil) != (len(about.Findings) > 0) {
			t.Errorf("%s: %d findings, and the kernel says %v", e.file, len(about.Findings), err)
		}
		if err != nil {
			continue
		}
		memory := hextext.Text{Text: []byte(e.Memory)}
		if wrong := memory.Read(); wrong != nil {
			t.Fatal(wrong.Detail)
		}
		run := &syscall.TestRunAttr{Prog: loaded, DataIn: memory.Code}
		if !k.Packets {
			run.DataIn, run.CtxIn = nil, memory.Code
		}
		result, err := syscall.ProgTestRun(run)
		loaded.Close()
		if err != nil {
			t.Errorf("%s: %v", e.file, err)
			continue
		}
		s := ask[state](t, "step", stepRequest{Hex: about.Hex, Kind: e.Kind, Maps: e.Maps, Memory: e.Memory, Move: "continue"})
		if want := k.place.Type.Verdict(result.RetVal); !strings.HasPrefix(s.Result, want) {
			t.Errorf("%s: the page shows %q, the kernel's program returns %s", e.file, s.Result, want)
		}
		ran++
	}
	if ran < 3 {
		t.Errorf("only %d examples ran", ran)
	}
}

// putMaps creates the maps of an example in the kernel, and writes their descriptors into the code.
func putMaps(t *testing.T, e example, code []isa.Instruction) {
	t.Helper()
	known, err := readMaps(e.Maps)
	if err != nil {
		t.Fatal(err)
	}
	for fd, m := range known {
		created, err := syscall.MapCreate(&syscall.MapCreateAttr{Type: m.Type, KeySize: m.Key, ValueSize: m.Value, MaxEntries: m.Max,
			Flags: syscall.MapFlags(m.Flags), Name: "playground"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { created.Close() })
		for n := range code {
			if code[n].IsWide() && code[n].Src == isa.PseudoMapFD && code[n].Imm == int64(fd) {
				code[n].Imm = int64(created.Int())
			}
		}
	}
}
