package compile

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
)

// recordedReferences are the programs that Linux 6.18 refused for what they hold, with the rule that finds them; "" where none does.
func recordedReferences() []struct{ name, rule string } {
	return []struct{ name, rule string }{
		{"lock_twice", "lock-held"}, {"lock_leak", "lock-held"},
		{"ringbuf_leak", "unreleased-reference"}, {"ringbuf_no_null", "maybe-nil"}, {"ringbuf_submit_or_null", "maybe-nil"}, {"ringbuf_use_after_submit", "used-after-release"},
		{"sk_lookup_leak", "unreleased-reference"}, {"sk_release_or_null", "maybe-nil"},
		{"dynptr_leak", "unreleased-reference"}, {"dynptr_overwrite", "unreleased-reference"},
		{"dynptr_uninit", ""},      // bpf_dynptr_data is of any dynptr
		{"dynptr_slice_stale", ""}, // as are the pointers into one
		{"kfunc_task_leak", "unreleased-reference"}, {"kfunc_double_release", "released-twice"},
		{"kfunc_release_or_null", ""}, // bpf_task_acquire: not nil on 6.2
		{"kfunc_release_unowned", ""}, // where the argument is from is not known without a context
		{"kfunc_untrusted_walk", ""},  // likewise
		{"syscall_task_maybe_null", "maybe-nil"},
		{"rcu_unbalanced", "lock-held"}, {"preempt_unbalanced", "lock-held"},
		{"irq_unbalanced", "lock-held"}, {"irq_out_of_order", "not-held"}, {"irq_uninit", "not-held"},
		{"iter_no_destroy", "unreleased-reference"}, {"iter_no_new", "not-held"}, {"iter_new_twice", "unreleased-reference"},
		{"kptr_leak", "unreleased-reference"},
	}
}

// TestRecordedReferences: the programs that Linux refused for what they hold are found, at the instruction that it named; none that it took is.
func TestRecordedReferences(t *testing.T) {
	const dir = "../../shared/verifierlogs"
	raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Skip("the recorded verdicts are not beside this project: ", err)
	}
	var index struct {
		Entries []struct {
			Name, Insns string
			Loaded      bool
			Levels      map[string]struct{ File string }
		} `json:"entries"`
	}
	if err := json.Unmarshal(raw, &index); err != nil {
		t.Fatal(err)
	}
	called, line := regexp.MustCompile(`call (\w+)#(\d+)`), regexp.MustCompile(`(?m)^(\d+): \(`)
	rules := []Rule{UnreleasedReference, ReleasedTwice, UsedAfterRelease, NotHeld, LockHeld, MaybeNil}
	found, left, also := 0, 0, 0
	for _, e := range index.Entries {
		code, err := hex.DecodeString(e.Insns)
		if err != nil {
			t.Fatal(err)
		}
		program, err := isa.Decode(code, isa.LittleEndian)
		if err != nil {
			continue
		}
		var items []dsl.Item
		for _, ins := range program {
			items = append(items, dsl.Raw(ins))
		}
		// The ids of kernel functions are those of the recording kernel; the log has their names.
		u := &unit{program: dsl.New(e.Name, items...), target: Target{ByteOrder: isa.LittleEndian}, kernel: map[btf.ID]kernelFunction{}}
		last := -1
		for _, level := range e.Levels {
			log, err := os.ReadFile(filepath.Join(dir, "logs", level.File))
			if err != nil {
				continue
			}
			for _, m := range called.FindAllStringSubmatch(string(log), -1) {
				if id, _ := strconv.Atoi(m[2]); id > 1000 {
					u.kernel[btf.ID(id)] = kernelFunction{m[1], &cbtf.FuncProto{Return: &cbtf.Pointer{Target: &cbtf.Void{}}}}
				}
			}
			if at := line.FindAllStringSubmatch(string(log), -1); len(at) > 0 {
				last, _ = strconv.Atoi(at[len(at)-1][1])
			}
		}
		for _, pass := range []func(*unit){collect, resolve, stretch, layout, check} {
			pass(u)
		}
		u.findings = slices.DeleteFunc(u.findings, func(f Finding) bool { return !slices.Contains(rules, f.Rule) })
		want := ""
		listed := false
		for _, r := range recordedReferences() {
			if r.name == e.Name {
				want, listed = r.rule, true
			}
		}
		switch {
		case len(u.findings) == 0 && want == "":
			if listed {
				left++
			}
		case e.Loaded:
			t.Errorf("%s: the kernel takes it, but: %v", e.Name, u.findings)
		case want == "": // refused for something else, and it has this mistake too
			also++
		case len(u.findings) != 1 || string(u.findings[0].Rule) != want || u.findings[0].Insn != last:
			t.Errorf("%s: want %s at instruction %d, got %+v", e.Name, want, last, u.findings)
		default:
			found++
		}
	}
	t.Logf("%d are found at the instruction that the kernel names, %d are left to it; %d that it refused for something else have such a mistake too", found, left, also)
	if want := 21; found < want {
		t.Errorf("%d are found, want %d", found, want)
	}
}
