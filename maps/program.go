package maps

import "github.com/bpfsmith/bpfsmith/dsl"

// The operations of programs on maps. In(f) is the map in the program of f. Its methods have the same names as in user space. They add
// code to the program and do not use the map itself. Operations that only programs have take f as a parameter. Keys and values are
// pointers (dsl.Local makes them); integers may also be numbers and Go constants.

// In is the table within a program.
func (t *table[K, V]) In(f *dsl.Fn) TableIn[V] { return TableIn[V]{mapIn{f, t.spec}} }

// In is the hash within a program.
func (h *Hash[K, V]) In(f *dsl.Fn) HashIn[V] { return hashIn[V](f, h.spec) }

// In is the trie within a program.
func (t *Trie[K, V]) In(f *dsl.Fn) HashIn[V] { return hashIn[V](f, t.spec) }

// In is the table within a program, with the values of the processor that runs it.
func (p *perCPU[K, V]) In(f *dsl.Fn) TableIn[V] { return TableIn[V]{mapIn{f, p.spec}} }

// In is the hash within a program, with the values of the processor that runs it.
func (h *PerCPUHash[K, V]) In(f *dsl.Fn) HashIn[V] { return hashIn[V](f, h.spec) }

// A mapIn is a map within a program.
type mapIn struct {
	fn   *dsl.Fn
	spec *dsl.MapSpec
}

// A TableIn is a map with a value under each key, in a program.
type TableIn[V any] struct{ mapIn }

// Lookup finds the value of a key. The result may be nil: check it before use. It is the value itself, not a copy, and other CPUs may
// change it at the same time. For a per-CPU map it is the value of this CPU.
func (m TableIn[V]) Lookup(key dsl.Operand) dsl.Ref[V] { return dsl.MapLookup[V](m.fn, m.spec, key) }

// Put sets the value of a key. The key may exist or not. The result is 0 or a negative errno.
func (m TableIn[V]) Put(key, value dsl.Operand) dsl.S64 { return m.Update(key, value, Any) }

// Update sets the value of a key, as the flag says. The result is 0 or a negative error.
func (m TableIn[V]) Update(key, value dsl.Operand, flag Flag) dsl.S64 {
	return dsl.MapUpdate(m.fn, m.spec, key, value, uint64(flag))
}

// A HashIn is a map whose keys can be deleted, in a program.
type HashIn[V any] struct{ TableIn[V] }

func hashIn[V any](f *dsl.Fn, spec *dsl.MapSpec) HashIn[V] {
	return HashIn[V]{TableIn[V]{mapIn{f, spec}}}
}

// Delete removes a key with its value, in a per-CPU map with the values of all processors. The result is 0 or a negative error.
func (m HashIn[V]) Delete(key dsl.Operand) dsl.S64 { return dsl.MapDelete(m.fn, m.spec, key) }

// In is the queue or stack within a program.
func (s *series[V]) In(f *dsl.Fn) SeriesIn[V] { return SeriesIn[V]{mapIn{f, s.spec}} }

// A SeriesIn is a queue or a stack within a program.
type SeriesIn[V any] struct{ mapIn }

// Push adds a value. The result is 0 or a negative error: -E2BIG when there is no room.
func (m SeriesIn[V]) Push(value dsl.Operand) dsl.S64 {
	return dsl.MapPush(m.fn, m.spec, value, uint64(Any))
}

// PushOver adds a value, and makes room by removing the oldest one. The result is 0 or a negative error.
func (m SeriesIn[V]) PushOver(value dsl.Operand) dsl.S64 {
	return dsl.MapPush(m.fn, m.spec, value, uint64(Exist))
}

// Pop removes the next value and writes it to memory. The result is 0 or a negative error: -ENOENT when there is none.
func (m SeriesIn[V]) Pop(to dsl.Ref[V]) dsl.S64 { return dsl.MapPop(m.fn, m.spec, to) }

// Peek writes the next value to memory, and leaves it in the map. The result is 0 or a negative error: -ENOENT when there is none.
func (m SeriesIn[V]) Peek(to dsl.Ref[V]) dsl.S64 { return dsl.MapPeek(m.fn, m.spec, to) }

// Output sends a copy of the memory at a pointer to the reader. It returns 0 or a negative errno. flags are 0, BPF_RB_NO_WAKEUP (1) or
// BPF_RB_FORCE_WAKEUP (2).
func (r *RingBuf) Output(f *dsl.Fn, from dsl.StructPtr, size int, flags uint64) dsl.S64 {
	return f.Helper("bpf_ringbuf_output", r.spec, from, size, flags).S64()
}

// Reserve reserves a record for a T in a buffer of records of several types. The result may be nil: check it before use. Submit or Discard
// must follow on every path.
func Reserve[T any](f *dsl.Fn, r *RingBuf) dsl.Ref[T] {
	size := 0
	if l, err := dsl.LayoutFor[T](); err == nil { // a mistake in T is reported where the Ref is used
		size = l.Size
	}
	return dsl.RefTo[T](f.Helper("bpf_ringbuf_reserve", r.spec, size, 0).Ptr(""))
}

// Submit sends a reserved record to the reader.
func (r *RingBuf) Submit(f *dsl.Fn, room dsl.StructPtr) { f.Helper("bpf_ringbuf_submit", room, 0) }

