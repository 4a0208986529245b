package twelve_test

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestKernelAccepts: the kernel has nothing against the mistake of this chapter, and runs it as the machine does.
func TestKernelAccepts(t *testing.T) {
	kerneltest.Require(t)
	loaded, err := prog.Load(dsl.Func("echo", echo), prog.Options{License: "GPL"})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	for port, want := range map[uint16]uint32{7: 2, 0x0700: 1} {
		out, err := loaded.Run(prog.Input{Data: packet(port)})
		if err != nil || out.Result != want {
			t.Errorf("port %d: %+v, %v; want %d", port, out, err, want)
		}
	}
}
