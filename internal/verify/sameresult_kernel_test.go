//go:build linux

package verify_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/vm"
)

// sameMaps are the types of maps whose content is compared.
var sameMaps = []syscall.MapType{syscall.MapTypeArray, syscall.MapTypeHash, syscall.MapTypePerCPUArray, syscall.MapTypePerCPUHash,
	syscall.MapTypeLRUHash, syscall.MapTypeQueue}

// helpersOf are the helpers whose results are the same in each run: those of maps, and the loop.
var helpersOf = []int64{1, 2, 3, 87, 88, 89, 181}

// steadyPlaces are the places of programs that can be run, with what is the same in each run.
func steadyPlaces(t *testing.T) []*place {
	var list []*place
	for _, p := range places(t)[:4] { // socket_filter, xdp, sched_cls, syscall
		q := *p
		q.maps = nil
		for _, m := range p.maps {
			if slices.Contains(sameMaps, m.Type) && m.Fields == nil && m.Flags == 0 {
				q.maps = append(q.maps, m)
			}
		}
		q.functions = nil
		q.program.NoPerfmon = true
		q.steady = q.maps[1].fd
		list = append(list, &q)
	}
	return list
}

// isSteady reports whether a program calls only what is the same in each run.
func isSteady(p *place, code []isa.Instruction) bool {
	for _, in := range code {
		if in.IsHelperCall() && !slices.Contains(helpersOf, in.Imm) {
			return false
		}
	}
	return true
}

// An outcome is what a run leaves.
type outcome struct {
	result uint32
	memory []byte            // the context or the packet
	maps   map[string]string // by map and key
}

// difference says in what two outcomes differ; "" if in nothing.
func (o outcome) difference(kernel outcome) string {
	switch {
	case o.result != kernel.result:
		return fmt.Sprintf("the result is %#x; the kernel has %#x", o.result, kernel.result)
	case !bytes.Equal(o.memory, kernel.memory):
		return fmt.Sprintf("the memory is\n%x; the kernel has\n%x", o.memory, kernel.memory)
	}
	for key, value := range o.maps {
		if kernel.maps[key] != value {
			return fmt.Sprintf("%s is %x; the kernel has %x", key, value, kernel.maps[key])
		}
	}
	for key, value := range kernel.maps {
		if _, ok := o.maps[key]; !ok {
			return fmt.Sprintf("%s is missing; the kernel has %x", key, value)
		}
	}
	return ""
}

// TestTakenProgramsDoTheSame runs the random programs that the kernel takes there and in package vm: the results, the memory and the
// content of all maps are the same. Programs are loaded without CAP_PERFMON: so the verifier refuses those that depend on addresses, or on
// what is in the stack before. BPFSMITH_RANDOM is the number of programs, BPFSMITH_SEED the seed.
func TestTakenProgramsDoTheSame(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	list := steadyPlaces(t)
	kerneltest.NoLeaks(t)
	total, seed := setting(t, "BPFSMITH_RANDOM", 200), setting(t, "BPFSMITH_SEED", 1)
	begin := time.Now()
	counts := make(map[string]int)
	kerneltest.WithCapabilities(t, []int{unix.CAP_BPF, unix.CAP_NET_ADMIN}, func() {
		var first unix.CPUSet
		first.Set(0)
		if err := unix.SchedSetaffinity(0, &first); err != nil { // values of per-CPU maps are those of processor 0
			t.Error(err)
			return
		}
		for n := range total {
			r := rand.New(rand.NewPCG(uint64(seed), uint64(n)))
			if what := compareRuns(t, r, list[r.IntN(len(list))], counts); what != "" {
				t.Errorf("seed %d, program %d: %s", seed, n, what)
				if counts["different"]++; counts["different"] >= 5 {
					return
				}
			}
		}
	})
	t.Logf("%d programs from seed %d in %v: %v", total, seed, time.Since(begin).Round(time.Second), counts)
	if counts["the same"] < total/5 {
		t.Errorf("only %d of %d programs were compared", counts["the same"], total)
	}
}

