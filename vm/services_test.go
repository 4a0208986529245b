package vm_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"testing"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/vm"
)

// machineOf makes a machine for a program that names no types of the kernel.
func machineOf(t *testing.T, p *dsl.Program) *vm.Machine {
	t.Helper()
	object, err := compile.Compile(p, compile.Target{ByteOrder: isa.LittleEndian, Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	program, err := vm.LoadObject(object, nil, vm.Options{Mode: vm.Linux})
	if err != nil {
		t.Fatal(err)
	}
	return vm.New(program)
}

// alarm is a value with a timer.
type alarm struct {
	Timer dsl.Timer
	Rings uint64
}

// TestTimers: functions of timers are called when their time has come, in order, and may start again.
func TestTimers(t *testing.T) {
	alarms := maps.NewArray[alarm]("alarms", 4)
	ring := dsl.Func("ring", func(f *dsl.Fn, m dsl.Ptr, key dsl.Ref[uint32], v dsl.Ref[alarm]) dsl.S32 {
		v.U64("Rings").Inc(key.U32("").U64().Add(1))
		f.If(v.U64("Rings").Lt(6), func() { helper.TimerStart(f, v.Part("Timer"), f.U64(100), f.U64(0)) })
		return f.S32(0)
	})
	m := machineOf(t, dsl.Func("start", func(f *dsl.Fn, x dsl.Context) dsl.S32 {
		for index := range uint32(3) {
			v := alarms.In(f).Lookup(f.U32(index))
			f.If(v.IsNil(), f.ReturnConst(-1))
			timer := v.Part("Timer")
			f.If(helper.TimerStart(f, timer, f.U64(1), f.U64(0)).Ne(-22), f.ReturnConst(-2)) // it is not initialised
			f.If(helper.TimerInit(f, timer, alarms.Spec(), f.U64(1)).Ne(0), f.ReturnConst(-3))
			f.If(helper.TimerInit(f, timer, alarms.Spec(), f.U64(1)).Ne(-16), f.ReturnConst(-4))
			f.If(helper.TimerSetCallback(f, timer, ring).Ne(0), f.ReturnConst(-5))
			f.If(helper.TimerStart(f, timer, f.U64(uint64(100*(index+1))), f.U64(0)).Ne(0), f.ReturnConst(-6))
			if index == 2 {
				f.If(helper.TimerCancel(f, timer).Ne(1), f.ReturnConst(-7))
			}
		}
		return f.S32(0)
	}))
	now := uint64(1000)
	m.Now = func() uint64 { return now }
	if got, err := m.Run(t.Context(), nil); err != nil || got != 0 {
		t.Fatalf("%d, %v", int32(got), err)
	}
	for _, step := range []struct {
		at     uint64
		called int
		rings  [2]uint64
	}{{1099, 0, [2]uint64{0, 0}}, {1100, 1, [2]uint64{1, 0}}, {1200, 2, [2]uint64{2, 2}}, {2000, 2, [2]uint64{3, 4}},
		{9000, 2, [2]uint64{4, 6}},
		{9050, 0, [2]uint64{4, 6}}} {
		now = step.at
		called, err := m.RunTimers(t.Context())
		first, _ := alarms.Lookup(0)
		second, _ := alarms.Lookup(1)
		if third, _ := alarms.Lookup(2); err != nil || called != step.called || third.Rings != 0 ||
			first.Rings != step.rings[0] || second.Rings != step.rings[1] {
			t.Errorf("at %d: %d calls, %v, %d and %d rings; want %+v", step.at, called, err, first.Rings, second.Rings, step)
		}
	}
}

// TestStorages: a value stays with its object, and the test finds it.
func TestStorages(t *testing.T) {
	type usage struct{ Calls, Bytes uint64 }
	sent := maps.NewSkStorage[usage]("sent")
	m := machineOf(t, dsl.Func("count", func(f *dsl.Fn, x dsl.Context) dsl.S32 {
		sk := dsl.PtrFrom(x.At(0).U64().Get(), "sock")
		old := sent.In(f).Lookup(sk)
		mine := sent.In(f).LookupOrCreate(sk)
		f.If(mine.IsNil(), f.ReturnConst(-1))
		mine.U64("Calls").Inc(1)
		f.If(mine.U64("Calls").Eq(3), func() {
			f.If(sent.In(f).Delete(sk).Ne(0), f.ReturnConst(-2))
			f.If(sent.In(f).Delete(sk).Ne(-2), f.ReturnConst(-3))
		})
		f.If(old.IsNil(), f.ReturnConst(1))
		return f.S32(0)
	}))
	objects := [2]*vm.Struct{vm.NewStruct(openTypes(t, "6.18"), "sock"), vm.NewStruct(openTypes(t, "6.18"), "tcp_sock")}
	for n, step := range []struct{ object, result, calls int }{{0, 1, 1}, {1, 1, 1}, {0, 0, 2}, {0, 0, 0}, {0, 1, 1}, {1, 0, 2}} {
		object := objects[step.object]
		addr, err := m.Object(object)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Run(t.Context(), binary.LittleEndian.AppendUint64(nil, addr))
		value, storedErr := m.Stored(sent, object)
		calls := 0
		if value != nil {
			calls = int(binary.LittleEndian.Uint64(value))
		}
		if err != nil || storedErr != nil || int32(got) != int32(step.result) || calls != step.calls {
			t.Errorf("step %d: %d, %v, %d calls, %v; want %+v", n, int32(got), err, calls, storedErr, step)
		}
	}
	if got, err := m.Run(t.Context(), make([]byte, 8)); err != nil || int32(got) != -1 { // nil has no value
		t.Errorf("%d, %v", int32(got), err)
	}
}

// TestMapsOfMaps: programs find the maps that user space has put into a map, and both sides use these.
func TestMapsOfMaps(t *testing.T) {
	low, high := maps.NewArray[uint64]("low", 4), maps.NewArray[uint64]("high", 4)
	outer := maps.NewArrayOf("outer", 3, low.Spec())
	groups := maps.NewHashOf[uint32]("groups", 2, low.Spec())
	m := machineOf(t, dsl.Func("count", func(f *dsl.Fn, x dsl.Context) dsl.S32 {
		index := x.At(0).U32().Get()
		inner := outer.In(f).Lookup(index)
		f.If(inner.IsNil(), f.ReturnConst(-1))
		key := dsl.Local[uint32](f)
		key.U32("").Set(f.U32(2))
		value := maps.LookupIn[uint64](f, inner, key)
		f.If(value.IsNil(), f.ReturnConst(-2))
		value.U64("").Inc(5)
		f.If(groups.In(f).Lookup(f.U32(77)).IsNil(), f.ReturnConst(1))
		return f.S32(0)
	}))
	run := func(index uint32, want int32) {
		t.Helper()
		got, err := m.Run(t.Context(), binary.LittleEndian.AppendUint32(nil, index))
		if err != nil || int32(got) != want {
			t.Errorf("%d: %d, %v, want %d", index, int32(got), err, want)
		}
	}
	run(0, -1)
	if err := errors.Join(outer.Put(0, low), outer.Put(2, high)); err != nil {
		t.Fatal(err)
	}
	run(0, 1)
	run(2, 1)
	run(2, 1)
	run(1, -1)
	run(3, -1)
	first, err := low.Lookup(2)
	second, secondErr := high.Lookup(2)
	if first != 5 || second != 10 || errors.Join(err, secondErr) != nil {
		t.Errorf("%d, %v; %d, %v", first, err, second, secondErr)
	}
	if err := groups.Put(77, high); err != nil {
		t.Fatal(err)
	}
	run(0, 0)
	if err := errors.Join(groups.Delete(77), outer.Delete(0)); err != nil {
		t.Fatal(err)
	}
	run(0, -1)
	run(2, 1)
	if err := groups.Delete(77); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	other := maps.NewHash[uint32, uint64]("other", 4)
	for _, err := range []error{outer.Put(3, low), outer.Put(0, other)} {
		if err == nil {
			t.Error("a map that does not fit was put")
		}
	}
}
