package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestTargets: kernels that lack what a program names, and types that cannot be read.
func TestTargets(t *testing.T) {
	dir := t.TempDir()
	text := writeFile(t, dir, "notes.txt", "these are no types\n")
	empty := writeFile(t, dir, "empty.btf", "")
	short := writeFile(t, dir, "short.btf", "\x9f\xeb\x01\x00\x18\x00\x00\x00")

	find := func(use func(types *btf.Types) error) error {
		types, err := fixture.Open("6.18")
		if err != nil {
			return err
		}
		defer types.Close()
		return use(types)
	}
	compare(t, "targets", []row{
		{name: "interface without types", code: func() error { return structops.Validate(reno(), compile.Target{}) }},
		{name: "field without types", code: func() error {
			p := dsl.Func("window", func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.SndCwnd() // here
			})
			_, err := compile.Compile(p, compile.Target{})
			return err
		}},
		{name: "field of a later kernel", code: func() error {
			algorithm := reno()
			algorithm.Ssthresh = func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				return tp.Field("total_rto").U16().U32() // here
			}
			return structops.Validate(algorithm, old())
		}},
		{name: "loop of a later kernel", code: func() error {
			algorithm := reno()
			algorithm.Ssthresh = func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				n := f.VarU32(0)
				f.Range(tp.SndCwnd(), func(i dsl.U32) { n.Inc(i) }) // here
				return n.U32()
			}
			return structops.Validate(algorithm, old())
		}},
		{name: "While of a later kernel", code: func() error {
			algorithm := reno()
			algorithm.Ssthresh = func(f *dsl.Fn, tp tcp.Sock) dsl.U32 {
				n := f.VarU32(0)
				f.While(func() dsl.Bool { return n.Lt(tp.SndCwnd()) }, func() { n.Inc(1) }) // here
				return n.U32()
			}
			return structops.Validate(algorithm, old())
		}},
		{name: "helper of a later kernel", code: func() error {
			target := linux()
			target.Kernel = isa.KernelVersion{Major: 5, Minor: 4}
			p := dsl.Func("clock", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
				return helper.KtimeGetTaiNs(f).U32() // here
			})
			return prog.Validate(p, prog.Options{License: "GPL"}, target)
		}},
		{name: "scheduler on a kernel without sched_ext", code: func() error {
			ops := structops.Ops{Type: "sched_ext_ops", License: "GPL", Members: structops.Members{"name": "mine"}}
			return structops.Validate(ops, old())
		}},
		{name: "file of types that is not there", code: func() error { _, err := btf.File("vmlinux.btf"); return err }},
		{name: "file of types is a folder", code: func() error { _, err := btf.File("."); return err }},
		{name: "file of types is text", code: func() error { _, err := btf.File(text); return err }},
		{name: "file of types is empty", code: func() error { _, err := btf.File(empty); return err }},
		{name: "file of types is cut off", code: func() error { _, err := btf.File(short); return err }},
		{name: "misspelt struct", code: func() error {
			return find(func(types *btf.Types) error { _, err := types.Field("tcp_sok", "snd_cwnd"); return err })
		}},
		{name: "misspelt field", code: func() error {
			return find(func(types *btf.Types) error { _, err := types.Field("tcp_sock", "snd_cwd"); return err })
		}},
		{name: "struct with its keyword", code: func() error {
			return find(func(types *btf.Types) error { _, err := types.Field("struct tcp_sock", "snd_cwnd"); return err })
		}},
		{name: "element that the array does not have", code: func() error {
			return find(func(types *btf.Types) error {
				_, err := types.Field("tcp_sock", "inet_conn.icsk_ca_priv[99]")
				return err
			})
		}},
		{name: "misspelt interface", code: func() error {
			return find(func(types *btf.Types) error {
				_, err := structops.ReadInterface(types, "tcp_congestion_opts")
				return err
			})
		}},
		{name: "misspelt constant", code: func() error {
			return find(func(types *btf.Types) error { _, err := types.EnumValue("tcp_ca_state", "TCP_CA_OPEN"); return err })
		}},
		{name: "module that is not loaded", code: func() error {
			return find(func(types *btf.Types) error { _, err := btf.Module("no_such_module", types); return err })
		}},
	})
}
