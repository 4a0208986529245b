package verifierlog_test

import (
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// carved are short logs in the words of different kernels, each for one way to find a cause.
var carved = []struct {
	name, log string
	kind      mistake.Kind
	insn      int
	says      []string // in the explanation and the fix
	saysNot   []string
}{
	{"a state of an earlier place, up to 6.0", "" +
		"10: (bf) r1 = r7\n R1=map_value(id=0,off=0,ks=4,vs=64,imm=0) R10=fp0 fp-16=mmmmmmmm\n" +
		"11: (79) r2 = *(u64 *)(r10 -16)\n12: (0f) r1 += r2\nlast_idx 12 first_idx 10\nregs=4 stack=0 before 11: (79) r2 = *(u64 " +
		"*)(r10 -16)\n R1=map_value(id=0,off=0,ks=4,vs=64,imm=0) R2=inv(id=0,umax_value=7,var_off=(0x0; 0x7)) R10=fp0 fp-16=mmmmmmmm\n" +
		"parent already had regs=0 stack=0 marks\n" +
		"math between map_value pointer and register with unbounded min value is not allowed\n",
		mistake.Unbounded, 12, []string{"R2"}, []string{"from 0 to 7"}},
	{"an index that is 0 or less, up to 6.0", "" +
		"21: (73) *(u8 *)(r1 +4095) = r2\n R1_w=map_value(id=0,off=0,ks=4,vs=8192,smin_value=-4095,smax_value=0) R2_w=inv47 R10=fp0\n" +
		"R1 unbounded memory access, make sure to bounds check any such access\n",
		mistake.Unbounded, 21, []string{"from -4095 to 0", "never negative"}, []string{"no upper limit"}},
	{"nothing tells what is on the stack", "110: (7b) *(u64 *)(r10 -32) = r0\n116: (bf) r3 = r10\n117: (07) r3 += -32\n" +
		"120: (85) call 2\ninvalid indirect read from stack off -32+0 size 4\n",
		mistake.UninitialisedStack, 120, []string{"or a pointer is saved there"}, nil},
	{"an element smaller than the type of an argument", "" +
		"4: (79) r3 = *(u64 *)(r10 -8)          ; R3=map_value(map=m,ks=4,vs=320,off=64,smin=0,smax=umax=248,var_off=(0x0; 0xf8)) " +
		"R10=fp0\n" +
		"5: (85) call bpf_cpumask_and#65708\ninvalid access to map value, value_size=320 off=312 size=1024\n" +
		"R3 max value is outside of the allowed memory range\n",
		mistake.MapBounds, 5, []string{"size of the access is that of the argument", "smaller than 1024 bytes"}, nil},
	{"a number that was kept on the stack", "from 3 to 10: R1=map_value(id=0,off=0,ks=4,vs=64,imm=0) R10=fp0 fp-16=mmmmmmmm\n" +
		"11: (79) r2 = *(u64 *)(r10 -16)\n12: (0f) r1 += r2\n" +
		"math between map_value pointer and register with unbounded min value is not allowed\n",
		mistake.Unbounded, 12, []string{"read back from the stack at instruction 11", "5.16"}, nil},
	{"a nil pointer that was kept on the stack", " R10=fp0 fp-24=00000000\n4: (79) r6 = *(u64 *)(r10 -24)\n5: (71) r1 = *(u8 *)(r6 +4)\n" +
		"R6 invalid mem access 'inv'\n", mistake.NotAPointer, 5, []string{"R6 is the number 0"}, nil},
	{"words of 4.9", " R1=imm8,min_value=8,max_value=8 R3=inv56 R5=pkt(id=0,off=0,r=0) R6=ctx R10=fp\n7: (67) r5 <<= 32\n" +
		"8: (77) r5 >>= 32\n R5=inv32 R6=ctx R10=fp\n9: (71) r1 = *(u8 *)(r5 +0)\nR5 invalid mem access 'inv'\n",
		mistake.NotAPointer, 9, []string{"until instruction 7", "shift"}, []string{"number 32", "later call"}},
	{"the context with an offset, up to 4.13", " R1=ctx R10=fp\n0: (bf) r7 = r1\n1: (07) r7 += 8\n2: (61) r0 = *(u32 *)(r7 +0)\n" +
		"R7 invalid mem access 'inv'\n", mistake.ModifiedPointer, 2,
		[]string{"address of the context", "instruction 1"}, []string{"later call"}},
	{"the context with an offset", "0: R1=ctx() R10=fp0\n0: (b7) r2 = 16                      ; R2=16\n1: (0f) r1 += r2               " +
		"       ; R1=ctx(off=16) R2=16\n2: (79) r0 = *(u64 *)(r1 +0)\ndereference of modified ctx ptr R1 off=16 disallowed\n",
		mistake.ModifiedPointer, 2, []string{"instruction 1", "offset 16", "barrier_var"}, nil},
	{"a comparison that old kernels do not count", "; if (p >= end) @ a.c:1\n20: (3d) if r6 >= r1 goto pc+9\n" +
		" R1=pkt_end(id=0,off=0,imm=0) R6=pkt(id=2,off=8,r=8,umax_value=60)\n21: (71) r5 = *(u8 *)(r6 +0)\n" +
		"invalid access to packet, off=8 size=1, R6(id=2,off=8,r=8)\nR6 offset is outside of the packet\n",
		mistake.PacketBounds, 21, []string{"before 5.16", "p + 1 > data_end"}, nil},
	{"and one that they count", "; if (p > end) @ a.c:1\n20: (2d) if r6 > r1 goto pc+9\n" +
		" R1=pkt_end(id=0,off=0,imm=0) R6=pkt(id=2,off=8,r=8,umax_value=60)\n21: (71) r5 = *(u8 *)(r6 +0)\n" +
		"invalid access to packet, off=8 size=1, R6(id=2,off=8,r=8)\nR6 offset is outside of the packet\n",
		mistake.PacketBounds, 21, []string{"needs 9"}, []string{"5.16"}},
	{"an object that is smaller than a struct", "7: (bf) r6 = r10\n8: (07) r6 += -16\n9: (61) r1 = *(u32 *)(r6 +16)\n" +
		"invalid read from stack R6 off=0 size=4\n", mistake.StackBounds, 9, []string{"smaller", "CO-RE"}, []string{"negative offset"}},
	{"a stack that is too small, up to 5.11", "9: (7b) *(u64 *)(r10 -520) = r1\ninvalid stack off=-520 size=8\n",
		mistake.StackBounds, 9, []string{"per-CPU"}, nil},
	{"the map itself is read", "0: R1=ctx() R10=fp0\n0: (18) r1 = 0xffff888100000000      ; R1=map_ptr(map=m,ks=4,vs=8)\n" +
		"2: (61) r2 = *(u32 *)(r1 +0)\ncannot access ptr member ops with moff 0 in struct bpf_map with off 0 size 4\n",
		mistake.StructBounds, 2, []string{"the map itself", "instruction 0", "bpf_map_lookup_elem"}, nil},
	{"results up to 5.2", "0: (b7) r0 = 5\n1: (95) exit\nAt program exit the register R0 has value (0x5; 0x0) should have been 0 or 1\n",
		mistake.ResultRange, 1, []string{"is 5", "from 0 to 1"}, nil},
	{"a part of the log is indented", "10: (15) if r1 == 0x0 goto pc-4\n   11: (79) r1 = *(u64 *)(r10 -8)\n" +
		"   BPF program is too large. Processed 1000001 insn\n", mistake.TooComplex, 11, nil, nil},
	{"a global function's prototype is the reason", "Validating f() func#1...\n1: R1=scalar() R10=fp0\n" +
		"Global function f() doesn't return scalar. Only those are supported.\n", mistake.FunctionContract, -1,
		[]string{"f is a global"}, nil},
	{"a number that a helper returned", "3: (85) call bpf_get_current_task#35\n4: (bf) r6 = r0\n5: (79) r3 = *(u64 *)(r6 +8)\n" +
		"R6 invalid mem access 'inv'\n", mistake.NotAPointer, 5, []string{"result of instruction 3", "bpf_get_current_task_btf"}, nil},
	{"a size of 0", "invalid access to map value, value_size=64 off=8 size=0\nR1 min value is outside of the allowed memory range\n",
		mistake.BadSize, -1, []string{"is 0 (zero)", "at most 56"}, []string{"-1"}},
	{"a copy that is not checked, up to 4.9", "1: (85) call 1\n2: (bf) r7 = r0\n3: (15) if r0 == 0x0 goto pc+8\n" +
		" R0=map_value(ks=8,vs=8) R7=map_value_or_null(ks=8,vs=8) R10=fp\n4: (b7) r0 = 0\n5: (79) r9 = *(u64 *)(r7 +0)\n" +
		"R7 invalid mem access 'map_value_or_null'\n", mistake.MaybeNil, 5, []string{"instruction 2", "before 4.10"}, nil},
	{"two fields that a compiler read at once", "0: R1=ctx() R10=fp0\n0: (79) r2 = *(u64 *)(r1 +24)\n" +
		"invalid bpf_context access off=24 size=8\n", mistake.ContextAccess, 0, []string{"clang", "barrier_var"}, nil},
	{"an iterator that is not aligned", "0: R1=fp-12 R10=fp0\n6: (85) call bpf_iter_num_new#64273\n" +
		"cannot pass in iter at an offset=-12\nexpected uninitialized iter_num as arg #0\n", mistake.ArgumentType, 6,
		[]string{"multiple of 8"}, []string{"End that iterator"}},
	{"an address as a number, for a value", "1: (79) r6 = *(u64 *)(r10 -64)\n2: (bf) r3 = r6\n3: (85) call bpf_map_update_elem#2\n" +
		"R3 type=inv expected=fp, pkt, map_value\n", mistake.ArgumentType, 3, []string{"on the stack first", "bpf_probe_read_user"},
		[]string{"0 is a null"}},
	{"memory that only newer kernels take", "3: (85) call 4\nR1 type=map_value_adj expected=fp\n", mistake.ArgumentType, 3,
		[]string{"since Linux 4.11"}, nil},
	{"a pointer in the memory of an argument", " R6=ctx R10=fp fp-8=map_ptr\n1: (bf) r3 = r10\n2: (07) r3 += -8\n3: (85) call 2\n" +
		"invalid indirect read from stack off -8+0 size 8\n", mistake.AddressLeak, 3, []string{"saved a pointer (map_ptr)"},
		[]string{"never written"}},
	{"a call that writes on the stack", " R10=fp0 fp-16=00000000\n1: (bf) r1 = r10\n2: (07) r1 += -16\n3: (b7) r2 = 8\n4: (b7) r3 = 0\n" +
		"5: (85) call bpf_probe_read#4\n6: (79) r6 = *(u64 *)(r10 -16)\n7: (71) r1 = *(u8 *)(r6 +4)\nR6 invalid mem access 'inv'\n",
		mistake.NotAPointer, 7, []string{"instruction 6"}, []string{"number 0"}},
	{"a pointer that was kept on the stack, up to 5.10", "1: (79) r1 = *(u64 *)(r10 -64)\n2: (bf) r4 = r1\n3: (0f) r4 += r6\n" +
		"4: (73) *(u8 *)(r4 +3) = r5\nR4 invalid mem access 'inv'\n", mistake.NotAPointer, 4,
		[]string{"what instruction 1", "from the stack", "before 5.11"}, nil},
	{"an offset that is not shown", "invalid access to map value, value_size=64 off=64 size=1\n" +
		"R0 max value is outside of the allowed memory range\n", mistake.MapBounds, -1,
		[]string{"not a constant"}, []string{"a constant on"}},
	{"a section that ends elsewhere", "bpf_rcu_read_unlock is missing\n", mistake.LockHeld, -1, []string{"before 6.8", "__always_inline"},
		[]string{"the instruction is"}},
	{"a field that is read twice", "R1 invalid mem access 'rcu_ptr_or_null_'\n", mistake.MaybeNil, -1,
		[]string{"once into a variable"}, nil},
	{"a function of the kernel for a path", "0: (85) call bpf_d_path#147\nhelper call is not allowed in probe\n",
		mistake.HelperForbidden, 0, []string{"vfs_getattr"}, nil},
	{"bytes before a packet", "0: R1=pkt(off=-4,r=8) R10=fp0\n3: (71) r0 = *(u8 *)(r1 +0)\n" +
		"invalid access to packet, off=-4 size=1, R1(id=0,off=-4,r=8)\nR1 offset is outside of the packet\n", mistake.PacketBounds, 3,
		[]string{"begins before R1"}, []string{"needs"}},
	{"an iterator that is read", "0: R10=fp0 fp-24=iter_num(ref_id=1,state=active,depth=0) fp-16=iiiiiiii\n3: (79) r7 = *(u64 *)(r10 " +
		"-16)\ninvalid read from stack off -16+0 size 8\n", mistake.SpecialField, 3, []string{"an iterator"}, []string{"never written"}},
	{"a lock of another object", "0: R1=map_value(map=m,ks=4,vs=64) R10=fp0\n4: (85) call bpf_list_pop_front#64491\n" +
		"held lock and object are not in the same allocation\nbpf_spin_lock at off=16 must be held for bpf_list_head\n",
		mistake.NotHeld, 4, []string{"does not protect this list"}, []string{"without holding"}},
	{"a kptr of another type", "0: R2=ptr_other() R10=fp0\n4: (85) call bpf_kptr_xchg#194\n" +
		"invalid kptr access, R2 type=ptr_other expected=ptr_node\n", mistake.ArgumentType, 4, []string{"ptr_node"}, []string{"8 bytes"}},
	{"a limit on one side", "0: R0=scalar(smin=7) R10=fp0\n1: (95) exit\n" +
		"At program exit the register R0 has smin=7 should have been in [1, 1]\n", mistake.ResultRange, 1,
		[]string{"at least 7", "be 1."}, nil},
	{"the end of the packet", "0: R3=pkt_end() R10=fp0\n1: (07) r3 += 8\nR3 pointer arithmetic on pkt_end prohibited\n",
		mistake.PointerArithmetic, 1, []string{"data_end"}, []string{"look up its key"}},
	{"the second release", "0: R10=fp0\n1: (85) call bpf_sk_lookup_tcp#84 ; R0=sock(ref_obj_id=2) refs=2\n2: (bf) r6 = r0 ; " +
		"R0=sock(ref_obj_id=2) R6=sock(ref_obj_id=2) refs=2\n3: (bf) r1 = r6 ; R1=sock(ref_obj_id=2) R6=sock(ref_obj_id=2) refs=2\n" +
		"4: (85) call bpf_sk_release#86 ;\n5: (bf) r1 = r6 ; R1=scalar(id=3) R6=scalar(id=3)\n6: (85) call bpf_sk_release#86\n" +
		"R1 type=scalar expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_\n", mistake.ReleasedTwice, 6,
		[]string{"already released at instruction 4"}, nil},
	{"a map of another type", "0: R1=map_ptr() R10=fp0\n3: (85) call bpf_map_lookup_elem#1\n" +
		"cannot pass map_type 7 into func bpf_map_lookup_elem#1\n", mistake.BadMap, 3, []string{"stack_trace"}, nil},
	{"a loader's name for a device", "metadata kfuncs require device-bound program\n", mistake.KernelForbidden, -1,
		[]string{"bpf_program__set_ifindex"}, nil},
	{"a size of 0 on the stack", "5: (85) call bpf_skb_load_bytes#26\ninvalid stack type R3 off=-136 access_size=0\n", mistake.BadSize, 5,
		[]string{"may be 0", "at least 1"}, []string{"outside"}},
	{"a size that was kept on the stack", "4: (79) r2 = *(u64 *)(r10 -80)\n5: (85) call bpf_probe_read_kernel#113\n" +
		"R2 min value is negative, either use unsigned or 'var &= const'\n", mistake.BadSize, 5,
		[]string{"read back from the stack"}, nil},
	{"the result of a call without one", "0: R1=ctx() R10=fp0\n2: (85) call bpf_tail_call#12\n3: (67) r0 <<= 32\nR0 !read_ok\n",
		mistake.Uninitialised, 3, []string{"no value after instruction 2", "has failed"}, nil},
	{"another struct for the context", "0: (79) r1 = *(u64 *)(r1 +112)\n4: (85) call 27\nR1 type=inv expected=ctx\n",
		mistake.ArgumentType, 4, []string{"the context of the program itself"}, []string{"map"}},
	{"strings for a loader that does not know them", "ELF contains non-map related relo data in entry 3 pointing to section 5! Compiler " +
		"bug?!\n", mistake.BadMap, -1, []string{"section 5", ".rodata"}, nil},
	{"nothing of a log", "...\n", mistake.NoLog, -1, []string{"whole log"}, []string{"argument of the load"}},
}

// TestCausesInCarvedLogs: what the explanation of each carved log says, in the words of C.
func TestCausesInCarvedLogs(t *testing.T) {
	for _, tt := range carved {
		r := verifierlog.Explain(tt.log, verifierlog.Program{Language: verifierlog.C, Errno: "EACCES"})
		if r.Kind != tt.kind || r.Insn != tt.insn {
			t.Errorf("%s: %v at %d, want %v at %d", tt.name, r.Kind, r.Insn, tt.kind, tt.insn)
		}
		text := r.Explanation + " " + r.Fix
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in %q", tt.name, want, text)
			}
		}
		for _, not := range tt.saysNot {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q is in %q", tt.name, not, text)
			}
		}
	}
}
