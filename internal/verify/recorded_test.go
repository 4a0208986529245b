package verify_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/english"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// recordedFunctions are the functions of programs that are refused because of them. The logs show them ("Func#1 ('glob') is global", and
// the state at the beginning of its validation).
var recordedFunctions = map[string][]verify.Function{
	"ok_global_func": {{}, {Slot: 3, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentNumber}}}},
	"global_bad_arg": {{}, {Slot: 4, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentNumber}}}},
	"global_ptr_maybe_null": {{}, {Slot: 6, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentMemory, Size: 8,
		Nullable: true}}}},
	"global_ret_ptr": {{}, {Slot: 4, Name: "glob", Global: true, Args: []verify.Argument{{Kind: verify.ArgumentNumber}}}},
	"funcinfo_count": {{}}, // "number of funcs in func_info doesn't match number of subprogs"
}

// recordedProgram is a recorded program with the place that it was loaded for.
func recordedProgram(t testing.TB, e recorded.Program, types *btf.Types) verify.Program {
	p := verify.Program{Types: types, Sleepable: e.Sleepable, NotGPL: e.License != "GPL",
		NoPerfmon: e.CapBPFOnly, Maps: map[int32]verify.Map{}}
	p.Type, _ = linux.ParseProgType(e.ProgType)
	switch kind, name, _ := strings.Cut(e.Target, ":"); kind {
	case "struct":
		p.Struct, p.Member = name, e.Member
		ops, err := structops.ReadInterface(types, name)
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
		kind, ok := linux.ParseMapType(m.Type)
		if !ok {
			t.Fatalf("%s is not a map type", m.Type)
		}
		made := verify.Map{Name: m.Name, Type: kind, Key: m.KeySize, Value: m.ValueSize, Max: m.MaxEntries, Flags: m.Flags}
		for name, at := range m.Fields {
			made.Fields = append(made.Fields, verify.ParseField(name, at))
		}
		p.Maps[int32(n)] = made
	}
	return p
}

// TestRecordedVerdicts compares the check with the verdicts of Linux 6.18 on 190 programs. Nothing may be found in programs that it
// accepted. For the others, docs/check.md has the numbers: how many mistakes are found, and how many with the kind and instruction of the
// log.
func TestRecordedVerdicts(t *testing.T) {
	types := recorded.OpenTypes(t)
	logs := recorded.Open(t)
	taken, refused, found, alike := 0, 0, 0, 0
	place, elsewhere, nowhere := 0, 0, 0 // the finding is at the instruction that the log names; at another one; the log names none
	for _, e := range logs.Programs {
		code, err := hex.DecodeString(e.Insns)
		if err != nil {
			t.Fatal(err)
		}
		p := recordedProgram(t, e, types.Types)
		var findings []mistake.Finding
		ins, bad := verify.Decode(code, isa.LittleEndian)
		complete := true
		if bad != nil {
			findings = []mistake.Finding{*bad}
		} else {
			types.Renumber(ins)
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
			t.Errorf("%s: the kernel accepts it, but: %v", e.Name, findings)
		case e.Loaded:
			taken++
			if !complete {
				t.Logf("%s: not complete", e.Name)
			}
		case len(findings) == 0:
			refused++
			t.Logf("MISSED %-28s %v: %q at %d", e.Name, e.Mistake, r.Reason, r.Insn)
		default:
			refused++
			found++
			switch {
			case r.Insn < 0:
				nowhere++
			case findings[0].Insn == r.Insn:
				place++
			default:
				elsewhere++
				t.Logf("ELSEWHERE %-24s %v, the kernel: %q at %d", e.Name, findings, r.Reason, r.Insn)
			}
			if findings[0].Kind == r.Kind {
				alike++
			} else {
				t.Logf("OTHER KIND %-24s %s, the kernel's is %s (%q)", e.Name, findings[0].Kind, r.Kind, r.Reason)
			}
			if slips := english.Slips(findings[0].Error()); len(slips) > 0 {
				t.Errorf("%s: %q in %v", e.Name, slips, findings[0])
			}
			t.Logf("ok %-28s %s | %s | %q", e.Name, findings[0].Kind, findings[0].Detail, r.Reason)
		}
	}
	measured := fmt.Sprintf("of the %d that the kernel accepts, none is refused; of the %d that it refuses, %d are found, %d with the "+
		"kind of the kernel's "+
		"message. %d are found at the instruction that the log names, %d at another one, and for %d the log does not name one.",
		taken, refused, found, alike, place, elsewhere, nowhere)
	t.Log(measured)
	text, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), measured) {
		t.Errorf("docs/check.md does not say: %s", measured)
	}
}
