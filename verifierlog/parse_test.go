package verifierlog_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

func parsed(t testing.TB, name string) verifierlog.Report {
	t.Helper()
	return verifierlog.Parse(recorded.Open(t).Text(t, name))
}

func registers(r verifierlog.Report) string {
	return strings.Trim(fmt.Sprint(r.Registers), "[]")
}

func TestRegistersAtTheMistake(t *testing.T) {
	for _, tt := range []struct{ log, want string }{
		{"r0_not_set.level1.log", "R1=ctx() R10=fp0"},
		{"branch_second_path.level1.log", "R0=scalar(umin=1) R6=0 R10=fp0"}, // R1 to R5 died at the call
		{"branch_second_path.level2.log", "R0=scalar(umin=1) R6=0 R10=fp0"},
		{"tcp_write_other_struct.level1.log", "R1=ctx() R2=trusted_ptr_ack_sample() R10=fp0"},
		{"subprog_clobbers_r1.level1.log", "R0=0 R10=fp0"}, // after the return from the callee
		{"subprog_clobbers_r1.level2.log", "R0=0 R10=fp0"},
		{"helper_map_type.level7.log", "R1=ctx() R2=map_ptr(map=arr8,ks=4,vs=8) R3=0 R10=fp0"}, // before the call, not after
		{"loop_callback_oob.level1.log", "R1=scalar() R2=fp[0]-8 R10=fp0"},
		{"unreachable.level1.log", ""},
		{"stack_combined.level2.log", ""},
	} {
		if got := registers(parsed(t, tt.log)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.log, got, tt.want)
		}
	}
}

func TestInstructionOfMessagesWithoutOne(t *testing.T) {
	for log, want := range map[string]int{
		"unreachable.level1.log":    2,  // "unreachable insn 2"
		"stack_combined.level1.log": -1, // a check after the walk
		"stack_combined.level2.log": -1,
		"r0_not_set.level4.log":     -1,
		"infinite_loop.level1.log":  1,
	} {
		if got := parsed(t, log).Insn; got != want {
			t.Errorf("%s: instruction %d, want %d", log, got, want)
		}
	}
}

func TestLevelsAgree(t *testing.T) {
	one, two := parsed(t, "branch_second_path.level1.log"), parsed(t, "branch_second_path.level2.log")
	if !reflect.DeepEqual(one, two) {
		t.Errorf("level 1 gives\n%v\nlevel 2\n%v", one, two)
	}
}

func TestFrameReferencesAndStatistics(t *testing.T) {
	r := parsed(t, "ringbuf_leak.level2.log")
	if fmt.Sprint(r.References) != "[2]" || fmt.Sprint(r.Details) != "[Unreleased reference id=2 alloc_insn=4]" {
		t.Errorf("references %v, details %q", r.References, r.Details)
	}
	if r := parsed(t, "loop_callback_oob.level1.log"); r.Frame != 1 {
		t.Errorf("a callback's frame is %d", r.Frame)
	}
	want := verifierlog.Stats{Processed: 3, Limit: 1000000, Time: 64 * time.Microsecond, StackDepth: "0"}
	if r := parsed(t, "helper_map_type.level7.log"); r.Stats != want || r.Reason != "expected prog array map for tail call" {
		t.Errorf("glued statistics: %+v, %q", r.Stats, r.Reason)
	}
}

func TestLogsWithoutAReason(t *testing.T) {
	for name, log := range map[string]string{
		"empty":           "",
		"only newlines":   "\n\n",
		"only statistics": "processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
		"NUL first":       "\x00R0 !read_ok\n",
		"loaded": "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                        ; R0=0\n1: (95) exit\n" +
			"processed 2 insns (limit 1000000)\n",
		"BTF header only": "magic: 0xeb9f\nversion: 1\n",
		"BTF loaded": "magic: 0xeb9f\n[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n" +
			"[2] FUNC_PROTO (anon) return=1 args=(1 a, 1 b)\n",
		"BTF forward": "magic: 0xeb9f\n[1] FWD sock struct\n",
	} {
		r := verifierlog.Parse(log)
		if r.Refused() || r.Reason != "" {
			t.Errorf("%s: reason %q", name, r.Reason)
		}
		if !strings.HasPrefix(r.String(), "the log does not say why") {
			t.Errorf("%s: %q", name, r)
		}
	}
}

