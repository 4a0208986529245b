package structops

import (
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// TestAnnotationsOfParameters: the suffixes of a stub's parameters count only in the function where the kernel itself looks for them. Its
// name has the type and the member.
func TestAnnotationsOfParameters(t *testing.T) {
	pointer := &cbtf.Pointer{Target: &cbtf.Struct{Name: "sk_buff"}}
	unnamed := &cbtf.FuncProto{Return: &cbtf.Void{}, Params: []cbtf.FuncParam{{Type: pointer}, {Type: pointer}}}
	stub := &cbtf.FuncProto{Return: &cbtf.Void{}, Params: []cbtf.FuncParam{{Name: "skb__ref", Type: pointer}, {Name: "to__nullable",
		Type: pointer}}}
	m := Member{Name: "enqueue", Proto: unnamed}
	for name, counts := range map[string]bool{"Qdisc_ops__enqueue": true, "stub_enqueue": false} {
		got := params(&linux.OpsType{Name: "Qdisc_ops", Stubs: "stub_"}, m, map[string]*cbtf.FuncProto{name: stub})
		if got[0].Name != "skb" || got[1].Name != "to" || got[0].Ref != counts || got[1].Nullable != counts || got[1].Ref ||
			got[0].Nullable {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
