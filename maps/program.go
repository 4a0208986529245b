package maps

import "github.com/bpfsmith/bpfsmith/dsl"

// What programs do with maps: methods that take the *dsl.Fn write a program, and
// touch no map. Keys and values are pointers to them (dsl.Local makes one), or,
// where they are integers, numbers and Go constants.

// Lookup looks a key up. The result may be nil: compare it before use. It is the
// value itself, not a copy, and other processors change it at the same time.
func (t *table[K, V]) Lookup(f *dsl.Fn, key dsl.Operand) dsl.Ref[V] {
	return dsl.MapLookup[V](f, t.spec, key)
}

// Insert sets the value of a key, as the flag says, and gives 0 or a negative
// error.
func (t *table[K, V]) Insert(f *dsl.Fn, key, value dsl.Operand, flag Flag) dsl.S64 {
	return dsl.MapUpdate(f, t.spec, key, value, uint64(flag))
}

// Remove removes a key, and gives 0 or a negative error.
func (h *Hash[K, V]) Remove(f *dsl.Fn, key dsl.Operand) dsl.S64 { return dsl.MapDelete(f, h.spec, key) }

// Remove removes a prefix, and gives 0 or a negative error.
func (t *Trie[K, V]) Remove(f *dsl.Fn, key dsl.Operand) dsl.S64 { return dsl.MapDelete(f, t.spec, key) }

// Lookup looks this processor's value of a key up. The result may be nil.
func (p *perCPU[K, V]) Lookup(f *dsl.Fn, key dsl.Operand) dsl.Ref[V] {
	return dsl.MapLookup[V](f, p.spec, key)
}

// Insert sets this processor's value of a key, as the flag says, and gives 0 or a
// negative error.
func (p *perCPU[K, V]) Insert(f *dsl.Fn, key, value dsl.Operand, flag Flag) dsl.S64 {
	return dsl.MapUpdate(f, p.spec, key, value, uint64(flag))
}

// Remove removes a key with the values of all processors, and gives 0 or a negative
// error.
func (h *PerCPUHash[K, V]) Remove(f *dsl.Fn, key dsl.Operand) dsl.S64 {
	return dsl.MapDelete(f, h.spec, key)
}

// Enqueue puts a value in, and gives 0 or a negative error. With the flag Exist the
// oldest makes room.
func (s *series[V]) Enqueue(f *dsl.Fn, value dsl.Operand, flag Flag) dsl.S64 {
	return dsl.MapPush(f, s.spec, value, uint64(flag))
}

// Dequeue takes the next value out, and gives 0 or a negative error.
func (s *series[V]) Dequeue(f *dsl.Fn, to dsl.Ref[V]) dsl.S64 { return dsl.MapPop(f, s.spec, to) }

// Head is Dequeue that leaves the value there.
func (s *series[V]) Head(f *dsl.Fn, to dsl.Ref[V]) dsl.S64 { return dsl.MapPeek(f, s.spec, to) }

// Output sends a copy of what is at a pointer to the reader, and gives 0 or a
// negative error. flags are 0, BPF_RB_NO_WAKEUP 1 or BPF_RB_FORCE_WAKEUP 2.
func (r *RingBuf) Output(f *dsl.Fn, from dsl.StructPtr, size int, flags uint64) dsl.S64 {
	return f.Helper("bpf_ringbuf_output", r.spec, from, size, flags).S64()
}

// Reserve takes room for a T in the buffer, which may be nil: compare it before
// use. Submit or Discard must follow, on every path.
func Reserve[T any](f *dsl.Fn, r *RingBuf) dsl.Ref[T] {
	size := 0
	if l, err := dsl.LayoutFor[T](); err == nil { // a mistake is noted where the Ref is used
		size = l.Size
	}
	return dsl.RefTo[T](f.Helper("bpf_ringbuf_reserve", r.spec, size, 0).Ptr(""))
}

// Submit hands reserved room over to the reader.
func (r *RingBuf) Submit(f *dsl.Fn, room dsl.StructPtr) { f.Helper("bpf_ringbuf_submit", room, 0) }

// Discard gives reserved room back.
func (r *RingBuf) Discard(f *dsl.Fn, room dsl.StructPtr) { f.Helper("bpf_ringbuf_discard", room, 0) }

