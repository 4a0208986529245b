package verify

import (
	"reflect"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestTracepointsAreReadOnce: what package place reads of a tracepoint tells the same structs, by their numbers, as its prototype in BTF:
// also where a kernel has several structs of one name.
func TestTracepointsAreReadOnce(t *testing.T) {
	types, err := btf.Kernel()
	if err != nil {
		kerneltest.Missing(t, "needs a kernel with BTF: "+err.Error())
	}
	defer types.Close()
	c := &checker{Program: &Program{Types: types}}
	prefix := linux.AttachTraceRawTP.Info().Prefix
	compared := 0
	for name := range types.Names(btf.KindTypedef) {
		point, isTracepoint := strings.CutPrefix(name, prefix)
		if !isTracepoint || compared == 200 {
			continue
		}
		id, err := types.Lookup(btf.KindTypedef, name)
		if err != nil {
			t.Fatal(err)
		}
		want, ok := c.protoOf(id)
		at, err := place.Tracepoint(types, point)
		if err != nil || !ok || at.Signature == nil || len(want.params) == 0 {
			t.Errorf("%s: %v, %v, %+v", point, err, ok, at)
			continue
		}
		got := c.signature(at.Signature)
		if !reflect.DeepEqual(got.params, want.params[1:]) && len(got.params)+len(want.params) > 1 {
			t.Errorf("%s has %+v, want %+v", point, got.params, want.params[1:])
		}
		compared++
	}
	if compared < 100 {
		t.Errorf("only %d tracepoints were compared", compared)
	}
}