// Discard frees a reserved record without sending it.
func (r *RingBuf) Discard(f *dsl.Fn, room dsl.StructPtr) { f.Helper("bpf_ringbuf_discard", room, 0) }

// Receive calls a function for each record that user space has written, with a dynptr of the record and with data, until the function
// returns 1. The result is the number of records, or a negative errno.
func (r *UserRingBuf) Receive(f *dsl.Fn, each *dsl.Program, data dsl.StructPtr) dsl.S64 {
	return f.Helper("bpf_user_ringbuf_drain", r.spec, each, data, 0).S64()
}

// createValue is the flag of storages that creates a value of zeros when there is none (BPF_LOCAL_STORAGE_GET_F_CREATE).
const createValue = 1

// In is the storage within a program; its keys are sockets.
func (s *SkStorage[V]) In(f *dsl.Fn) StorageIn[V] {
	return StorageIn[V]{mapIn{f, s.spec}, "bpf_sk_storage_"}
}

// In is the storage within a program; its keys are tasks.
func (s *TaskStorage[V]) In(f *dsl.Fn) StorageIn[V] {
	return StorageIn[V]{mapIn{f, s.spec}, "bpf_task_storage_"}
}

// In is the storage within a program; its keys are cgroups.
func (s *CgroupStorage[V]) In(f *dsl.Fn) StorageIn[V] {
	return StorageIn[V]{mapIn{f, s.spec}, "bpf_cgrp_storage_"}
}

// A StorageIn is a storage within a program.
type StorageIn[V any] struct {
	mapIn
	helper string // the beginning of the names of its helpers
}

// Lookup is the value of a socket, task or cgroup. It is nil when there is none.
func (m StorageIn[V]) Lookup(object dsl.StructPtr) dsl.Ref[V] { return m.get(object, 0) }

// LookupOrCreate is the value of a socket, task or cgroup. When there is none, one of zeros is made. It is nil when there is no memory.
func (m StorageIn[V]) LookupOrCreate(object dsl.StructPtr) dsl.Ref[V] {
	return m.get(object, createValue)
}

func (m StorageIn[V]) get(object dsl.StructPtr, flags uint64) dsl.Ref[V] {
	return dsl.RefTo[V](m.fn.Helper(m.helper+"get", m.spec, object, 0, flags).Ptr(""))
}

// Delete removes the value of a socket, task or cgroup. The result is 0 or a negative error: -ENOENT when there is none.
func (m StorageIn[V]) Delete(object dsl.StructPtr) dsl.S64 {
	return m.fn.Helper(m.helper+"delete", m.spec, object).S64()
}

// TailCall continues with the program at index. It returns only when there is no program at the index.
func (p *ProgArray) TailCall(f *dsl.Fn, ctx dsl.StructPtr, index dsl.Operand) {
	f.TailCall(ctx, p.spec, index)
}

// In is the map of maps within a program.
func (n *nested[K]) In(f *dsl.Fn) NestedIn { return NestedIn{mapIn{f, n.spec}} }

// A NestedIn is a map of maps within a program.
type NestedIn struct{ mapIn }

// Lookup finds the map of a key. It may be nil. LookupIn finds keys in it.
func (m NestedIn) Lookup(key dsl.Operand) dsl.Ptr {
	return dsl.MapLookup[uint32](m.fn, m.spec, key).Pointer()
}

// LookupIn finds the value of a key in a map that Lookup of a map of maps gave. The result may be nil. V is the type of its values.
func LookupIn[V any](f *dsl.Fn, inner dsl.Ptr, key dsl.StructPtr) dsl.Ref[V] {
	return dsl.MapLookupIn[V](f, inner, key)
}

// At returns the address of a byte of the arena.
func (a *Arena) At(f *dsl.Fn, offset dsl.Operand) dsl.U64 {
	return f.MapData(a.spec, 0).Offset(offset).Address()
}

// Alloc allocates pages and returns the address of the first one, or 0 when no pages are left (bpf_arena_alloc_pages). It may sleep, so
// only sleepable programs may call it.
func (a *Arena) Alloc(f *dsl.Fn, pages dsl.Operand) dsl.U64 {
	const anyNode = -1
	return f.Kernel("bpf_arena_alloc_pages", a.spec, 0, pages, anyNode, 0).U64()
}

// Free frees pages, beginning at the address (bpf_arena_free_pages). It may sleep.
func (a *Arena) Free(f *dsl.Fn, address dsl.U64, pages dsl.Operand) {
	f.Kernel("bpf_arena_free_pages", a.spec, dsl.PtrFrom(address, ""), pages)
}

// InArena is the T at an address in an arena, from At, Alloc, or the arena's memory. The address is not checked: when there is no page,
// reads return 0 and writes do nothing.
func InArena[T any](address dsl.U64) dsl.Ref[T] { return dsl.RefTo[T](dsl.ArenaPtr(address)) }

// In is the variable, in a program.
func (g *Global[T]) In(f *dsl.Fn) dsl.Ref[T] { return dsl.RefTo[T](f.MapData(g.spec, 0)) }

// In is the data in a program. The verifier knows its contents.
func (r *ReadOnly[T]) In(f *dsl.Fn) dsl.Ref[T] { return dsl.RefTo[T](f.MapData(r.spec, 0)) }
