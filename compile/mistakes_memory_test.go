package compile_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/maps"
)

// Functions that use memory of another Go type than a map, an array or a function has. What is to be found stands beside it; see
// mistakes_test.go.

type twice struct{ A, B uint32 }

type triple struct{ A, B, C uint32 }

func keysAndValues() *dsl.Program {
	m := maps.NewHash[uint32, triple]("m", 8)
	pairs := maps.NewHash[twice, uint64]("pairs", 8)
	queue := maps.NewQueue[triple]("queue", 8)
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		local, two := dsl.Local[triple](f), dsl.Local[twice](f)
		m.In(f).Put(n, dsl.Local[uint32](f)) // want "are compile_test.triple; got a pointer to uint32"
		m.In(f).Put(two, local)              // want "the keys of map \"m\" are uint32; got a pointer to compile_test.twice"
		m.In(f).Lookup(two)                  // want "the keys of map \"m\" are uint32; got a pointer to compile_test.twice"
		m.In(f).Delete(local)                // want "the keys of map \"m\" are uint32; got a pointer to compile_test.triple"
		m.In(f).Put(n, 7)                    // want "are compile_test.triple; got the constant 7"
		m.In(f).Put(n, n)                    // want "are compile_test.triple; got a U32"
		pairs.In(f).Lookup(n.U64())          // want "the keys of map \"pairs\" are compile_test.twice; got a U64"
		pairs.In(f).Put(two, two)            // want "the values of map \"pairs\" are uint64; got a pointer to compile_test.twice"
		pairs.In(f).Put(two, n)              // want "a U64 and a U32 do not mix"
		queue.In(f).Push(two)                // want "are compile_test.triple; got a pointer to compile_test.twice"
		dsl.MapPop(f, queue.Spec(), two)     // want "\"queue\" are compile_test.triple; got a pointer to compile_test.twice"
		dsl.MapLookup[twice](f, m.Spec(), n) // want "\"m\" are compile_test.triple; the lookup is for compile_test.twice"
		m.In(f).Put(n, local)
		m.In(f).Put(n, dsl.RefTo[triple](dsl.Local[[3]uint32](f)))
		m.In(f).Put(n, dsl.RefTo[triple](two)) // want "the values of map \"m\" are 12 bytes; got memory on the stack with only 8"
		pairs.In(f).Put(two, 7)
	})
}

func keysOfHelpers() *dsl.Program {
	m := maps.NewHash[uint32, triple]("m", 8)
	bytes := &dsl.MapSpec{Name: "bytes", Type: dsl.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 8}
	sockets := maps.NewSkStorage[triple]("sockets")
	return dsl.Func("p", func(f *dsl.Fn, sk sock, n dsl.U32) {
		local, two := dsl.Local[triple](f), dsl.Local[twice](f)
		helper.MapUpdateElem(f, m.Spec(), local.Part("A"), two, 0)           // want "got a pointer to compile_test.twice"
		helper.MapUpdateElem(f, m.Spec(), local, local, 0)                   // want "are uint32; got a pointer to compile_test.triple"
		helper.MapLookupElem(f, m.Spec(), sk)                                // want "are uint32; got a pointer to struct tcp_sock"
		helper.SkStorageGet(f, sockets.Spec(), sk, two, 0)                   // want "got a pointer to compile_test.twice"
		helper.MapUpdateElem(f, bytes, local, two, 0)                        // want "got a pointer to compile_test.triple, which has 12"
		helper.MapUpdateElem(f, m.Spec(), local.Part("A"), local.Ptr, 0)     // without a type: the author knows
		helper.MapUpdateElem(f, bytes, local.Part("B"), two, 0)              // of the right size
		helper.MapUpdateElem(f, m.Spec(), local.Part("A"), two.Part("B"), 0) // want "are compile_test.triple; got a pointer to uint32"
		found := helper.MapLookupElem(f, m.Spec(), local.Part("A"))
		f.If(found.NotNil(), func() {
			helper.MapUpdateElem(f, m.Spec(), found, local, 0) // want "are uint32; got a pointer to compile_test.triple"
		})
		f.Helper("bpf_probe_read_kernel", two, 12, sk) // want "the memory on the stack has 8 bytes, but the size is 12"
		f.Helper("bpf_probe_read_kernel", local.Part("B"), 8, sk)
		f.Helper("bpf_probe_read_kernel", local.Part("B"), 12, sk) // want "the memory on the stack has 8 bytes, but the size is 12"
	})
}

