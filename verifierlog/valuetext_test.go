package verifierlog_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	. "github.com/bpfsmith/bpfsmith/verifierlog"
)

// exactly is a number that is known.
func exactly(n int64) Value {
	return Value{Kind: Scalar, Bits: Tnum{Value: uint64(n)}, Bounds: Bounds{
		Min: n, Max: n, UMin: uint64(n), UMax: uint64(n), Min32: int32(n), Max32: int32(n), UMin32: uint32(n), UMax32: uint32(n),
	}}
}

// anyBounds are the bounds of a number when nothing is known about it.
var anyBounds = Bounds{
	Min: math.MinInt64, Max: math.MaxInt64, UMax: math.MaxUint64, Min32: math.MinInt32, Max32: math.MaxInt32, UMax32: math.MaxUint32,
}

func anything() Value {
	return Value{Kind: Scalar, Bounds: anyBounds, Bits: Tnum{Mask: math.MaxUint64}}
}

// upTo is a number, or the variable part of an offset, between 0 and n. The bits in mask are unknown.
func upTo(v Value, n int32, mask uint64) Value {
	v.Bounds = Bounds{Max: int64(n), UMax: uint64(n), Max32: n, UMax32: uint32(n)}
	v.Bits = Tnum{Mask: mask}
	return v
}

// with changes a value in a table.
func with(v Value, change func(v *Value)) Value {
	change(&v)
	return v
}

const byteBits = "var_off=(0x0; 0xff)"