// Forms of other kernels, from the formats in their sources. There is no recorded log of these kernels.
func TestOtherKernels(t *testing.T) {
	for _, tt := range []struct {
		name, log       string
		reason, regs    string
		insn            int
		source, explain string
	}{
		{
			"5.15, level 1", "0: R1=ctx(id=0,off=0,imm=0) R10=fp0\n; int f()\n0: (bf) r6 = r1\n" +
				"1: R1=ctx(id=0,off=0,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0\n1: (95) exit\nR0 !read_ok\n" +
				"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
			"R0 !read_ok", "R1=ctx(id=0,off=0,imm=0) R6=ctx(id=0,off=0,imm=0) R10=fp0", 1, "int f()", "",
		},
		{
			"6.1, taken branch", "0: R1=ctx(off=0,imm=0) R10=fp0\n0: (85) call bpf_get_prandom_u32#7       ; R0_w=scalar()\n" +
				"1: (55) if r0 != 0x0 goto pc+1       ; R0_w=0\n\nfrom 1 to 3: R0_w=scalar() R10=fp0\n3: (95) exit\nR9 !read_ok\n",
			"R9 !read_ok", "R0=scalar() R10=fp0", 3, "", "",
		},
		{
			"7.3, explained", "0: R1=ctx() R10=fp0\n; return @ reno.go:12\n0: (95) exit\nR0 !read_ok\n\n" +
				"Verification failed: Register Type Safety: R0 is not initialized\n\nReason:\n  the register was never written\n\nAt:\n" +
				"  f @ reno.go:12:3\n  Instruction context:\n  >>> 0 | (95) exit\n\nSuggestion:\n  write it\n\n" +
				"processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
			"R0 !read_ok", "R1=ctx() R10=fp0", 0, "reno.go:12: return",
			"Verification failed: Register Type Safety: R0 is not initialized\n\nReason:\n  the register was never written\n\nAt:\n" +
				"  f @ reno.go:12:3\n  Instruction context:\n  >>> 0 | (95) exit\n\nSuggestion:\n  write it",
		},
		{
			"beginning cut off", "=fp0\n4: (b7) r0 = 0                        ; R0=0\n; x @ a.go:3\n5: (bf) r1 = r7\nR7 !read_ok\n",
			"R7 !read_ok", "R0=0", 5, "a.go:3: x", "",
		},
		{
			"end cut off", "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                        ; R0=0\n1: (07) r0 += 1",
			"", "R0=0 R1=ctx() R10=fp0", 1, "", "",
		},
	} {
		r := verifierlog.Parse(tt.log)
		if r.Reason != tt.reason || registers(r) != tt.regs || r.Insn != tt.insn || r.Source.String() != tt.source ||
			r.Kernel != tt.explain {
			t.Errorf("%s:\ngot  %q %d %s %q %q\nwant %q %d %s %q %q", tt.name, r.Reason, r.Insn, registers(r), r.Source, r.Kernel,
				tt.reason, tt.insn, tt.regs, tt.source, tt.explain)
		}
	}
}

func TestStackSlots(t *testing.T) {
	r := verifierlog.Parse("0: R1=ctx() R10=fp0\n0: (7a) *(u64 *)(r10 -16) = 0         ; R10=fp0 fp-16=0\n" +
		"1: (7b) *(u64 *)(r10 -8) = r1         ; R1=ctx() R10=fp0 fp-8_w=ctx()\n2: (95) exit\nR0 !read_ok\n")
	want := []verifierlog.Slot{{Offset: -8, Value: "ctx()"}, {Offset: -16, Value: "0"}}
	if !reflect.DeepEqual(r.Stack, want) {
		t.Errorf("stack %v, want %v", r.Stack, want)
	}
	if !strings.Contains(r.String(), "\n\tstack fp-8=ctx() fp-16=0") {
		t.Errorf("rendered as %s", r)
	}
}

func FuzzParse(f *testing.F) {
	logs := recorded.Open(f)
	for _, file := range logs.Files("") {
		f.Add(logs.Text(f, file))
	}
	f.Fuzz(func(t *testing.T, log string) {
		r := verifierlog.Parse(log)
		if r.Insn < -1 || r.Text != "" && r.Insn < 0 {
			t.Errorf("instruction %d %q", r.Insn, r.Text)
		}
		for _, text := range append([]string{r.Reason, r.Text}, r.Details...) {
			if strings.Contains(text, "\n") {
				t.Errorf("more than a line: %q", text)
			}
		}
		_ = r.String()
	})
}