func mapsInMaps() *dsl.Program {
	inner := maps.NewHash[uint32, triple]("inner", 8)
	outer := maps.NewArrayOf("outer", 4, inner.Spec())
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		found := outer.In(f).Lookup(n)
		f.If(found.IsNil(), f.Exit)
		maps.LookupIn[twice](f, found, dsl.Local[uint32](f)) // want "are compile_test.triple; the lookup is for compile_test.twice"
		maps.LookupIn[triple](f, found, dsl.Local[twice](f)) // want "\"inner\" are uint32; got a pointer to compile_test.twice"
		maps.LookupIn[triple](f, found, dsl.Local[uint32](f))
	})
}

func records() *dsl.Program {
	ring := maps.NewRingBuf("ring", 4096)
	return dsl.Func("p", func(f *dsl.Fn) {
		two := dsl.Local[twice](f)
		ring.Output(f, two, 12, 0) // want "bpf_ringbuf_output: the memory on the stack has 8 bytes, but the size is 12"
		ring.Output(f, two, 8, 4)  // want "bpf_ringbuf_output does not have the flags 0x4; the call always fails"
		ring.Output(f, two, 4, 2)
	})
}

func dataOfCallbacks() *dsl.Program {
	m := maps.NewHash[uint32, triple]("m", 8)
	turn := dsl.Func("turn", func(f *dsl.Fn, i dsl.U32, data dsl.Ref[twice]) dsl.U64 { return f.U64(0) })
	socket := dsl.Func("socket", func(f *dsl.Fn, i dsl.U32, data sock) dsl.U64 { return f.U64(0) })
	each := dsl.Func("each", func(f *dsl.Fn, m dsl.Ptr, key dsl.Ref[uint32], value dsl.Ref[twice], data dsl.Ref[twice]) dsl.U64 {
		return f.U64(0)
	})
	use := dsl.Func("use", func(f *dsl.Fn, data dsl.Ref[twice]) { data.U32("A").Set(1) })
	return dsl.Func("p", func(f *dsl.Fn, sk sock) {
		two, three := dsl.Local[twice](f), dsl.Local[triple](f)
		f.Loop(3, turn, three)                           // want "got a pointer to compile_test.triple"
		f.Loop(3, turn, sk)                              // want "got a pointer to struct tcp_sock"
		f.Loop(3, socket, two)                           // want "got a pointer to compile_test.twice"
		f.Loop(3, each, two)                             // want "bpf_loop calls each with 2 arguments, but it has 4 parameters"
		helper.ForEachMapElem(f, m.Spec(), each, two, 0) // want "passes a pointer to compile_test.triple of map \"m\""
		f.Helper("bpf_loop", 3, turn, two, 1)            // want "the call always fails\n\thelp: the flags must be 0"
		f.Call(use, three)                               // want "got a pointer to compile_test.triple"
		f.Call(use, dsl.RefTo[twice](three))
		f.Call(use, two)
		f.Loop(3, turn, two)
		f.Loop(3, socket, sk)
	})
}

