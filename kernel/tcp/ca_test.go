package tcp_test

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// A state that is too large for the socket's memory is a finding with both sizes.
func TestStateThatIsTooLarge(t *testing.T) {
	type state struct{ Samples [14]dsl.CellU64 } // 112 bytes
	program := dsl.Func("init", func(f *dsl.Fn, tp tcp.Sock) { tcp.CA[state](tp).Samples[13].Set(1) })
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	_, err = compile.Compile(program, compile.Target{BTF: types})
	if err == nil || !strings.Contains(err.Error(), "112") || !strings.Contains(err.Error(), "104") {
		t.Errorf("%v", err)
	}
}

// A member that this kernel does not have is a finding at the line that reads it.
func TestMemberThatTheTargetLacks(t *testing.T) {
	program := dsl.Func("f", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
		return tp.ReceivedCe() // of accurate ECN, Linux 6.18
	})
	types, err := fixture.Open("6.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := types.Field("tcp_sock", "received_ce"); err == nil {
		t.Fatal("the fixture of Linux 6.1 has received_ce: the test needs another member")
	}
	_, err = compile.Compile(program, compile.Target{BTF: types})
	if err == nil || !strings.Contains(err.Error(), "ca_test.go:30") || !strings.Contains(err.Error(), "received_ce") {
		t.Errorf("%v", err)
	}
}