var printedValues = []struct {
	text string
	want Value
}{
	// Known numbers. From 6.8 on large numbers are in hex, and negative ones as 64 bits.
	{"0", exactly(0)},
	{"42", exactly(42)},
	{"-8", exactly(-8)},
	{"0x10000", exactly(0x10000)},
	{"0xffffffff", exactly(0xffffffff)},
	{"0xffffffff80000000", exactly(math.MinInt32)},
	{"18446744073709551615", exactly(-1)},
	{"P8", with(exactly(8), func(v *Value) { v.Flags = Precise })},
	{"inv0", exactly(0)},
	{"inv-1", exactly(-1)},
	{"invP7", with(exactly(7), func(v *Value) { v.Flags = Precise })},

	// Unknown numbers. Bounds that are left out follow from the others.
	{"scalar()", anything()},
	{"Pscalar()", with(anything(), func(v *Value) { v.Flags = Precise })},
	{"inv", anything()},
	{"inv(id=0)", anything()},
	{"invP(id=0)", with(anything(), func(v *Value) { v.Flags = Precise })},
	{"scalar(id=3)", with(anything(), func(v *Value) { v.ID = 3 })},
	{"scalar(id=3+4)", with(anything(), func(v *Value) { v.ID, v.IDOffset = 3, 4 })},
	{"scalar(id=3-4)", with(anything(), func(v *Value) { v.ID, v.IDOffset = 3, -4 })},
	{"scalar(smin=smin32=0,smax=umax=smax32=umax32=255," + byteBits + ")", upTo(anything(), 255, 0xff)},
	{"scalar(umax=255," + byteBits + ")", upTo(anything(), 255, 0xff)}, // up to 6.6
	{"inv(id=0,umax_value=255," + byteBits + ")", upTo(anything(), 255, 0xff)},
	{"scalar(umin=1)", with(anything(), func(v *Value) { v.Bounds.UMin = 1 })},
	{"scalar(smax=64)", with(anything(), func(v *Value) { v.Bounds.Max = 64 })},
	{"scalar(smin=smin32=-128,smax=smax32=127)", with(anything(), func(v *Value) {
		v.Bounds.Min, v.Bounds.Max, v.Bounds.Min32, v.Bounds.Max32 = -128, 127, -128, 127
	})},
	{"inv(id=0,smin_value=-128,smax_value=127,s32_min_value=-128,s32_max_value=127)", with(anything(), func(v *Value) {
		v.Bounds.Min, v.Bounds.Max, v.Bounds.Min32, v.Bounds.Max32 = -128, 127, -128, 127
	})},
	{"scalar(s32_min=-1,s32_max=5)", with(anything(), func(v *Value) { v.Bounds.Min32, v.Bounds.Max32 = -1, 5 })}, // 6.1
	{"scalar(u32_min=2,u32_max=5)", with(anything(), func(v *Value) {
		v.Bounds.Min32, v.Bounds.Max32, v.Bounds.UMin32, v.Bounds.UMax32 = 2, 5, 2, 5
	})},
	{"scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))", with(anything(), func(v *Value) {
		v.Bounds.Min, v.Bounds.Max, v.Bounds.UMax, v.Bits.Mask = 0, math.MaxUint32, math.MaxUint32, math.MaxUint32
	})},
	{"scalar(smin=0xffffffff80000000,smax=0x7fffffff)", with(anything(), func(v *Value) {
		v.Bounds.Min, v.Bounds.Max = math.MinInt32, math.MaxInt32
	})},
	{"scalar(smin=umin=smin32=umin32=4,smax=umax=smax32=umax32=12,var_off=(0x4; 0x8))", with(anything(), func(v *Value) {
		v.Bounds = Bounds{Min: 4, Max: 12, UMin: 4, UMax: 12, Min32: 4, Max32: 12, UMin32: 4, UMax32: 12}
		v.Bits = Tnum{Value: 4, Mask: 8}
	})},

	// Pointers.
	{"ctx()", Value{Kind: PointerContext}},
	{"ctx", Value{Kind: PointerContext}},
	{"ctx(id=0,off=0,imm=0)", Value{Kind: PointerContext}},
	{"ctx(off=16,imm=0)", Value{Kind: PointerContext, Offset: 16}},
	{"fp0", Value{Kind: PointerStack, Frame: -1}},
	{"fp-512", Value{Kind: PointerStack, Frame: -1, Offset: -512}},
	{"fp8", Value{Kind: PointerStack, Frame: -1, Offset: 8}},
	{"fp[1]-16", Value{Kind: PointerStack, Frame: 1, Offset: -16}},
	{"fp[0]0", Value{Kind: PointerStack}},
	{"fp", Value{Kind: PointerStack, Frame: -1}},
	{"fp(off=-16,smin=smin32=0,smax=umax=smax32=umax32=8,var_off=(0x0; 0x8))",
		upTo(Value{Kind: PointerStack, Frame: -1, Offset: -16}, 8, 8)},
	{"map_ptr(map=m,ks=4,vs=8)", Value{Kind: PointerMap, Map: "m", KeySize: 4, Size: 8}},
	{"map_ptr(off=0,ks=4,vs=8,imm=0)", Value{Kind: PointerMap, KeySize: 4, Size: 8}},
	{"map_key(map=m.1,ks=4,vs=8)", Value{Kind: PointerMapKey, Map: "m.1", KeySize: 4, Size: 8}},
	{"map_value(map=m,ks=4,vs=8,off=4)", Value{Kind: PointerMapValue, Map: "m", KeySize: 4, Size: 8, Offset: 4}},
	{"map_value(map=m,ks=4,vs=64,imm=8)", Value{Kind: PointerMapValue, Map: "m", KeySize: 4, Size: 64, Offset: 8}},
	{"map_value(map=m,ks=4,vs=64,off=8,imm=-4)", Value{Kind: PointerMapValue, Map: "m", KeySize: 4, Size: 64, Offset: 4}},
	{"map_value(id=0,off=0,ks=4,vs=64,umax_value=255," + byteBits + ")",
		upTo(Value{Kind: PointerMapValue, KeySize: 4, Size: 64}, 255, 0xff)},
	{"map_value_or_null(id=3,map=h,ks=4,vs=16)", Value{Kind: PointerMapValue, Flags: MayBeNil, ID: 3, Map: "h", KeySize: 4, Size: 16}},
	{"map_value", Value{Kind: PointerMapValue}}, // a spilled one, up to 5.16
	{"pkt(off=14,r=20)", Value{Kind: PointerPacket, Offset: 14, Range: 20}},
	{"pkt(id=0,off=0,r=0,imm=0)", Value{Kind: PointerPacket}},
	{"pkt_meta(r=0)", Value{Kind: PointerPacket}},
	{"pkt_end()", Value{Kind: PointerPacketEnd}},
	{"trusted_ptr_task_struct()", Value{Kind: PointerBTF, Flags: Trusted, Struct: "task_struct"}},
	{"ptr_or_null_task_struct(id=2,ref_obj_id=2)", Value{Kind: PointerBTF, Flags: MayBeNil, Struct: "task_struct", ID: 2, Ref: 2}},
	{"ptr_task_struct(parent_id=2)", Value{Kind: PointerBTF, Struct: "task_struct", Ref: 2}}, // 7.3
	{"rcu_ptr_or_null_cgroup(id=1)", Value{Kind: PointerBTF, Flags: RCU | MayBeNil, Struct: "cgroup", ID: 1}},
	{"untrusted_ptr_null_blk()", Value{Kind: PointerBTF, Flags: UntrustedPointer, Struct: "null_blk"}},
	{"user_ptr_sockaddr(off=0,imm=0)", Value{Kind: PointerBTF, Flags: User, Struct: "sockaddr"}},
	{"percpu_ptr_rq()", Value{Kind: PointerBTF, Flags: PerCPU, Struct: "rq"}},
	{"percpu_rcu_untrusted_ptr_x()", Value{Kind: PointerBTF, Flags: PerCPU | RCU | UntrustedPointer, Struct: "x"}},
	{"alloc_ptr_node(ref_obj_id=3)", Value{Kind: PointerBTF, Flags: Alloc, Struct: "node", Ref: 3}},
	{"ptr_node(id=4,non_own_ref)", Value{Kind: PointerBTF, Flags: NonOwning, Struct: "node", ID: 4}},
	{"sock_or_null(id=2,ref_obj_id=2)", Value{Kind: PointerSocket, Flags: MayBeNil, ID: 2, Ref: 2}},
	{"sock_common()", Value{Kind: PointerSocket}},
	{"tcp_sock()", Value{Kind: PointerSocket}},
	{"ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8)", Value{Kind: PointerMemory, Flags: Alloc | MayBeNil, ID: 2, Ref: 2, Size: 8}},
	{"mem(id=0,ref_obj_id=2,off=0,imm=0)", Value{Kind: PointerMemory, Ref: 2}},
	{"rdonly_mem(id=1,ref_obj_id=1,sz=4)", Value{Kind: PointerMemory, Flags: ReadOnly, ID: 1, Ref: 1, Size: 4}},
	{"rdonly_buf_or_null()", Value{Kind: PointerMemory, Flags: ReadOnly | MayBeNil}},
	{"rdwr_buf(id=0,off=0,imm=0)", Value{Kind: PointerMemory}},
	{"mem(dynptr_id=3,sz=8)", Value{Kind: PointerMemory, DynptrID: 3, Size: 8}},
	{"func()", Value{Kind: PointerFunction}},
	{"arena", Value{Kind: PointerArena}},
	{"flow_keys()", Value{Kind: PointerOther}},
	{"dynptr_ptr()", Value{Kind: PointerOther}},
	{"widget_or_null(id=1)", Value{Kind: PointerOther, Flags: MayBeNil, ID: 1}},

	// Stack.
	{"mmmm????", Value{Kind: Bytes}},
	{"00000000", Value{Kind: Bytes}},
	{"?m??????", Value{Kind: Bytes}},
	{"ffffffff", Value{Kind: IRQFlag}},
	{"????scalar()", with(anything(), func(v *Value) { v.Width = 4 })},
	{"mmmm0", with(exactly(0), func(v *Value) { v.Width = 4 })},
	{"0000P12", with(exactly(12), func(v *Value) { v.Width, v.Flags = 4, Precise })},
	{"mmmmmm5", with(exactly(5), func(v *Value) { v.Width = 2 })},
	{"dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1)", Value{Kind: Dynptr, Struct: "ringbuf", ID: 1, Ref: 2, DynptrID: 1}},
	{"iter_num(ref_id=1,state=active,depth=2)", Value{Kind: Iterator, Struct: "num", Ref: 1, State: "active", Depth: 2}},
	{"iter_task_vma(ref_id=1,state=drained,depth=0)", Value{Kind: Iterator, Struct: "task_vma", Ref: 1, State: "drained"}},

	// Words that this package does not know, and texts that are not values.
	{"ctx(colour=blue,off=8)", Value{Kind: PointerContext, Offset: 8, Unknown: []string{"colour=blue"}}},
	{"scalar(smin=colour=3,var_off=odd)", with(anything(), func(v *Value) { v.Unknown = []string{"smin=colour=3", "var_off=odd"} })},
	{"map_value(vs=9999999999999999999999)", Value{Kind: PointerMapValue, Unknown: []string{"vs=9999999999999999999999"}}},
	{"", Value{}},
	{"Oops!", Value{Unknown: []string{"Oops!"}}},
	{"fp[x]-8", Value{Unknown: []string{"fp[x]-8"}}},
}

