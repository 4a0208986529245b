package isa_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cilium/ebpf/asm"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// The same programs through the assembler of cilium/ebpf, for the ratio. It needs the programs as its own type, and
// has them from its own decoder.
func peerProgram(b *testing.B, ins []Instruction) ([]byte, asm.Instructions) {
	code, err := Append(nil, LittleEndian, ins...)
	if err != nil {
		b.Fatal(err)
	}
	peer, err := asm.AppendInstructions(nil, bytes.NewReader(code), binary.LittleEndian, "linux")
	if err != nil {
		b.Fatal(err)
	}
	return code, peer
}

func BenchmarkPeerEncode(b *testing.B) {
	ins := typical()
	_, peer := peerProgram(b, ins)
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		for _, i := range peer { // Instructions.Marshal also resolves symbols and so isn't comparable
			if _, err := i.Marshal(&buf, binary.LittleEndian); err != nil {
				b.Fatal(err)
			}
		}
	}
	perInstruction(b, len(ins))
}

func BenchmarkPeerDecode(b *testing.B) {
	ins := typical()
	code, _ := peerProgram(b, ins)
	var out asm.Instructions
	var err error
	b.ReportAllocs()
	for b.Loop() {
		if out, err = asm.AppendInstructions(out[:0], bytes.NewReader(code), binary.LittleEndian, "linux"); err != nil {
			b.Fatal(err)
		}
	}
	perInstruction(b, len(ins))
}

func BenchmarkPeerText(b *testing.B) {
	ins := typical()
	_, peer := peerProgram(b, ins)
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		for _, i := range peer {
			fmt.Fprintf(&buf, "%v\n", i)
		}
	}
	perInstruction(b, len(ins))
}
