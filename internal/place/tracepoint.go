package place

import (
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// Tracepoint is the place of programs for a tracepoint, by its name, such as task_newtask. The error is btf.ErrNotFound if the types
// have no such tracepoint.
//
// The kernel declares a tracepoint as the type of a function, btf_trace_NAME. The first parameter of that function is internal and is
// not passed to programs (include/trace/bpf_probe.h).
func Tracepoint(types *btf.Types, name string) (*Place, error) {
	prefix := linux.AttachTraceRawTP.Info().Prefix
	p := &Place{Type: linux.ProgTypeTracing, Hook: linux.AttachTraceRawTP, Attach: strings.TrimPrefix(name, prefix)}
	id, err := types.Lookup(btf.KindTypedef, prefix+p.Attach)
	if err != nil {
		return nil, err
	}
	set, err := types.Decode(id)
	if err != nil {
		return nil, err
	}
	pointer, _ := btf.Underlying(set.Type(id)).(*cbtf.Pointer)
	if pointer == nil {
		return p, nil
	}
	proto, _ := pointer.Target.(*cbtf.FuncProto)
	if proto == nil || len(proto.Params) == 0 {
		return p, nil
	}
	passed := &cbtf.FuncProto{Return: proto.Return, Params: proto.Params[1:]}
	p.Signature = &Signature{Text: btf.Declaration(passed, p.Attach), Result: passed.Return, Read: &Reading{types, set}}
	for _, param := range passed.Params {
		p.Signature.Params = append(p.Signature.Params, Param{Name: param.Name, Type: param.Type})
	}
	return p, nil
}