// compareRuns makes a program, runs it on both sides, and says what differs.
func compareRuns(t *testing.T, r *rand.Rand, p *place, counts map[string]int) string {
	code, funcs := generatedWith(r, p)
	if !isSteady(p, code) {
		counts["not steady"]++
		return ""
	}
	fd, _, complete, err := p.open(code, funcs)
	switch {
	case !complete:
		counts["too long for the verifier"]++
		return ""
	case err != nil:
		counts["refused"]++
		return ""
	}
	defer fd.Close()
	raw, err := isa.Append(nil, isa.LittleEndian, code...)
	if err != nil {
		return err.Error()
	}
	number := binary.LittleEndian.AppendUint64(nil, r.Uint64()>>(8*r.IntN(8)))
	memory := make([]byte, 14+r.IntN(80))
	for n := range memory {
		memory[n] = byte(r.Uint32())
	}
	here, err := p.runHere(t, raw, number, bytes.Clone(memory))
	if err != nil {
		var fault *vm.Fault
		if errors.As(err, &fault) && (fault.Kind == vm.StepLimit || fault.Kind == vm.Missing) {
			counts[fault.Kind.String()]++
			return ""
		}
		return fmt.Sprintf("%s: %v\n%s", p.name, err, isa.Format(code, isa.Kernel))
	}
	there, err := p.runThere(fd, number, memory)
	if err != nil {
		return fmt.Sprintf("%s: the kernel: %v", p.name, err)
	}
	if what := here.difference(there); what != "" {
		return fmt.Sprintf("%s: %s\n%s", p.name, what, withoutNothing(isa.Format(code, isa.Kernel)))
	}
	counts["the same"]++
	return ""
}

// mapKey is the key of outcome.maps.
func mapKey(n int, m createdMap, key []byte) string {
	return fmt.Sprintf("map %d, %s, %x", n, m.Name, key)
}

// runHere runs a program in package vm, with new maps.
func (p *place) runHere(t *testing.T, raw, number, memory []byte) (outcome, error) {
	handles := make(map[int32]*maps.Map)
	for _, m := range p.maps {
		handles[m.fd] = maps.New(&dsl.MapSpec{Name: m.Name, Type: m.Type, KeySize: m.Key, ValueSize: m.Value, MaxEntries: m.Max,
			Flags: m.Flags})
	}
	program, err := vm.Load(raw, vm.Options{Mode: vm.Linux, Maps: handles, Kernel: p.program.Types.Name})
	if err != nil {
		return outcome{}, err
	}
	seeded, err := handles[p.steady].CreateLocal()
	if err == nil {
		err = seeded.Update(make([]byte, 4), number, 0, 0)
	}
	if err != nil {
		return outcome{}, err
	}
	m := vm.New(program)
	m.StepLimit = 1 << 18
	var o outcome
	var result uint64
	if p.attr.Type == syscall.ProgTypeSyscall {
		result, err = m.Run(t.Context(), memory)
		o.memory = memory
	} else {
		var packet *vm.Packet
		if packet, err = vm.NewPacket(p.attr.Type, memory); err != nil {
			return o, err
		}
		p.asTestRun(packet)
		result, err = m.RunOn(t.Context(), packet)
		o.memory = packet.Frame()
	}
	if err != nil {
		return o, err
	}
	o.result = uint32(result)
	o.maps = make(map[string]string)
	for n, created := range p.maps {
		local, err := handles[created.fd].CreateLocal()
		if err != nil {
			return o, err
		}
		if created.Type == syscall.MapTypeQueue {
			for value := make([]byte, created.Value); local.Take(nil, value) == nil; {
				o.maps[fmt.Sprintf("%s %d", mapKey(n, created, nil), len(o.maps))] = string(value)
			}
			continue
		}
		for key, at := range local.All() {
			o.maps[mapKey(n, created, key)] = string(local.Values()[at : at+int(created.Value)])
		}
	}
	return o, nil
}

