package compile_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
)

// Functions that use values as they may not. What is to be found stands beside it; see mistakes_test.go.

func otherFunctions() *dsl.Program {
	var kept dsl.U32
	var keptVar dsl.VarU32
	var condition dsl.Bool
	other := dsl.Func("other", func(f *dsl.Fn, n dsl.U32) {
		kept, keptVar, condition = n, n.Var(), n.Eq(1)
		f.If(condition, f.Exit)
	})
	other.Body(true)
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		n.Set(n.Add(kept))       // want "belongs to \"other\", but this function is \"p\""
		n.Set(keptVar)           // want "belongs to \"other\", but this function is \"p\""
		f.If(condition, f.Exit)  // want "belongs to \"other\", but this function is \"p\""
		f.If(n.Lt(kept), f.Exit) // want "belongs to \"other\", but this function is \"p\""
		n.Set(kept.Add(1))       // want "belongs to"
		f.If(kept.Eq(1), f.Exit) // want "belongs to"
		n.Set(7)
	})
}

func usedAfterTheEnd() *dsl.Program {
	var kept *dsl.Fn
	var n dsl.VarU32
	p := dsl.Func("p", func(f *dsl.Fn, x dsl.VarU32) { kept, n = f, x })
	p.Body(false)
	n.Set(1)                    // want "\"p\" has ended"
	kept.Exit()                 // want "\"p\" has ended"
	kept.If(n.Eq(1), kept.Exit) // want "\"p\" has ended"
	return p
}

func outsideTheirBlock() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) dsl.U32 {
		var inner, turn dsl.U32
		var variable dsl.VarU32
		var local dsl.Ref[uint32]
		f.If(n.Eq(1), func() {
			inner = n.Add(1)
			variable = inner.Var()
			local = dsl.Local[uint32](f)
			n.Set(inner)
		})
		n.Set(inner)         // want "inside a block, but is used outside it"
		variable.Set(2)      // want "inside a block, but is used outside it"
		n.Set(variable)      // want "inside a block, but is used outside it"
		local.U32("").Set(3) // want "inside a block, but is used outside it"
		f.For(2, func(i dsl.U32) { turn = i; n.Inc(i) })
		f.If(turn.Eq(1), f.ReturnConst(0)) // want "inside a block, but is used outside it"
		var condition dsl.Bool
		f.Block(func(leave func()) {
			condition = n.Gt(5)
			f.If(condition, leave)
		})
		f.If(condition, f.ReturnConst(1)) // want "inside a block, but is used outside it"
		return n.Get()
	})
}

func mixedWidths() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32, m dsl.U64, p dsl.Ptr) {
		n.Set(n.Add(m))       // want "a U32 and a U64 do not mix"
		n.Set(m)              // want "a U32 and a U64 do not mix"
		n.Set(n.S32())        // want "a U32 and an S32 do not mix"
		n.Set(p)              // want "a pointer cannot be an operand; expected a U32"
		n.Set(n.Max("7"))     // want "a Go string cannot be an operand"
		n.Set(nil)            // want "a Go nil cannot be an operand"
		n.Set(2.5)            // want "a Go float64 cannot be an operand"
		f.If(m.Lt(n), f.Exit) // want "a U64 and a U32 do not mix"
		n.Set(f.U8(1))        // want "a U32 and a U8 do not mix"
		n.Set(n.Eq(1))        // want "a U32 and a Bool do not mix"
	})
}

func constants() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU8, s dsl.VarS8, wide dsl.VarU64) {
		n.Set(n.Add(256))  // want "256 does not fit a U8"
		n.Set(-1)          // want "-1 does not fit a U8"
		s.Set(128)         // want "128 does not fit an S8"
		s.Set(s.Sub(-129)) // want "-129 does not fit an S8"
		wide.Set(-1)       // want "-1 does not fit a U64"
		wide.Set(uint64(1) << 63)
		s.Set(uint64(1) << 63)                           // want "9223372036854775808 does not fit an S8"
		f.If(n.Lt(1000), f.Exit)                         // want "1000 does not fit a U8"
		dsl.Switch(f, s.Get(), dsl.Case(f.Exit, 1, 200)) // want "200 does not fit an S8"
	})
}

