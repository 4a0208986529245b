package dsl

import (
	"fmt"
	"reflect"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/internal/record"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// keyOf returns the address of a key or value, because helpers need an address. It puts a
// number into the frame first. Helper compares what a pointer points to with the map's types.
func (f *Fn) keyOf(what string, m *MapSpec, size uint32, l *Layout, o Operand) StructPtr {
	if p, ok := o.(StructPtr); ok {
		return p
	}
	none := func() Ptr {
		f.readOperand(readable(o)) // it counts as used
		return f.newPtr(f.b.Const(ir.Ptr, 0), "")
	}
	isBool := l != nil && l.Kind == LayoutBool
	switch {
	case m.Err != nil: // compiling reports it
		return none()
	case l != nil && l.Kind != LayoutInt && !isBool:
		f.mistake(mistake.ArgumentType, fmt.Sprintf("make one with dsl.Local[%v](f) and pass it", l.Type),
			"the %ss of %v are %v; got %s", what, m, l.Type, describeOperand(o))
		return none()
	case size != 1 && size != 2 && size != 4 && size != 8:
		f.mistake(mistake.BadArguments, "make one with dsl.Local and pass it",
			"a %s of %v has %s; got a Go %s", what, m, phrase.Count(size, "byte"), typeName(o))
		return none()
	}
	k := record.WidthOf(int(size), l != nil && l.Signed)
	if isBool {
		o = boolByte(o)
	}
	if c, ok := goInteger(o); ok && !c.fits(k) {
		f.mistake(mistake.BadConstant, "", "%v does not fit the %s of %v", c, what, m)
	}
	v := f.value(k, o)
	at := f.frameAddr(f.object("a "+what+" of "+m.String(), int(size)))
	f.b.Store(k, at, 0, l != nil && l.BigEndian, 0, v)
	return f.newPtr(at, "")
}

// boolByte is the byte of a bool: 0 or 1. Other operands stay as they are.
func boolByte(o Operand) Operand {
	switch b := o.(type) {
	case Bool:
		return b.U8()
	case bool:
		if b {
			return 1
		}
		return 0
	}
	return o
}

// MapLookup looks a key up (bpf_map_lookup_elem). The result may be nil: compare
// it before use. The key is a pointer to one, a number, or a Go constant.
func MapLookup[V any](f *Fn, m *MapSpec, key Operand) Ref[V] {
	if !f.statement() {
		return Ref[V]{}
	}
	if !f.declared(m) {
		return Ref[V]{f.newPtr(f.b.Const(ir.Ptr, 0), "")}
	}
	f.checkValue(reflect.TypeFor[V](), m)
	return Ref[V]{f.Helper("bpf_map_lookup_elem", m, f.keyOf("key", m, m.KeySize, m.Key, key)).Ptr("")}
}

// MapLookupIn looks a key up in a map that was found in a map of maps. The result may be nil: compare it before use.
func MapLookupIn[V any](f *Fn, inner Ptr, key StructPtr) Ref[V] {
	if !f.usable() {
		return Ref[V]{Ptr{fn: f.unmade()}}
	}
	f.checkValue(reflect.TypeFor[V](), mapBehind(inner))
	return Ref[V]{f.Helper("bpf_map_lookup_elem", inner, key).Ptr("")}
}

// checkValue compares the type of a lookup with that of the map's values.
func (f *Fn) checkValue(v reflect.Type, m *MapSpec) {
	if m == nil || m.Err != nil || m.Value == nil || m.Value.Type == v {
		return
	}
	have, want := typeNames(v, m.Value.Type)
	f.mistake(mistake.ArgumentType, "", "the values of %v are %s; the lookup is for %s", m, want, have)
}

// MapUpdate sets the value of a key (bpf_map_update_elem), and returns 0 or a
// negative error. flags are 0, BPF_NOEXIST 1 or BPF_EXIST 2.
func MapUpdate(f *Fn, m *MapSpec, key, value Operand, flags Operand) S64 {
	if !f.statement() {
		return S64{}
	}
	if !f.declared(m) {
		return f.S64(0)
	}
	k := f.keyOf("key", m, m.KeySize, m.Key, key)
	v := f.keyOf("value", m, m.ValueSize, m.Value, value)
	return f.Helper("bpf_map_update_elem", m, k, v, flags).S64()
}

// MapDelete removes a key (bpf_map_delete_elem), and returns 0 or a negative error.
func MapDelete(f *Fn, m *MapSpec, key Operand) S64 {
	if !f.statement() {
		return S64{}
	}
	if !f.declared(m) {
		return f.S64(0)
	}
	return f.Helper("bpf_map_delete_elem", m, f.keyOf("key", m, m.KeySize, m.Key, key)).S64()
}

// MapPush puts a value into a queue or stack (bpf_map_push_elem), and returns 0
// or a negative error. flags are 0, or BPF_EXIST 2 to remove the oldest value when the map
// is full.
func MapPush(f *Fn, m *MapSpec, value Operand, flags Operand) S64 {
	if !f.statement() {
		return S64{}
	}
	if !f.declared(m) {
		return f.S64(0)
	}
	return f.Helper("bpf_map_push_elem", m, f.keyOf("value", m, m.ValueSize, m.Value, value), flags).S64()
}

// MapPop takes a value out of a queue or stack (bpf_map_pop_elem), and returns 0 or
// a negative error.
func MapPop(f *Fn, m *MapSpec, value StructPtr) S64 {
	if !f.statement() {
		return S64{}
	}
	if !f.declared(m) {
		return f.S64(0)
	}
	return f.Helper("bpf_map_pop_elem", m, value).S64()
}

// MapPeek is MapPop that leaves the value there.
func MapPeek(f *Fn, m *MapSpec, value StructPtr) S64 {
	if !f.statement() {
		return S64{}
	}
	if !f.declared(m) {
		return f.S64(0)
	}
	return f.Helper("bpf_map_peek_elem", m, value).S64()
}

// declared reports whether there is a declaration; compiling reports mistakes in it.
func (f *Fn) declared(m *MapSpec) bool {
	if m != nil {
		return true
	}
	f.mistake(mistake.BadMap, "", "the map is nil")
	return false
}

// Locked holds a spin lock while body runs (bpf_spin_lock, Linux 5.1). The lock is
// a SpinLock in a map's value; the body must not call anything and must not
// leave.
func (f *Fn) Locked(lock StructPtr, body func()) {
	if !f.statement() {
		return
	}
	if lock == nil {
		f.mistake(mistake.ZeroValue, "", "the lock is nil")
		return
	}
	f.Helper("bpf_spin_lock", lock)
	f.block("Locked", body)
	if f.dead {
		f.mistake(mistake.Misplaced, "leave after Locked", "the body of Locked leaves while the lock is held")
		return
	}
	f.Helper("bpf_spin_unlock", lock)
}

// RCU runs body in an RCU read-side critical section (bpf_rcu_read_lock, Linux
// 6.2): objects that pointers marked __rcu point to exist until its end. A program that
// cannot sleep is inside such a section from its start to its end.
func (f *Fn) RCU(body func()) {
	if !f.statement() {
		return
	}
	f.Kernel("bpf_rcu_read_lock")
	f.block("RCU", body)
	if f.dead {
		f.mistake(mistake.Misplaced, "leave after RCU", "the body of RCU leaves while the section is open")
		return
	}
	f.Kernel("bpf_rcu_read_unlock")
}
