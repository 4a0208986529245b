package compile

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// TestGivenReferences: a parameter that the kernel hands over (skb__ref of Qdisc_ops.enqueue, Linux 6.16) is held from the
// start. The types are made up: few kernels have these functions.
func TestGivenReferences(t *testing.T) {
	skb := &cbtf.Pointer{Target: &cbtf.Struct{Name: "sk_buff", Size: 4,
		Members: []cbtf.Member{{Name: "len", Type: &cbtf.Int{Name: "unsigned int", Size: 4}}}}}
	takes := func(name string) cbtf.Type {
		return &cbtf.Func{Name: name, Linkage: cbtf.GlobalFunc,
			Type: &cbtf.FuncProto{Return: &cbtf.Void{}, Params: []cbtf.FuncParam{{Name: "skb", Type: skb}}}}
	}
	types := typesOf(t, takes("bpf_kfree_skb"), takes("keeps_a_packet"))
	packet := dsl.LoadMem(isa.DW, isa.R6, isa.R1, 0)
	call := func(name string) []dsl.Item { return []dsl.Item{dsl.Mov64Reg(isa.R1, isa.R6), dsl.CallKernel(name)} }
	free, keep := call("bpf_kfree_skb"), call("keeps_a_packet")
	end := []dsl.Item{dsl.Mov64Imm(isa.R0, 0), dsl.Exit()}
	number := &cbtf.Int{Size: 4}
	for _, tt := range []struct {
		name   string
		result cbtf.Type
		rule   mistake.Kind
		items  [][]dsl.Item
	}{
		{"freed", number, mistake.None, [][]dsl.Item{{packet}, free, end}},
		{"given to a function that nobody knows", number, mistake.None, [][]dsl.Item{{packet}, keep, end}},
		{"never looked at", number, mistake.UnreleasedReference, [][]dsl.Item{end}},
		{"looked at", number, mistake.UnreleasedReference, [][]dsl.Item{{packet}, end}},
		{"freed twice", number, mistake.ReleasedTwice, [][]dsl.Item{{packet}, free, free, end}},
		{"freed and read", number, mistake.UsedAfterRelease, [][]dsl.Item{{packet}, free, {dsl.LoadMem(isa.W, isa.R7, isa.R6, 0)}, end}},
		{"freed and loaded again", number, mistake.UsedAfterRelease,
			[][]dsl.Item{{dsl.Mov64Reg(isa.R7, isa.R1), packet}, free, {dsl.LoadMem(isa.DW, isa.R6, isa.R7, 0)}, end}},
		{"returned", skb, mistake.None, [][]dsl.Item{{packet, dsl.Mov64Reg(isa.R0, isa.R6), dsl.Exit()}}},
		{"another number is returned", number, mistake.UnreleasedReference,
			[][]dsl.Item{{packet, dsl.LoadMem(isa.W, isa.R0, isa.R6, 0), dsl.Exit()}}},
	} {
		p := &Place{Type: linux.ProgTypeStructOps, Struct: "ops", Member: "member",
			Signature: &place.Signature{Params: []place.Param{{Name: "skb", Type: skb, Ref: true}}, Result: tt.result}}
		_, err := Compile(dsl.Assembly("p", slices.Concat(tt.items...)...), Target{BTF: types, ByteOrder: isa.LittleEndian, Place: p})
		var findings mistake.Findings
		errors.As(err, &findings)
		switch {
		case tt.rule == mistake.None && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.rule != mistake.None && (len(findings) != 1 || findings[0].Kind != tt.rule):
			t.Errorf("%s: want one finding of the rule %s, got %v", tt.name, tt.rule, err)
		case tt.rule == mistake.UnreleasedReference && !strings.Contains(findings[0].Detail, "argument 0 (skb) is still held"):
			t.Errorf("%s: this should be about the argument: %v", tt.name, err)
		}
	}
}

// typesOf is BTF with some types.
func typesOf(t *testing.T, list ...cbtf.Type) *btf.Types {
	t.Helper()
	b, err := cbtf.NewBuilder(list, nil)
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

// TestReferenceMessages shows a finding as people read it.
func TestReferenceMessages(t *testing.T) {
	ring := &dsl.MapSpec{Name: "ring", Type: dsl.MapRingBuf, MaxEntries: 4096}
	_, err := Compile(dsl.Assembly("leaks", dsl.LoadMap(isa.R1, ring), dsl.Mov64Imm(isa.R2, 8), dsl.Mov64Imm(isa.R3, 0),
		dsl.CallHelper(131),
		dsl.Mov64Imm(isa.R0, 0),
		dsl.Exit()), Target{ByteOrder: isa.LittleEndian})
	const want = `references_test.go:LAST: leaks: "exit": the record of bpf_ringbuf_reserve (references_test.go:CALL) ` +
		`is still held at the end of the program
	help: release it with bpf_ringbuf_submit or bpf_ringbuf_discard if it is not nil`
	if err == nil {
		t.Fatal("no findings")
	}
	var findings mistake.Findings
	errors.As(err, &findings)
	line := findings[0].Position.Line
	if got := strings.NewReplacer("LAST", strconv.Itoa(line), "CALL", strconv.Itoa(line-2)).Replace(want); got != err.Error() {
		t.Errorf("got\n%s\nwant\n%s", err, got)
	}
}
