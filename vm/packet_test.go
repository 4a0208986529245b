package vm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// TestRunPacket: programs reach the packet through their context, with instructions of classic BPF too, and not beyond its end.
func TestRunPacket(t *testing.T) {
	packet := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x08, 0x00, 0x45, 15}
	for _, tt := range []struct {
		kind syscall.ProgType
		text string
		want uint64
		say  string // of the error
	}{
		{syscall.ProgTypeXDP, "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr0 = r3\nr0 -= r2\nexit", 16, ""},
		{syscall.ProgTypeXDP, "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +14)\nexit", 0x45, ""},
		{syscall.ProgTypeXDP, "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +16)\nexit", 0, "byte 16 of the packet, which has 16 bytes"},
		{syscall.ProgTypeXDP, "r0 = *(u32 *)(r1 +24)\nexit", 0, "byte 24 of the xdp_md, which has 24 bytes"},
		{syscall.ProgTypeSchedCls, "r0 = *(u32 *)(r1 +0)\nexit", 16, ""},
		{syscall.ProgTypeSchedCls, "r0 = *(u32 *)(r1 +16)\nexit", 0x0008, ""},
		{syscall.ProgTypeSocketFilter, "r6 = r1\nr0 = *(u16 *)skb[12]\nexit", 0x0800, ""},
		{syscall.ProgTypeSocketFilter, "r6 = r1\nr7 = 4\nr0 = *(u32 *)skb[r7 + 10]\nr0 = 1\nexit", 0, ""},
		{syscall.ProgTypeKprobe, "exit", 0, "do not get packets"},
	} {
		got, err := vm.New(parse(t, tt.text, vm.Options{Mode: vm.Linux})).RunPacket(t.Context(), tt.kind, packet)
		if got != tt.want || (err == nil) != (tt.say == "") || err != nil && !strings.Contains(err.Error(), tt.say) {
			t.Errorf("%v: %s\n%#x, %v; want %#x, %q", tt.kind, tt.text, got, err, tt.want, tt.say)
		}
	}
	m := vm.New(parse(t, "r2 = *(u32 *)(r1 +0)\n*(u8 *)(r2 +0) = 9\nexit", vm.Options{}))
	if _, err := m.RunPacket(t.Context(), syscall.ProgTypeXDP, packet); err != nil || packet[0] != 9 {
		t.Errorf("%v, % x", err, packet)
	}
	var fault *vm.Fault
	if _, err := m.RunPacket(t.Context(), syscall.ProgTypeXDP, nil); !errors.As(err, &fault) || fault.Kind != vm.OutOfBounds {
		t.Errorf("%v", err)
	}
}
