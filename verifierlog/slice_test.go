package verifierlog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A history is what a slice must say about a recorded program. Each was written by hand, from the program and its mistake in the index.
type history struct {
	program string
	insns   []int  // of the slice
	cause   int    // the instruction of these that made the value, or lost it
	tells   string // a part of the slice's text there: the value, or the note
}

var histories = []history{
	// Registers that a call lost, or that nobody set.
	{"r1_after_call", []int{0, 1}, 0, "clears R1 to R5"},
	{"tcp_sk_after_call", []int{3, 4}, 3, "clears R1 to R5"},
	{"subprog_clobbers_r1", []int{0, 1}, 0, "clears R1 to R5"},
	{"r0_not_set", []int{0}, 0, ""},
	{"helper_arg_uninit", []int{2}, 2, ""},
	{"subprog_r0", []int{0, 3, 1}, 0, "begins with values only in R1 to R5"},

	// Numbers where an address is expected.
	{"helper_arg_scalar", []int{0, 3}, 0, "R1=0"},
	{"branch_second_path", []int{5, 6}, 5, "R6=0"},
	{"ptr_trunc", []int{0, 1}, 0, "R2=scalar("},
	{"kfunc_scalar", []int{0, 1}, 0, "R1=1"},
	{"snprintf_fmt", []int{0, 4, 5, 9}, 5, "R3=fp-8"},

	// Nil.
	{"null_arith", []int{5, 6}, 5, "bpf_map_lookup_elem may return nil"},
	{"subprog_error_inside", []int{5, 6, 7, 10}, 5, "may return nil"}, // through an argument
	{"ringbuf_no_null", []int{4, 5}, 4, "may return nil"},
	{"ringbuf_submit_or_null", []int{4, 5, 7}, 4, "may return nil"},
	{"syscall_task_maybe_null", []int{1, 2}, 1, "may return nil"},
	{"dummy_maybe_null", []int{0, 1}, 0, "may be nil"},
	{"kptr_load_null", []int{7, 8}, 7, "may be nil"},

	// Bounds: the source of the number, and comparisons that do not limit it enough.
	{"stack_unbounded", []int{0, 2}, 0, "R0=scalar()"},
	{"size_negative", []int{0, 1, 5}, 1, "R2=scalar(smax=64)"},
	{"map_value_oob", []int{5, 7}, 5, "vs=8"},
	{"map_value_unbounded", []int{5, 7, 8, 9}, 7, "number from memory"},
	{"map_value_unbounded64", []int{7, 8}, 7, "number from memory"},
	{"map_value_s32", []int{7, 8, 9}, 8, "smax=smax32=63"},
	{"map_value_negative", []int{5, 7, 8, 9, 10}, 8, "smin=smin32=-128"},
	{"map_value_max", []int{5, 7, 8, 9, 10}, 8, "umax=smax32=umax32=64"},
	{"loop_callback_oob", []int{7, 10}, 7, "bpf_loop calls the function with it"},
	{"ctx_var", []int{0, 1, 2, 3, 4}, 2, "R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=4"},
	{"btf_ptr_variable", []int{0, 1, 2, 3, 4}, 1, "R0=scalar()"},
	{"ret_unknown_cgroup", []int{0, 1}, 0, "R0=scalar("},
	{"ringbuf_var_size", []int{0, 1, 5}, 0, "R0=scalar()"},

	// Packets: which comparison checked how many bytes.
	{"pkt_no_check", []int{0, 1}, 0, "R2=pkt(r=0)"},
	{"pkt_short_check", []int{0, 4, 5}, 4, "there are 14 bytes"},
	{"pkt_wrong_branch", []int{0, 4, 5}, 4, "shows nothing"},
	{"pkt_var_off", []int{0, 4, 5, 6, 7}, 6, "R2=pkt(id=1,r=0"},

	// Pointers that a call made invalid. The log shows this only when they are read again.
	{"pkt_stale", []int{1, 5, 8, 9}, 8, "R7 was pkt("},
	{"dynptr_slice_stale", []int{11, 12, 16, 18}, 16, "R6 was mem_or_null("},
	{"kfunc_double_release", []int{1, 2, 3, 5, 6, 7}, 5, "R6 was ptr_task_struct("},

	// Trust.
	{"kfunc_untrusted_walk", []int{0, 1, 2}, 1, "R1=ptr_task_struct()"},
	{"tcp_kfunc_wrong_struct", []int{0, 1, 3}, 1, "R1=ptr_dst_entry()"},
	{"tcp_sk_offset_kfunc", []int{0, 1, 3}, 1, "off=1296"},

	// The stack.
	{"tcp_spill_sk_corrupt", []int{0, 1, 2, 3, 4}, 2, "overwrites a part of trusted_ptr_tcp_sock()"},
	{"stack_spill_corrupt_capbpf", []int{0, 1}, 0, "fp-8=ctx()"},
	{"dynptr_overwrite", []int{6, 7}, 6, "fp-16=dynptr_ringbuf("},
	{"dynptr_uninit", []int{1, 2, 3, 6}, 1, "fp-16=0"},
	{"iter_new_twice", []int{4, 5, 6, 9}, 4, "bpf_iter_num_new writes it"},
	{"stack_uninit_key", []int{0, 1, 4}, 1, "R2=fp-4"},

	// Held resources.
	{"ringbuf_leak", []int{4, 7, 8}, 7, "last copy is lost"},
	{"sk_lookup_leak", []int{7, 8, 9}, 7, "acquires reference 2"},
	{"iter_no_destroy", []int{4, 6}, 4, "acquires reference 1"},
	{"lock_leak", []int{9, 11}, 9, "begins the section that was not ended"},
	{"lock_twice", []int{10, 13}, 10, "takes the lock"},
	{"rcu_unbalanced", []int{0, 2}, 0, "begins the section that was not ended"},
	{"irq_out_of_order", []int{5, 8}, 5, "must be ended first"},
}