// TestEachSpellingOfValues: all fields, for all kinds and kernels.
func TestEachSpellingOfValues(t *testing.T) {
	for _, tt := range printedValues {
		want := tt.want
		want.Text = tt.text
		if got := ParseValue(tt.text); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as\n%+v, want\n%+v", tt.text, got, want)
		}
	}
	t.Logf("%d values", len(printedValues))
}

// TestLimitsNeverExcludeThePossible: deduced limits allow every number that the printed limits allow.
func TestLimitsNeverExcludeThePossible(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() uint64 { // small and large ones, around 0 and the ends of 32 bits
		return uint64(int64(random.Uint64()) >> random.IntN(64))
	}
	narrowed := 0
	for range 200_000 {
		n, a, b, c, d, mask := number(), number(), number(), number(), number(), number()
		text := "scalar("
		add := func(format string, least, most any) {
			if random.IntN(2) == 0 {
				text += fmt.Sprintf(format, least, most)
			}
		}
		add("smin=%d,smax=%d,", min(int64(n), int64(a)), max(int64(n), int64(b)))
		add("umin=%d,umax=%d,", min(n, c), max(n, d))
		add("smin32=%d,smax32=%d,", min(int32(n), int32(c)), max(int32(n), int32(b)))
		add("umin32=%d,umax32=%d,", min(uint32(n), uint32(d)), max(uint32(n), uint32(a)))
		add("var_off=(%#x; %#x),", n&^mask, mask)
		v := ParseValue(strings.TrimSuffix(text, ",") + ")")
		x := v.Bounds
		if int64(n) < x.Min || int64(n) > x.Max || n < x.UMin || n > x.UMax || int32(n) < x.Min32 || int32(n) > x.Max32 ||
			uint32(n) < x.UMin32 || uint32(n) > x.UMax32 || len(v.Unknown) > 0 {
			t.Fatalf("%s excludes %#x: %+v", v.Text, n, v)
		}
		if !strings.Contains(v.Text, "umin=") && x.UMin > 0 {
			narrowed++
		}
	}
	if narrowed == 0 {
		t.Error("nothing was deduced")
	}
}

// FuzzParseValue: any text is a value, which keeps the text.
func FuzzParseValue(f *testing.F) {
	for _, tt := range printedValues {
		f.Add(tt.text)
	}
	f.Add("?") // what a place without a printed value has inside
	f.Fuzz(func(t *testing.T, text string) {
		v := ParseValue(text)
		if v.Text != text {
			t.Errorf("%q becomes %q", text, v.Text)
		}
		if v.Kind == NoValue && text != "" && len(v.Unknown) == 0 {
			t.Errorf("%q is lost", text)
		}
	})
}