// asTestRun gives a packet the context that it has in a test run.
func (p *place) asTestRun(packet *vm.Packet) {
	if p.attr.Type == syscall.ProgTypeXDP {
		packet.Set("ingress_ifindex", 1)
		return
	}
	packet.Set("ifindex", 1)
	if bytes.HasPrefix(packet.Bytes(), bytes.Repeat([]byte{0xff}, 6)) {
		packet.Set("pkt_type", 2) // the loopback device has no address for broadcasts
	}
	if p.attr.Type == syscall.ProgTypeSocketFilter {
		packet.HideEthernet()
	}
}

// runThere runs it in the kernel, after its maps were cleared.
func (p *place) runThere(fd *syscall.FD, number, memory []byte) (outcome, error) {
	for _, m := range p.maps {
		if err := clearMap(m); err != nil {
			return outcome{}, err
		}
		if m.fd == p.steady {
			if err := syscall.MapUpdate(m.handle, make([]byte, 4), number, 0); err != nil {
				return outcome{}, err
			}
		}
	}
	attr := &syscall.TestRunAttr{Prog: fd}
	if p.attr.Type == syscall.ProgTypeSyscall {
		attr.CtxIn = bytes.Clone(memory)
	} else {
		attr.DataIn, attr.DataOut = memory, make([]byte, len(memory)+512)
	}
	result, err := syscall.ProgTestRun(attr)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{result: result.RetVal, memory: result.DataOut, maps: make(map[string]string)}
	switch p.attr.Type {
	case syscall.ProgTypeSyscall:
		o.memory = attr.CtxIn
	case syscall.ProgTypeSocketFilter: // the kernel clears the header that it hides
		copy(o.memory[:14], memory)
	}
	for n, m := range p.maps {
		if err := contentOf(n, m, o.maps); err != nil {
			return o, err
		}
	}
	return o, nil
}

// valueSize is the size of a value as user space sees it.
func (m createdMap) valueSize() int {
	if m.Type == syscall.MapTypePerCPUArray || m.Type == syscall.MapTypePerCPUHash {
		cpus, _ := syscall.PossibleCPUs() // a wrong size is an error of the look-up
		return int(m.Value+7) / 8 * 8 * cpus
	}
	return int(m.Value)
}

// keysOf lists the keys of a map of the kernel.
func keysOf(m createdMap) ([][]byte, error) {
	var keys [][]byte
	var last []byte
	for {
		key := make([]byte, m.Key)
		err := syscall.MapGetNextKey(m.handle, last, key)
		if errors.Is(err, fs.ErrNotExist) {
			return keys, nil
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
		last = key
	}
}

// clearMap makes a map of the kernel what it is when it is new.
func clearMap(m createdMap) error {
	if m.Type == syscall.MapTypeQueue {
		return contentOf(0, m, map[string]string{})
	}
	keys, err := keysOf(m)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if m.Type == syscall.MapTypeArray || m.Type == syscall.MapTypePerCPUArray {
			err = syscall.MapUpdate(m.handle, key, make([]byte, m.valueSize()), 0)
		} else {
			err = syscall.MapDelete(m.handle, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contentOf adds the content of a map of the kernel. It empties a queue.
func contentOf(n int, m createdMap, all map[string]string) error {
	if m.Type == syscall.MapTypeQueue {
		for {
			value := make([]byte, m.Value)
			err := syscall.MapLookupAndDelete(m.handle, nil, value, 0)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			all[fmt.Sprintf("%s %d", mapKey(n, m, nil), len(all))] = string(value)
		}
	}
	keys, err := keysOf(m)
	if err != nil {
		return err
	}
	for _, key := range keys {
		value := make([]byte, m.valueSize())
		if err := syscall.MapLookup(m.handle, key, value); err != nil {
			return err
		}
		all[mapKey(n, m, key)] = string(value[:m.Value])
	}
	return nil
}