func shifts() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32, s dsl.S32, p dsl.Ptr) {
		n.Set(n.Shl(-1))  // want "a shift by -1"
		n.Set(n.Shr(s))   // want "an S32 cannot be the count of a shift"
		n.Set(n.Shl("1")) // want "a Go string cannot be the count of a shift"
		n.Set(n.Shl(p))   // want "cannot be the count of a shift"
		n.Set(n.Shl(64))
	})
}

func zeroValues() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		var zero dsl.U32
		var never dsl.Bool
		n.Set(n.Add(zero))              // want "this value was never made"
		f.If(never, f.Exit)             // want "this value was never made"
		n.Set(zero.Add(1))              // want "this value was never made"
		f.If(never.Not(), f.Exit)       // want "this value was never made"
		f.If(zero.Eq(1), f.Exit)        // want "this value was never made"
		f.If(dsl.Ptr{}.IsNil(), f.Exit) // want "this value was never made"
		f.Helper("bpf_ktime_get_ns")
		dsl.Switch(f, zero, dsl.Case(f.Exit, 1)) // want "this value was never made"
	})
}

func unusedResults() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU32) {
		n.Add(1)             // want "the result is not used"
		n.Eq(1)              // want "the result is not used"
		n.Shr(1)             // want "the result is not used"
		n.Neg()              // want "the result is not used"
		n.Eq(3).Not()        // want "the result is not used"
		n.Eq(4).And(n.Eq(5)) // want "the result is not used"
		f.If(n.Eq(2), func() {
			n.Max(7) // want "the result is not used"
		})
	})
}

func fields() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, tp sock, n dsl.VarU32, p dsl.Ptr) {
		n.Set(tp.Field("snd_cwmd").U32())        // want "did you mean snd_cwnd?"
		n.Set(tp.To("tcp_sok").Field("x").U32()) // want "tcp_sok"
		n.Set(p.Field("snd_cwnd").U32())         // want "the struct of the field \"snd_cwnd\" is not known"
		n.Set(tp.Field("snd_cwnd").U8().U32())   // want "has 4 bytes, but 1 are read"
		tp.Field("snd_cwnd").Set(tp)             // want "tcp_sock.snd_cwnd is a U32; got a pointer"
		tp.Field("snd_cwnd").Set("7")            // want "a Go string cannot be stored"
		n.Set(tp.Field("inet_conn").U32())       // want "tcp_sock.inet_conn"
	})
}

