package vm_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/vm"
)

// TestCurrent: programs see the task that is set, and a name that does not fit is cut off.
func TestCurrent(t *testing.T) {
	task := &vm.Task{Process: 7, Thread: 8, User: 2, Group: 3, Cgroup: 9, Name: "a name of twenty-one b"}
	for _, tt := range []struct {
		text string
		want uint64
	}{
		{"call 14\nexit", 7<<32 | 8},
		{"call 15\nexit", 3<<32 | 2},
		{"call 80\nexit", 9},
		{"r1 = r10\nr1 += -24\nr2 = 24\ncall 16\nr0 = *(u64 *)(r10 -24)\nexit", word("a name o")},
		{"r1 = r10\nr1 += -24\nr2 = 24\ncall 16\nr0 = *(u64 *)(r10 -16)\nexit", word("f twent\x00")}, // 15 bytes in all
		{"r1 = r10\nr1 += -24\nr2 = 24\ncall 16\nr0 = *(u64 *)(r10 -8)\nexit", 0},
		{"r1 = r10\nr1 += -8\nr2 = 4\ncall 16\nr0 = *(u32 *)(r10 -8)\nexit", word("a n\x00\x00\x00\x00\x00")},
	} {
		m := vm.New(parse(t, tt.text, vm.Options{Mode: vm.Linux}))
		m.Current = task
		if got, err := m.Run(t.Context(), nil); got != tt.want || err != nil {
			t.Errorf("%s\n%#x, %v; want %#x", tt.text, got, err, tt.want)
		}
	}
}

// TestProbeReadString: text ends with a zero, also where it is cut off; what cannot be read is -EFAULT.
func TestProbeReadString(t *testing.T) {
	const efault = ^uint64(13)
	for _, tt := range []struct {
		address, size string
		want, first   uint64
	}{
		{"r6", "8", 4, word("abc\x00zzzz")}, // what is behind the text stays
		{"r6", "4", 4, word("abc\x00zzzz")},
		{"r6", "3", 3, word("ab\x00zzzzz")},
		{"0", "8", efault, 0},
	} {
		text := "r6 = r1\nr7 = 0x7a7a7a7a7a7a7a7a ll\n*(u64 *)(r10 -8) = r7\nr1 = r10\nr1 += -8\n" +
			"r2 = " + tt.size + "\nr3 = " + tt.address + "\ncall 115\n"
		for end, want := range map[string]uint64{"exit": tt.want, "r0 = *(u64 *)(r10 -8)\nexit": tt.first} {
			got, err := vm.New(parse(t, text+end, vm.Options{Mode: vm.Linux})).Run(t.Context(), []byte("abc\x00defghijk"))
			if got != want || err != nil {
				t.Errorf("%s%s\n%#x, %v; want %#x", text, end, got, err, want)
			}
		}
	}
}

// word is eight bytes as a program loads them.
func word(text string) (w uint64) {
	for i := range 8 {
		w |= uint64(text[i]) << (8 * i)
	}
	return w
}
