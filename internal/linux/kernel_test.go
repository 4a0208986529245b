package linux_test

import (
	"slices"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// valuesOf are the values of an enum of Linux 6.18, in their order.
func valuesOf(t *testing.T, types *btf.Types, enum string) []cbtf.EnumValue {
	t.Helper()
	id, err := types.Lookup(btf.KindEnum, enum)
	if err != nil {
		t.Fatal(err)
	}
	set, err := types.Decode(id)
	if err != nil {
		t.Fatal(err)
	}
	return set.Type(id).(*cbtf.Enum).Values
}

func kernel(t *testing.T) *btf.Types {
	t.Helper()
	types, err := fixture.Open("6.18")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { types.Close() })
	return types
}

// TestEveryValueHasARow compares the tables with the enums of Linux 6.18: each value has a row with its name, and there are no others.
func TestEveryValueHasARow(t *testing.T) {
	types := kernel(t)
	for _, table := range []struct {
		enum, prefix string
		name         func(uint32) string
	}{
		{"bpf_func_id", "BPF_FUNC_", func(n uint32) string {
			name, _ := linux.HelperName(int32(n))
			return strings.TrimPrefix(name,
				"bpf_")
		}},
		{"bpf_prog_type", "BPF_PROG_TYPE_", func(n uint32) string { return linux.ProgType(n).Info().Name }},
		{"bpf_map_type", "BPF_MAP_TYPE_", func(n uint32) string { return linux.MapType(n).Info().Name }},
		{"bpf_attach_type", "BPF_", func(n uint32) string { return linux.AttachType(n).Info().Name }},
		{"bpf_link_type", "BPF_LINK_TYPE_", func(n uint32) string {
			if name := linux.LinkType(n).String(); !strings.HasPrefix(name, "link type ") {
				return name
			}
			return ""
		}},
	} {
		most, names := uint64(0), map[uint32][]string{} // some values have two names
		for _, v := range valuesOf(t, types, table.enum) {
			if strings.HasPrefix(v.Name, "__MAX") || strings.HasPrefix(v.Name, "__BPF") {
				continue
			}
			most = max(most, v.Value)
			names[uint32(v.Value)] = append(names[uint32(v.Value)], strings.ToLower(strings.TrimPrefix(v.Name, table.prefix)))
		}
		if len(names) < 10 {
			t.Errorf("%s has %d values", table.enum, len(names))
		}
		for n, known := range names {
			if got := table.name(n); !slices.Contains(known, got) && !slices.Contains(known, got+"_deprecated") {
				t.Errorf("%s: %d is %v, and its row says %q", table.enum, n, known, got)
			}
		}
		if got := table.name(uint32(most + 1)); got != "" {
			t.Errorf("%s ends at %d, and there is a row %q after that", table.enum, most, got)
		}
	}
}

// TestMapFieldsAreTheKernels compares the sizes of the kernel's structs in values of maps with the running kernel.
func TestMapFieldsAreTheKernels(t *testing.T) {
	types, err := btf.Kernel()
	if err != nil {
		kerneltest.Missing(t, "needs a kernel with BTF: "+err.Error())
	}
	t.Cleanup(func() { types.Close() })
	compared := 0
	for f := range linux.MapFields() {
		id, err := types.Composite(f.Name)
		if err != nil {
			continue // it is newer than this kernel
		}
		compared++
		if size, err := types.Size(id); err != nil || int(size) != f.Size {
			t.Errorf("%s has %d bytes, and its row says %d (%v)", f.Name, size, f.Size, err)
		}
	}
	if compared < 2 { // Linux 6.1 has two of them
		t.Errorf("only %d structs were compared", compared)
	}
}

// TestContextsAreTheKernels compares names, offsets and sizes of the fields of contexts with Linux 6.18.
func TestContextsAreTheKernels(t *testing.T) {
	types := kernel(t)
	for _, name := range []string{"__sk_buff", "xdp_md"} {
		c := linux.ContextNamed(name)
		if c == nil {
			t.Errorf("the fields of %s are not known", name)
			continue
		}
		id, err := types.Lookup(btf.KindStruct, name)
		if err != nil {
			t.Fatal(err)
		}
		if size, err := types.Size(id); err != nil || int64(size) != c.Size {
			t.Errorf("%s has %d bytes, and its row says %d (%v)", name, size, c.Size, err)
		}
		for _, f := range c.Fields {
			at, err := types.Field(name, f.Name)
			if err != nil {
				if f.Name != "flow_keys" && f.Name != "sk" { // within a union
					t.Errorf("%s.%s: %v", name, f.Name, err)
				}
				continue
			}
			if int64(at.Offset) != f.Offset || int64(at.Size) != f.Size {
				t.Errorf("%s.%s is %d bytes at %d, and its row says %d at %d", name, f.Name, at.Size, at.Offset, f.Size, f.Offset)
			}
		}
	}
}
