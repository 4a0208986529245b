package dsl

import (
	"path"
	"runtime"
	"testing"
)

// TestForksReportTheSameLines: files decide what belongs to the language, not the name of the module.
func TestForksReportTheSameLines(t *testing.T) {
	for _, c := range []struct {
		file, function string
		want           bool
	}{
		{"dsl/number.go", "example.com/fork/dsl.number.read", true},
		{"maps/hash.go", "example.com/fork/maps.(*Hash[...]).Lookup", true},
		{"kernel/tcp/ca.go", "example.com/fork/kernel/tcp.CA[...]", true},
		{"internal/record/builder.go", "example.com/fork/internal/record.(*Builder).Choose", true},
		{"maps/hash.go", "example.com/user.program.func1", true}, // a closure that was inlined there
		{"examples/tcp_cc/cc/cubic.go", "example.com/fork/examples/tcp_cc/cc.Cubic", false},
		{"dsl/number_test.go", "example.com/fork/dsl.TestNumber", false},
		{"../other/dsl/number.go", "example.com/other/dsl.number.read", false},
	} {
		frame := runtime.Frame{Function: c.function, File: path.Join(moduleFolder(), c.file)}
		if got := isLanguage(frame); got != c.want {
			t.Errorf("%s in %s is of the language: %v, want %v", c.function, c.file, got, c.want)
		}
	}
	if !isLanguage(runtime.Frame{Function: "example.com/user/kernel.Sock.SndCwnd", File: "/home/user/kernel/tcp_sock_btfgen.go"}) {
		t.Error("what bpfsmith gen wrote in a user's module is not of the language")
	}
}