// Receive calls a function for each message that user space has written, with a
// dynptr of it and with data, until it gives 1. The result is their number, or a
// negative error.
func (r *UserRingBuf) Receive(f *dsl.Fn, each *dsl.Program, data dsl.StructPtr) dsl.S64 {
	return f.Helper("bpf_user_ringbuf_drain", r.spec, each, data, 0).S64()
}

// createValue is the flag of storages that makes a value of zeros where there is
// none (BPF_LOCAL_STORAGE_GET_F_CREATE).
const createValue = 1

// Of is the value that goes with a socket; one of zeros is made when there is none.
// It is nil when there is no memory.
func (s *SkStorage[V]) Of(f *dsl.Fn, sk dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_sk_storage_get", s.spec, sk, 0, createValue).Ptr(""))
}

// Find is Of that makes none: then it is nil.
func (s *SkStorage[V]) Find(f *dsl.Fn, sk dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_sk_storage_get", s.spec, sk, 0, 0).Ptr(""))
}

// Of is the value that goes with a task; one of zeros is made when there is none.
// It is nil when there is no memory.
func (s *TaskStorage[V]) Of(f *dsl.Fn, task dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_task_storage_get", s.spec, task, 0, createValue).Ptr(""))
}

// Find is Of that makes none: then it is nil.
func (s *TaskStorage[V]) Find(f *dsl.Fn, task dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_task_storage_get", s.spec, task, 0, 0).Ptr(""))
}

// Of is the value that goes with a cgroup; one of zeros is made when there is
// none. It is nil when there is no memory.
func (s *CgroupStorage[V]) Of(f *dsl.Fn, cgroup dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_cgrp_storage_get", s.spec, cgroup, 0, createValue).Ptr(""))
}

// Find is Of that makes none: then it is nil.
func (s *CgroupStorage[V]) Find(f *dsl.Fn, cgroup dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_cgrp_storage_get", s.spec, cgroup, 0, 0).Ptr(""))
}

// TailCall goes on with program index, and comes back only when there is none.
func (p *ProgArray) TailCall(f *dsl.Fn, ctx dsl.StructPtr, index dsl.Operand) {
	f.TailCall(ctx, p.spec, index)
}

// Inner looks the map of a key up. It may be nil. LookupIn looks keys up in it.
func (n *nested[K]) Inner(f *dsl.Fn, key dsl.Operand) dsl.Ptr {
	return dsl.MapLookup[uint32](f, n.spec, key).Pointer()
}

// LookupIn looks a key up in a map that Inner gave. The result may be nil.
func LookupIn[V any](f *dsl.Fn, inner dsl.Ptr, key dsl.StructPtr) dsl.Ref[V] {
	return dsl.RefTo[V](f.Helper("bpf_map_lookup_elem", inner, key).Ptr(""))
}

// At is the address of a byte of the arena.
func (a *Arena) At(f *dsl.Fn, offset dsl.Operand) dsl.U64 {
	return f.MapData(a.spec, 0).Offset(offset).Address()
}

// Alloc takes pages that nobody has, and gives the address of the first, or 0 where
// there are none left (bpf_arena_alloc_pages). It may sleep: for programs that do.
func (a *Arena) Alloc(f *dsl.Fn, pages dsl.Operand) dsl.U64 {
	const anyNode = -1
	return f.Kernel("bpf_arena_alloc_pages", a.spec, 0, pages, anyNode, 0).U64()
}

// Free gives pages back, from that address on (bpf_arena_free_pages). It may sleep.
func (a *Arena) Free(f *dsl.Fn, address dsl.U64, pages dsl.Operand) {
	f.Kernel("bpf_arena_free_pages", a.spec, dsl.PtrFrom(address, ""), pages)
}

// InArena is the T at an address in an arena, as At and Alloc give them, or as one is
// stored there. Nothing is checked: where no page is, reading gives 0 and writing does
// nothing.
func InArena[T any](address dsl.U64) dsl.Ref[T] { return dsl.RefTo[T](dsl.ArenaPtr(address)) }

// In is the variable, in a program.
func (g *Global[T]) In(f *dsl.Fn) dsl.Ref[T] { return dsl.RefTo[T](f.MapData(g.spec, 0)) }

// In is the data, in a program. The verifier knows what it holds.
func (r *ReadOnly[T]) In(f *dsl.Fn) dsl.Ref[T] { return dsl.RefTo[T](f.MapData(r.spec, 0)) }
