package vm_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/vm"
)

// TestNilInObjects: Linux reads 0 through a pointer that is nil in one of its structs, however the program carries it; other pointers that
// are nil are faults, and stores always.
func TestNilInObjects(t *testing.T) {
	const object = "r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +8); "
	for _, tt := range []struct {
		text string
		mode vm.Mode
		want uint64
		nil  bool // it is a fault
	}{
		{object + "r0 = *(u32 *)(r3 +4); exit", vm.Linux, 0, false},
		{object + "r0 = *(s16 *)(r3 +4); exit", vm.Linux, 0, false},
		{object + "r0 = *(u32 *)(r3 +4); exit", vm.Conformant, 0, true},
		{object + "r0 = 7; *(u32 *)(r3 +4) = r0; exit", vm.Linux, 0, true},
		{object + "*(u64 *)(r10 -8) = r3; r4 = r10; r4 += -16; r5 = *(u64 *)(r4 +8); r0 = *(u8 *)(r5 +0); exit", vm.Linux, 0, false},
		{object + "r6 = r3; r7 = *(u64 *)(r6 +0); r0 = *(u64 *)(r7 +0); exit", vm.Linux, 0, false},
		{object + "r1 = r3; call pc+1; exit; r0 = *(u8 *)(r1 +0); exit", vm.Linux, 0, false},
		{"r2 = *(u64 *)(r1 +8); r0 = *(u8 *)(r2 +0); exit", vm.Linux, 0, true}, // it was passed
		{"r2 = 0; r0 = *(u8 *)(r2 +0); exit", vm.Linux, 0, true},
		{object + "if r2 == 0 goto +1; goto +1; r3 = 0; r0 = *(u8 *)(r3 +0); exit", vm.Linux, 0, true}, // from two places
		{object + "*(u64 *)(r10 -8) = r3; *(u8 *)(r10 -8) = 0; r3 = *(u64 *)(r10 -8); r0 = *(u8 *)(r3 +0); exit", vm.Linux, 0, true},
		{object + "r3 = *(u64 *)(r2 +0); r0 = *(u8 *)(r3 +0); exit", vm.Linux, 1, false}, // it points to itself
	} {
		for _, traced := range []bool{false, true} {
			m := vm.New(parse(t, strings.ReplaceAll(tt.text, "; ", "\n"), vm.Options{Mode: tt.mode}))
			data := make([]byte, 16)
			addr := m.Add(vm.Memory{Name: "the object", Data: data})
			binary.LittleEndian.PutUint64(data, addr)
			context := binary.LittleEndian.AppendUint64(nil, addr)
			context = binary.LittleEndian.AppendUint64(context, 0)
			if traced {
				m.Trace = func(vm.Step) {}
			}
			got, err := m.Run(t.Context(), context)
			var fault *vm.Fault
			switch isNil := errors.As(err, &fault) && fault.Kind == vm.NilPointer; {
			case isNil != tt.nil || err != nil && !isNil:
				t.Errorf("%s: %v, %v", tt.text, got, err)
			case tt.want == 1:
				if got != uint64(byte(addr)) {
					t.Errorf("%s: %#x", tt.text, got)
				}
			case err == nil && got != tt.want:
				t.Errorf("%s: %#x, want %#x", tt.text, got, tt.want)
			}
		}
	}
}