// fieldsThatAreSet writes fields by their names and by generated methods: both convert nothing.
func fieldsThatAreSet() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, tp tcp.Sock, n dsl.U32, wide dsl.U64, s dsl.S32, p dsl.Ptr) {
		tp.SetSndCwnd(wide)           // want "snd_cwnd is a U32; got a U64\n\thelp: convert it: .U32()"
		tp.SetSndCwnd(s)              // want "snd_cwnd is a U32; got an S32\n\thelp: convert it: .U32()"
		tp.SetSndCwnd(wide.S64())     // want "snd_cwnd is a U32; got an S64"
		tp.SetSndCwnd(n.Eq(1))        // want "snd_cwnd is a U32; got a Bool\n\thelp: convert it: .U8() or .U32()"
		tp.SetSndCwnd(-1)             // want "-1 does not fit snd_cwnd, which is a U32"
		tp.SetSndCwnd(int64(1 << 32)) // want "4294967296 does not fit snd_cwnd, which is a U32"
		tp.SetSndCwnd(p)              // want "snd_cwnd is a U32; got a pointer"
		tp.SetSndCwnd("7")            // want "snd_cwnd is a U32; got a Go string"
		tp.SetEcnFlags(n)             // want "ecn_flags is a U8; got a U32"
		tp.SetEcnFlags(256)           // want "256 does not fit ecn_flags, which is a U8"
		tp.SetSkPacingRate(n)         // want "sk_pacing_rate is a U64; got a U32\n\thelp: convert it: .U64()"
		tp.SetIcskCaPriv(1, n)        // want "icsk_ca_priv[1] is a U64; got a U32"
		tp.SetIcskAckPending(n)       // want "icsk_ack.pending is a U8; got a U32"
		field := func(path string) dsl.Field { return tp.Field(path) }
		field("snd_cwnd").Set(wide)                    // want "tcp_sock.snd_cwnd is a U32; got a U64\n\thelp: convert it: .U32()"
		field("snd_cwnd").Set(s)                       // want "tcp_sock.snd_cwnd is a U32; got an S32"
		field("snd_cwnd").Set(n.U8())                  // want "tcp_sock.snd_cwnd is a U32; got a U8"
		field("snd_cwnd").Set(n.Eq(1))                 // want "tcp_sock.snd_cwnd is a U32; got a Bool"
		field("snd_cwnd").Set(true)                    // want "tcp_sock.snd_cwnd is a U32; got a Bool"
		field("snd_cwnd").Set(-1)                      // want "-1 does not fit tcp_sock.snd_cwnd, which is a U32"
		field("snd_cwnd").Set(int64(1 << 32))          // want "4294967296 does not fit tcp_sock.snd_cwnd, which is a U32"
		field("ecn_flags").Set(n)                      // want "tcp_sock.ecn_flags is a U8; got a U32"
		field("inet_conn.icsk_ack.ato").Set(n)         // want "icsk_ack.ato is a U8 of 8 bits; got a U32"
		field("inet_conn.icsk_ca_state").Set(32)       // want "32 does not fit tcp_sock.inet_conn.icsk_ca_state, which is a U8 of 5 bits"
		field("inet_conn.icsk_ca_state").Set(-1)       // want "-1 does not fit tcp_sock.inet_conn.icsk_ca_state"
		field("inet_conn.icsk_ca_state").Set(f.U8(32)) // want "32 does not fit tcp_sock.inet_conn.icsk_ca_state"
		field("inet_conn.icsk_ca_ops").Set(wide)       // want "icsk_ca_ops is a pointer; got a number\n\thelp: store a pointer, or 0"
		tp.SetSndCwnd(n)
		tp.SetSndCwnd(n.Var())
		tp.SetSndCwnd(wide.U32())
		tp.SetSndCwnd(int64(0xffffffff))
		tp.SetSkPacingRate(uint64(1) << 63)
		tp.SetIcskAckPending(n.U8())
		field("snd_cwnd").Set(n)
		field("snd_cwnd").Set(int64(0xffffffff))
	})
}

// counters is a map's value.
type counted struct {
	Packets uint64
	Kinds   [4]uint32
}

func layouts() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU64) {
		c := dsl.Local[counted](f)
		n.Set(c.U64("Packet"))                         // want "has no field \"Packet\""
		n.Set(c.U32("Packets").U64())                  // want "\"Packets\" is a U64; expected a U32"
		n.Set(c.U64("Kinds"))                          // want "\"Kinds\" of [4]uint32 is not an integer"
		n.Set(c.U32("Kinds[4]").U64())                 // want "has elements 0 to 3"
		n.Set(dsl.Local[struct{ A *int }](f).U64("A")) // want "the kernel cannot follow an address of this process"
		n.Set(c.U64("Packets"))
	})
}

func manyLocals() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, n dsl.VarU64) dsl.U64 {
		type big [10]uint64
		for range 7 {
			l := dsl.Local[big](f) // want "the function needs 560 bytes of stack, but has only 512"
			f.Helper("bpf_probe_read_kernel", l, 80, 0)
			n.Inc(l.Ptr.At(0).U64())
		}
		return n.Get()
	})
}

func largeLocal() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn) {
		l := dsl.Local[[65]uint64](f) // want "[65]uint64 has 520 bytes; the limit of a frame is 512"
		f.Helper("bpf_probe_read_kernel", l, 8, 0)
	})
}

