package structops_test

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

type algorithm struct{ least uint32 }

func (a algorithm) ssthresh(f *dsl.Fn, tp tcp.Sock) uint32 { return a.least } // a Go number, not dsl.U32

// TestMembersThatCannotBeReadHaveTheUsersLine: a method value has no line of its own, and a nil function has no line.
func TestMembersThatCannotBeReadHaveTheUsersLine(t *testing.T) {
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	var missing func(f *dsl.Fn, tp tcp.Sock) dsl.U32
	for _, member := range []any{algorithm{2}.ssthresh, missing} {
		_, _, line, _ := runtime.Caller(0)
		err := structops.Validate(structops.Ops{Type: "tcp_congestion_ops", License: "GPL",
			Members: structops.Members{"ssthresh": member}}, compile.Target{BTF: types})
		var findings mistake.Findings
		if !errors.As(err, &findings) {
			t.Fatalf("%T: %v", member, err)
		}
		found := false
		for _, f := range findings {
			if f.Kind == mistake.BadProto {
				found = true
				if filepath.Base(f.Position.File) != "position_test.go" || f.Position.Line != line+1 {
					t.Errorf("%T: %v is at %v, want line %d of this test", member, f.Detail, f.Position, line+1)
				}
			}
		}
		if !found {
			t.Errorf("%T: %v", member, err)
		}
	}
}