func indices() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.U32) {
		c := dsl.Local[counted](f)
		dsl.Index[uint32](c, "Kinds", 4).U32("").Set(1)   // want "element 4 of \"Kinds\": [4]uint32 has elements 0 to 3"
		dsl.Index[uint32](c, "Kinds", -1).U32("").Set(1)  // want "element -1 of \"Kinds\": [4]uint32 has elements 0 to 3"
		dsl.Index[uint64](c, "Kinds", 1).U64("").Set(1)   // want "the elements of \"Kinds\" are uint32; Index is called for uint64"
		dsl.Index[uint64](c, "Packets", 0).U64("").Set(1) // want "\"Packets\" of uint64 is not an array"
		dsl.Index[uint32](c, "Kind", 0).U32("").Set(1)    // want "has no field \"Kind\""
		dsl.Index[uint32](c, "Kinds", 3).U32("").Set(1)
		dsl.Index[uint32](c, "Kinds", n.Mod(4)).U32("").Set(1)
	})
}

func updates() *dsl.Program {
	m := maps.NewHash[uint32, uint32]("m", 8)
	a := maps.NewArray[uint32]("a", 8)
	queue := maps.NewQueue[uint32]("queue", 8)
	return dsl.Func("p", func(f *dsl.Fn, sk sock) {
		m.In(f).Update(1, 2, 8)                       // want "bpf_map_update_elem does not have the flags 0x8; the call always fails"
		m.In(f).Update(1, 2, maps.NoExist|maps.Exist) // want "NoExist and Exist exclude each other"
		m.In(f).Update(1, 2, maps.Lock)               // want "the values of map \"m\", uint32, have no dsl.SpinLock"
		a.In(f).Update(1, 2, maps.NoExist)            // want "the elements of map \"a\" always exist"
		dsl.MapPush(f, queue.Spec(), 1, 1)            // want "bpf_map_push_elem does not have the flags 0x1"
		m.In(f).Update(1, 2, maps.NoExist)
		a.In(f).Update(1, 2, maps.Exist)
	})
}

func mapsThatCannotBe() *dsl.Program {
	type key struct{ Name string }
	empty := maps.NewHash[uint32, uint32]("empty", 0)
	word := maps.NewHash[int, uint32]("word", 8)
	text := maps.NewHash[string, uint32]("text", 8)
	pair := maps.NewHash[uint32, key]("pair", 8)
	none := maps.NewQueue[uint32]("none", 0)
	small := maps.NewRingBuf("small", 512)
	storage := maps.NewSkStorage[int]("storage")
	flags := maps.NewArray[uint32]("flags", 8)
	flags.Spec().Flags = 1 // BPF_F_NO_PREALLOC
	unknown := maps.NewHash[uint32, uint32]("unknown", 8)
	unknown.Spec().Flags = 1 << 30
	trie := maps.NewLPMTrie[maps.IPv4Prefix, uint32]("trie", 8)
	trie.Spec().Flags = 0
	return dsl.Func("p", func(f *dsl.Fn, sk sock, n dsl.U32) {
		empty.In(f).Put(n, n)            // want "map \"empty\" is not valid: its maximum number of elements is 0; must be at least 1"
		word.In(f).Put(n, n)             // want "map \"word\" is not valid: key int: int has no fixed layout; its size depends on"
		text.In(f).Lookup("eth0")        // want "map \"text\" is not valid: key string: string has no fixed layout"
		pair.In(f).Put(n, n)             // want "is not valid: value compile_test.key: field Name: string has no fixed layout"
		none.In(f).Push(n)               // want "map \"none\" is not valid: its maximum number of elements is 0"
		small.Output(f, sk, 1, 0)        // want "map \"small\" is not valid: a ring buffer of 512 bytes"
		storage.In(f).Lookup(sk)         // want "map \"storage\" is not valid: value int: int has no fixed layout"
		flags.In(f).Lookup(n)            // want "map \"flags\" is not valid: an array cannot have the flags MapNoPrealloc; possible are"
		unknown.In(f).Lookup(n)          // want "map \"unknown\" is not valid: its flags 0x40000000 do not exist"
		trie.In(f).Lookup(sk.Ptr.To("")) // want "map \"trie\" is not valid: its flags must contain MapNoPrealloc, as for each lpm_trie"
		empty.In(f).Put(n, n)
	})
}