// TestSlicesTellWhereValuesAreFrom reads each program's logs of levels 1 and 2, which must have the same history.
func TestSlicesTellWhereValuesAreFrom(t *testing.T) {
	logs := recorded.Open(t)
	checked := 0
	for _, h := range histories {
		for _, level := range []string{"level1", "level2"} {
			checked++
			r := verifierlog.Parse(logs.Text(t, h.program+"."+level+".log"))
			var insns []int
			told := ""
			for _, s := range r.Slice {
				insns = append(insns, s.Insn)
				if s.Insn == h.cause {
					told = s.Value + " " + s.Note.String()
				}
			}
			if !slices.Equal(insns, h.insns) || !strings.Contains(told, h.tells) {
				t.Errorf("%s, %s: %q comes from %v, want %v; %d tells %q, want %q", h.program, level, r.Reason, insns, h.insns, h.cause,
					told, h.tells)
			}
			if n := len(r.Slice); n > 0 && (r.Slice[n-1].Insn != r.Insn || r.Slice[n-1].Value != "") {
				t.Errorf("%s, %s: the slice ends with %+v and the report is about %d", h.program, level, r.Slice[n-1], r.Insn)
			}
		}
	}
	t.Logf("%d logs of %d programs", checked, len(histories))
}

// TestSliceOfALoop: an instruction of a loop is in the slice once, however often it ran, and the instructions before the loop are found.
func TestSliceOfALoop(t *testing.T) {
	var log strings.Builder
	log.WriteString("0: R1=ctx() R10=fp0\n0: (b7) r6 = 0                        ; R6=0\n")
	for range 5000 {
		log.WriteString("1: (07) r6 += 8                       ; R6=scalar()\n2: (a5) if r6 < 0x9000 goto pc-2      ; R6=scalar()\n")
	}
	log.WriteString("3: (79) r0 = *(u64 *)(r6 +0)\nR6 invalid mem access 'scalar'\n")
	var insns []int
	for _, s := range verifierlog.Parse(log.String()).Slice {
		insns = append(insns, s.Insn)
	}
	if want := []int{0, 1, 2, 3}; !slices.Equal(insns, want) {
		t.Errorf("the slice is %v, want %v", insns, want)
	}
}

// TestSliceOf515: the format of 5.15, which prints complete states before instructions.
func TestSliceOf515(t *testing.T) {
	const log = `0: R1=ctx(id=0,off=0,imm=0) R10=fp0
0: (bf) r6 = r1
1: R1=ctx(id=0,off=0,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0
1: (7b) *(u64 *)(r10 -8) = r6
2: R1=ctx(id=0,off=0,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8_w=ctx
2: (85) call bpf_get_prandom_u32#7
3: R0_w=inv(id=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8_w=ctx
3: (7b) *(u64 *)(r10 -8) = r0
4: R0_w=inv(id=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8_w=inv
4: (79) r7 = *(u64 *)(r10 -8)
5: R0_w=inv(id=0) R6_w=ctx(id=0,off=0,imm=0) R7_w=inv(id=0) R10=fp0 fp-8_w=inv
5: (79) r0 = *(u64 *)(r7 +0)
R7 invalid mem access 'inv'
`
	r := verifierlog.Parse(log)
	var insns []int
	for _, s := range r.Slice {
		insns = append(insns, s.Insn)
	}
	if want := []int{2, 3, 4, 5}; !slices.Equal(insns, want) {
		t.Errorf("the slice is %v, want %v", insns, want)
	}
}
