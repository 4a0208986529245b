//go:build linux

package guest

import (
	"errors"
	"os"
	"strings"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// kernelTypes returns the running kernel's types, as package btf reads them and as cilium/ebpf does.
func kernelTypes(t *testing.T) (*btf.Types, *cbtf.Spec) {
	t.Helper()
	kerneltest.Require(t)
	ours, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	theirs, err := cbtf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// TestEveryInterfaceIsRead reads all ops structs of the kernel, including those that bpfsmith does not know, and compares them with
// cilium/ebpf's reading.
func TestEveryInterfaceIsRead(t *testing.T) {
	ours, theirs := kernelTypes(t)
	found := make(map[string]bool)
	for value := range ours.Names(btf.KindStruct) {
		name, ok := strings.CutPrefix(value, "bpf_struct_ops_")
		if !ok {
			continue
		}
		ops, err := structops.ReadInterface(ours, name)
		if errors.Is(err, btf.ErrNotFound) {
			continue // bpf_struct_ops_map, bpf_struct_ops_link and the like
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found[name] = true
		var want *cbtf.Struct
		if err := theirs.TypeByName(name, &want); err != nil {
			t.Fatal(err)
		}
		if len(ops.Members) != len(want.Members) {
			t.Errorf("%s has %d members, want %d", name, len(ops.Members), len(want.Members))
			continue
		}
		callbacks, nameless := 0, 0
		for i, m := range want.Members {
			got := ops.Members[i]
			if got.Name != m.Name || got.Offset != int(m.Offset.Bytes()) {
				t.Errorf("%s: member %d is %s at %d, want %s at %d", name, i, got.Name, got.Offset, m.Name, m.Offset.Bytes())
			}
			if got.Proto == nil {
				continue
			}
			callbacks++
			for _, p := range got.Params {
				if p.Name == "" {
					nameless++
				}
			}
		}
		t.Logf("%s: %d members, of which %d callbacks; %d bytes; %d arguments without a name", name, len(ops.Members), callbacks,
			ops.ValueSize, nameless)
	}
	for _, name := range append(expected(), "tcp_congestion_ops") {
		if !found[name] {
			t.Errorf("no %s", name)
		}
	}
}

// expected returns the interfaces that this kernel has according to the matrix.
func expected() []string {
	return strings.FieldsFunc(os.Getenv(InterfacesVariable), func(r rune) bool { return r == ',' })
}

// TestKernelTypesAreWhatOthersRead: the types are read by mmap or, before Linux 6.16, by read.
func TestKernelTypesAreWhatOthersRead(t *testing.T) {
	ours, theirs := kernelTypes(t)
	for _, field := range []struct{ in, name string }{
		{"tcp_sock", "snd_cwnd"}, {"tcp_sock", "snd_ssthresh"}, {"tcp_sock", "prior_cwnd"}, {"task_struct", "pid"}, {"sk_buff", "len"},
	} {
		got, err := ours.Field(field.in, field.name)
		if err != nil {
			t.Error(err)
			continue
		}
		var s *cbtf.Struct
		if err := theirs.TypeByName(field.in, &s); err != nil {
			t.Fatal(err)
		}
		if want, ok := offsetOf(s, field.name); !ok || got.Offset != want {
			t.Errorf("%s.%s at %d, want %d (%v)", field.in, field.name, got.Offset, want, ok)
		}
	}
}

// offsetOf finds a member, in anonymous structs and unions too.
func offsetOf(t cbtf.Type, name string) (offset uint32, ok bool) {
	var members []cbtf.Member
	switch t := cbtf.UnderlyingType(t).(type) {
	case *cbtf.Struct:
		members = t.Members
	case *cbtf.Union:
		members = t.Members
	}
	for _, m := range members {
		if m.Name == name {
			return m.Offset.Bytes(), true
		}
		if m.Name == "" {
			if inner, ok := offsetOf(m.Type, name); ok {
				return m.Offset.Bytes() + inner, true
			}
		}
	}
	return 0, false
}

// TestModuleTypes reads the types of all loaded modules. The matrix loads some, if the kernel has them.
func TestModuleTypes(t *testing.T) {
	base, _ := kernelTypes(t)
	modules, err := btf.Modules()
	if err != nil {
		t.Fatal(err)
	}
	vmlinux, err := base.Len()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range modules {
		types, err := btf.Module(name, base)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, err := types.Len()
		if err != nil || n <= vmlinux {
			t.Errorf("%s: types up to %d (%v), vmlinux's up to %d", name, n, err, vmlinux)
		}
		t.Logf("%s: %d types of its own", name, n-vmlinux)
		if name == "tun" {
			if id, err := types.Composite("tun_struct"); err != nil || int(id) < vmlinux {
				t.Errorf("struct tun_struct is type %d (%v), want one above vmlinux's %d", id, err, vmlinux)
			}
			if _, err := types.Field("net_device", "mtu"); err != nil { // a type of vmlinux
				t.Error(err)
			}
		}
		if err := types.Close(); err != nil {
			t.Error(err)
		}
	}
}
