package verify_test

import (
	"encoding/hex"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// recordedFunctions are those of programs whose refusal has to do with them, as the logs show them ("Func#1 ('glob') is global", and the
// state in which its validation begins).
var recordedFunctions = map[string][]verify.Function{
	"ok_global_func":        {{}, {Slot: 3, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentNumber}}}},
	"global_bad_arg":        {{}, {Slot: 4, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentNumber}}}},
	"global_ptr_maybe_null": {{}, {Slot: 6, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentMemory, Size: 8, Nullable: true}}}},
	"global_ret_ptr":        {{}, {Slot: 4, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentNumber}}}},
	"funcinfo_count":        {{}}, // "number of funcs in func_info doesn't match number of subprogs"
}

// recordedTypes is the BTF of the kernel that the verdicts are of; nil where it is not beside this project.
func recordedTypes(t testing.TB) *btf.Types {
	raw, err := exec.Command("xz", "-dkc", "../../../shared/btf/6.18.btf.xz").Output()
	if err != nil {
		return nil
	}
	types, err := btf.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// recordedProgram is what a program was loaded as.
func recordedProgram(t testing.TB, e recorded.Program, types *btf.Types) verify.Program {
	p := verify.Program{Types: types, Sleepable: e.Sleepable, NotGPL: e.License != "GPL", NoPerfmon: e.CapBPFOnly, Maps: map[int32]verify.Map{}}
	p.Type = e.ProgType
	switch kind, name, _ := strings.Cut(e.Target, ":"); kind {
	case "struct":
		p.Struct, p.Member = name, e.Member
		ops, err := structops.ReadType(types, name)
		if err != nil {
			break
		}
		if m, ok := ops.Member(e.Member); ok && m.Proto != nil {
			p.Place = *ops.Place(m)
		}
	case "typedef", "func":
		p.Attach = name
	}
	p.Functions = recordedFunctions[e.Name]
	for fd, m := range e.Maps {
		n, err := strconv.Atoi(fd)
		if err != nil {
			t.Fatal(err)
		}
		p.Maps[int32(n)] = verify.Map{Name: m.Name, Type: m.Type, Key: m.KeySize, Value: m.ValueSize, Max: m.MaxEntries, Flags: m.Flags, Special: m.Fields}
	}
	return p
}

// TestRecordedVerdicts compares with what Linux 6.18 said of 190 programs: nothing may be found in those that it took, and what is found in the
// others is at the instruction that it named, and of the kind that its message is.
func TestRecordedVerdicts(t *testing.T) {
	types := recordedTypes(t)
	if types == nil {
		t.Skip("the types of the recorded kernel are not beside this project")
	}
	logs := recorded.Open(t)
	found, place, alike, refused := 0, 0, 0, 0
	for _, e := range logs.Programs {
		code, err := hex.DecodeString(e.Insns)
		if err != nil {
			t.Fatal(err)
		}
		p := recordedProgram(t, e, types)
		var findings []mistake.Finding
		ins, bad := verify.Decode(code, isa.LittleEndian)
		complete := true
		if bad != nil {
			findings = []mistake.Finding{*bad}
		} else {
			p.Code = ins
			findings, complete = verify.Check(p)
		}
		log := ""
		if file := e.Levels["1"].File; logs.Has(file) {
			log = logs.Text(t, file)
		}
		r := verifierlog.Explain(log, verifierlog.Program{Errno: e.Levels["1"].Errno})
		switch {
		case e.Loaded && len(findings) > 0:
			t.Errorf("%s: the kernel takes it, but: %v", e.Name, findings)
		case e.Loaded:
			if !complete {
				t.Logf("%s: not complete", e.Name)
			}
		case len(findings) == 0:
			refused++
			t.Logf("MISSED %-28s %v: %q at %d", e.Name, e.Mistake, r.Reason, r.Insn)
		default:
			refused++
			found++
			if r.Insn < 0 || findings[0].Insn == r.Insn {
				place++
			} else {
				t.Logf("ELSEWHERE %-24s %v, the kernel: %q at %d", e.Name, findings, r.Reason, r.Insn)
			}
			if findings[0].Kind == r.Kind {
				alike++
			} else {
				t.Logf("OTHER KIND %-24s %s, the kernel's is %s (%q)", e.Name, findings[0].Kind, r.Kind, r.Reason)
			}
			t.Logf("ok %-28s %s | %s | %q", e.Name, findings[0].Kind, findings[0].Detail, r.Reason)
		}
	}
	t.Logf("of %d refused %d are found, %d of them where the kernel says, %d of the same kind", refused, found, place, alike)
	if found < 164 || place < 163 || alike < 162 {
		t.Errorf("%d found, %d in place and %d of the same kind: fewer than were", found, place, alike)
	}
}
