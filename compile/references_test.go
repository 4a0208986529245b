package compile

import (
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestGivenReferences: a parameter that the kernel hands over (skb__ref of Qdisc_ops.enqueue, Linux 6.16) is held from the start. The kernel
// functions that take it have made-up numbers here: few kernels have them.
func TestGivenReferences(t *testing.T) {
	const free, keep, other = 101, 102, 103
	skb := &cbtf.Pointer{Target: &cbtf.Struct{Name: "sk_buff"}}
	one := &cbtf.FuncProto{Return: &cbtf.Void{}, Params: []cbtf.FuncParam{{Type: skb}}}
	kernel := map[btf.ID]kernelFunction{free: {"bpf_kfree_skb", one}, keep: {"keeps_a_packet", one}, other: {"bpf_obj_new_impl", &cbtf.FuncProto{Return: skb}}}
	packet := dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0)
	call := func(id int32) []dsl.Item {
		return []dsl.Item{dsl.Mov64Reg(isa.R1, isa.R6), dsl.Raw(isa.CallKfunc(id, 0))}
	}
	end := []dsl.Item{dsl.Mov64Imm(isa.R0, 0), dsl.Exit()}
	for _, tt := range []struct {
		name   string
		result cbtf.Type
		rule   Rule
		items  [][]dsl.Item
	}{
		{"freed", nil, "", [][]dsl.Item{{packet}, call(free), end}},
		{"given to a function that nobody knows", nil, "", [][]dsl.Item{{packet}, call(keep), end}},
		{"never looked at", nil, UnreleasedReference, [][]dsl.Item{end}},
		{"looked at", nil, UnreleasedReference, [][]dsl.Item{{packet}, end}},
		{"freed twice", nil, ReleasedTwice, [][]dsl.Item{{packet}, call(free), call(free), end}},
		{"freed and read", nil, UsedAfterRelease, [][]dsl.Item{{packet}, call(free), {dsl.LoadMem(isa.W, isa.R7, isa.R6, 0)}, end}},
		{"returned", skb, "", [][]dsl.Item{{packet, dsl.Mov64Reg(isa.R0, isa.R6), dsl.Exit()}}},
		{"another is returned", skb, UnreleasedReference, [][]dsl.Item{call(other)[1:], {dsl.Exit()}}},
	} {
		var items []dsl.Item
		for _, list := range tt.items {
			items = append(items, list...)
		}
		c := &Context{Name: "ops.member", Member: "member", Params: []Param{{Name: "skb", Type: skb, Ref: true}}, Result: tt.result}
		if c.Result == nil {
			c.Result = &cbtf.Int{Size: 4}
		}
		u := &unit{program: dsl.New("p", items...), target: Target{BTF: structOf(t, "sk_buff"), ByteOrder: isa.LittleEndian, Context: c}, kernel: kernel}
		for _, pass := range []func(*unit){collect, resolve, stretch, layout, check} {
			pass(u)
		}
		switch {
		case tt.rule == "" && len(u.findings) > 0:
			t.Errorf("%s: %v", tt.name, u.findings)
		case tt.rule != "" && (len(u.findings) != 1 || u.findings[0].Rule != tt.rule || !strings.Contains(u.findings[0].Detail, "argument 0 (skb)")):
			t.Errorf("%s: want one finding of the rule %s about the argument, got %v", tt.name, tt.rule, u.findings)
		}
	}
}

// structOf has a struct of that name.
func structOf(t *testing.T, name string) *btf.Types {
	t.Helper()
	number := &cbtf.Int{Name: "unsigned int", Size: 4}
	b, err := cbtf.NewBuilder([]cbtf.Type{&cbtf.Struct{Name: name, Size: 4, Members: []cbtf.Member{{Name: "len", Type: number}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := b.Marshal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	types, err := btf.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { types.Close() })
	return types
}

// TestReferencesAreWellFormed: each row of the table says what a call does, what gives back what it acquires, and whence that is known; no
// two are about one function.
func TestReferencesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range references {
		switch name, known := isa.HelperName(r.helper); {
		case seen[r.name]:
			t.Errorf("%s stands twice", r.name)
		case r.helper != 0 && (!known || name != r.name):
			t.Errorf("%s: helper %d is %s", r.name, r.helper, name)
		case r.does == 0 && r.enters == noSection && r.leaves == noSection:
			t.Errorf("%s does nothing", r.name)
		case r.does&(acquires|begins) != 0 && (r.thing == "" || r.back == ""):
			t.Errorf("%s: what it acquires has no name, or nothing gives it back", r.name)
		case r.does&(releases|transfers|begins|uses|finishes) != 0 && r.arg == isa.R0:
			t.Errorf("%s: which argument?", r.name)
		case r.since == "" || r.source == "":
			t.Errorf("%s: since when, and who says so?", r.name)
		}
		seen[r.name] = true
	}
}

// TestReferenceMessages shows a finding as people read it.
func TestReferenceMessages(t *testing.T) {
	u := &unit{program: dsl.New("leaks", dsl.Mov64Imm(isa.R2, 8), dsl.CallHelper(131), dsl.Mov64Imm(isa.R0, 0), dsl.Exit()), target: Target{ByteOrder: isa.LittleEndian}}
	for _, pass := range []func(*unit){collect, resolve, stretch, layout, check} {
		pass(u)
	}
	if len(u.findings) != 1 {
		t.Fatal(u.findings)
	}
	const want = "references_test.go:107: leaks: the record of bpf_ringbuf_reserve (references_test.go:107) is still held at exit\n\thelp: bpf_ringbuf_submit or bpf_ringbuf_discard gives it back, where it is not nil"
	if got := u.findings[0].Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
