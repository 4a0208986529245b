package howto_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/objfile"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

var ports = maps.NewHash[uint16, uint64]("ports", 100)

func filter(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	p := x.Packet().Bytes(0, 42, pass)
	f.If(p.At(12).BE().U16().Ne(0x0800).Or(p.At(14).U8().Ne(0x45)).Or(p.At(23).U8().Ne(17)), pass)
	dropped := ports.In(f).Lookup(p.At(36).BE().U16())
	f.If(dropped.IsNil(), pass)
	dropped.U64("").AtomicAdd(1)
	return f.U32(ctx.XDPDrop)
}

// machine makes a machine for a program of an object of clang's. first is its first map.
func machine(file, program string) (m *vm.Machine, first *maps.Map, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	object, err := objfile.Read(data)
	if err != nil {
		return nil, nil, err
	}
	handles := map[int32]*maps.Map{}
	for n, m := range object.Maps {
		handles[int32(n+1)] = maps.New(&dsl.MapSpec{Name: m.Name, Type: m.Type, KeySize: m.Key, ValueSize: m.Value, MaxEntries: m.Max})
	}
	for _, p := range object.Programs {
		if p.Name != program {
			continue
		}
		code, err := object.Link(p, &objfile.Kernel{})
		if err != nil {
			return nil, nil, err
		}
		loaded, err := vm.Load(code.Raw, vm.Options{Maps: handles})
		if err != nil {
			return nil, nil, err
		}
		return vm.New(loaded), handles[1], nil
	}
	return nil, nil, fmt.Errorf("%s has no program %s", file, program)
}

// TestSame: clang's program and ours give the same verdicts.
func TestSame(t *testing.T) {
	clang := kerneltest.RequireTool(t, "clang-19", "clang-19", "clang")
	file := filepath.Join(t.TempDir(), "ports.o")
	if out, err := exec.Command(clang, "-O2", "-g", "-target", "bpf", "-c", "testdata/ports.c", "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	old, oldPorts, err := machine(file, "filter")
	if err != nil {
		t.Fatal(err)
	}
	defer oldPorts.Close()
	local, err := oldPorts.CreateLocal()
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Update([]byte{53, 0}, make([]byte, 8), 0, 0); err != nil {
		t.Fatal(err)
	}
	p := progtest.New(t, dsl.Func("filter", filter), prog.Options{License: "GPL"})
	if err := ports.Put(53, 0); err != nil {
		t.Fatal(err)
	}
	for want, layers := range map[string][]progtest.Layer{
		"XDP_DROP": {progtest.IPv4{}, progtest.UDP{DestinationPort: 53}},
		"XDP_PASS": {progtest.IPv4{}, progtest.UDP{DestinationPort: 54}},
	} {
		packet, err := progtest.Build(layers...)
		if err != nil {
			t.Fatal(err)
		}
		verdict, err := old.RunPacket(t.Context(), syscall.ProgTypeXDP, packet)
		if err != nil {
			t.Fatal(err)
		}
		if ours := p.Run(packet); ours.Verdict != want || uint64(ours.Code) != verdict {
			t.Errorf("ours: %s (%d), clang's: %d, want %s", ours.Verdict, ours.Code, verdict, want)
		}
	}
}