func manyValues() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn) dsl.U64 {
		var list []dsl.U64
		for range 70 {
			list = append(list, f.Helper("bpf_ktime_get_ns").U64()) // want "for which no register was left"
		}
		sum := f.U64(0)
		for i, v := range list {
			sum = sum.Mul(3).Add(list[len(list)-1-i].Xor(v.Shr(1)))
		}
		return sum
	})
}

func argumentsOfCalls() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, tp sock, n dsl.U32) {
		f.Helper("bpf_ktime_get_ns", struct{}{}) // want "bpf_ktime_get_ns needs 0" "argument 1 of bpf_ktime_get_ns is a Go struct {}"

		f.Helper("bpf_probe_read_kernel", n, 1, 2, 3, 4, 5) // want "bpf_probe_read_kernel" "the limit is 5"
		f.Kernel("tcp_slow_start", tp)                      // want "tcp_slow_start needs 2 arguments, but is called with 1"
		f.Kernel("bpf_task_release")                        // want "bpf_task_release needs 1 argument, but is called with 0"
		f.Kernel("tcp_slow_start", n, n)                    // want "argument 1 of tcp_slow_start is a number; expected a pointer"
		f.Kernel("tcp_slow_start", tp, tp)                  // want "argument 2 of tcp_slow_start is a pointer; expected a number"
		f.Kernel("tcp_slow_stort", tp, n)                   // want "did you mean tcp_slow_start?"
		f.Kernel("tcp_slow_start", tp, "1")                 // want "argument 2 of tcp_slow_start is a Go string"
	})
}

// argumentsOfKernelFunctions passes numbers by name: nothing is converted.
func argumentsOfKernelFunctions() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, tp sock, n dsl.U32, wide dsl.U64) {
		f.Kernel("tcp_slow_start", tp, wide)         // want "argument 2 of tcp_slow_start is a U64; expected a U32"
		f.Kernel("tcp_slow_start", tp, n.S32())      // want "argument 2 of tcp_slow_start is an S32; expected a U32"
		f.Kernel("tcp_slow_start", tp, n.Eq(1))      // want "argument 2 of tcp_slow_start is a Bool; expected a U32"
		f.Kernel("tcp_slow_start", tp, -1)           // want "argument 2 of tcp_slow_start: -1 does not fit a U32"
		f.Kernel("tcp_slow_start", tp, int64(1<<32)) // want "argument 2 of tcp_slow_start: 4294967296 does not fit a U32"
		f.Kernel("tcp_slow_start", tp, int64(0xffffffff))
		f.Kernel("tcp_slow_start", tp, n.Var())
	})
}

func argumentsOfSubs() *dsl.Program {
	sub := dsl.Func("sub", func(f *dsl.Fn, n dsl.U8, p dsl.Ptr) dsl.U8 {
		f.If(p.IsNil(), f.ReturnConst(0))
		return n
	})
	six := dsl.Func("six", func(f *dsl.Fn, a, b, c, d, e, g dsl.U32) {}) // want "the limit is 5"
	return dsl.Func("p", func(f *dsl.Fn, p dsl.Ptr, n dsl.U32) {
		f.Call(sub, n.U8())           // want "sub needs 2 arguments, but is called with 1"
		f.Call(sub, n, p)             // want "argument 1 of sub is a u32; expected a u8"
		f.Call(sub, 256, p)           // want "argument 1 of sub: 256 does not fit a u8"
		f.Call(sub, p, p)             // want "argument 1 of sub is a pointer; expected a u8"
		f.Call(sub, n.U8(), n)        // want "argument 2 of sub"
		f.Call(six, n, n, n, n, n, n) // want "the limit is 5"
		f.Call(sub, n.U8(), p)
	})
}

func unknownHelper() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn) {
		f.Helper("bpf_ktime_get_nss") // want "there is no helper \"bpf_ktime_get_nss\""
	})
}

func uncheckedTask() *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn) {
		task := f.Kernel("bpf_task_from_pid", 1).Ptr("task_struct")
		f.Kernel("bpf_task_release", task) // want "help: test it first: f.If(p.IsNil(), …)"
	})
}
