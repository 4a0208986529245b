package verifierlog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestEachProgramIsOfItsKind compares with kindsOfPrograms, and the instruction with the last one that the log shows.
func TestEachProgramIsOfItsKind(t *testing.T) {
	logs := recorded.Open(t)
	shown := regexp.MustCompile(`(?m)^(\d+): \([0-9a-f]{2}\) `)
	total, right := 0, 0
	for _, e := range logs.Programs {
		if e.Loaded {
			continue
		}
		total++
		want, ok := kindsOfPrograms[e.Name]
		if !ok {
			t.Errorf("%s: kindsOfPrograms does not have its kind", e.Name)
			continue
		}
		log := logs.Text(t, e.Levels["1"].File)
		r := verifierlog.Explain(log, verifierlog.Program{Errno: errnosOfPrograms[e.Name]})
		if r.Kind == want {
			right++
		} else {
			t.Errorf("%s: %s, want %s (%s)", e.Name, r.Kind, want, r.Reason)
		}
		if all := shown.FindAllStringSubmatch(log, -1); r.Text != "" {
			if last := all[len(all)-1][1]; last != strconv.Itoa(r.Insn) {
				t.Errorf("%s: instruction %d, the log ends at %s", e.Name, r.Insn, last)
			}
		} else if len(all) > 0 && !notTheLast[e.Name] {
			t.Errorf("%s: no instruction, the log ends at %s", e.Name, all[len(all)-1][1])
		}
	}
	t.Logf("%d of %d programs are of their kind", right, total)
	if len(kindsOfPrograms) != total {
		t.Errorf("%d programs in the table, %d were refused", len(kindsOfPrograms), total)
	}
}

// errnosOfPrograms are the errnos of programs with an empty log.
var errnosOfPrograms = map[string]string{"fentry_eperm": "EPERM", "ops_no_btf_id": "ENOTSUPP"}

// notTheLast are the programs whose mistake is found when the walk has ended.
var notTheLast = map[string]bool{"stack_combined": true}

// TestExamplesShowTheirRules: the program that a rule names as its example has its message.
func TestExamplesShowTheirRules(t *testing.T) {
	logs := recorded.Open(t)
	examples := 0
	for _, r := range verifierlog.Rules() {
		if r.Example == "" {
			continue
		}
		examples++
		report := verifierlog.Parse(logs.Text(t, r.Example+".level1.log"))
		found := false
		for _, line := range append(report.Details, report.Reason) {
			rule, ok := verifierlog.RuleFor(line)
			found = found || ok && rule.Pattern == r.Pattern
		}
		if !found {
			t.Errorf("%q: the log of %s has %q %q", r.Pattern, r.Example, report.Details, report.Reason)
		}
	}
	t.Logf("%d of %d rules have a recorded example", examples, len(verifierlog.Rules()))
	if examples < 99 {
		t.Errorf("%d rules have an example", examples)
	}
}

// TestWordingsOfTheCatalogue: the wordings that the catalogue abbreviates, in full.
func TestWordingsOfTheCatalogue(t *testing.T) {
	for line, want := range map[string]mistake.Kind{
		"R7 pointer arithmetic on map_ptr prohibited":                                             mistake.PointerArithmetic,
		"R7 pointer arithmetic on map_value_or_null prohibited, null-check it first":              mistake.MaybeNil,
		"R1 pointer arithmetic with *= operator prohibited":                                       mistake.PointerArithmetic,
		"R1 bitwise operator &= on pointer prohibited":                                            mistake.PointerArithmetic,
		"R1 pointer += pointer prohibited":                                                        mistake.PointerArithmetic,
		"R1 tried to subtract pointer from scalar":                                                mistake.PointerArithmetic,
		"R2 min value is outside of the allowed memory range":                                     mistake.MapBounds,
		"R2 max value is outside of the allowed memory range":                                     mistake.MapBounds,
		"R0 leaks addr as return value":                                                           mistake.AddressLeak,
		"R1 leaks addr into map":                                                                  mistake.AddressLeak,
		"R1 leaks addr into mem":                                                                  mistake.AddressLeak,
		"R1 leaks addr into ctx":                                                                  mistake.AddressLeak,
		"R1 leaks addr into helper function":                                                      mistake.AddressLeak,
		"Invalid line_info[1].line_off or .file_name_off":                                         mistake.BadDebugInfo,
		"missing bpf_line_info for func#1":                                                        mistake.BadDebugInfo,
		"func 'f' offset 4 is not multiple of 8":                                                  mistake.ArgumentWidth,
		"func 'f' size 4 must be 8":                                                               mistake.ArgumentWidth,
		"attach_btf_id 35 points to wrong type name u32":                                          mistake.BadAttach,
		"At program exit the register R0 has value (0x7; 0x0) should have been in (0x0; 0x1)":     mistake.ResultRange,
		"At program exit the register R0 has unknown scalar value should have been in (0x0; 0x1)": mistake.ResultRange,
		"BPF_EXIT instruction in main prog cannot be used inside bpf_local_irq_save-ed region":    mistake.LockHeld,
		"R1 invalid mem access 'inv'":                                                             mistake.NotAPointer,
		"unknown func bpf_redirect#23":                                                            mistake.HelperForbidden,
		"invalid variable-offset read from stack R2 var_off=(0x0; 0xff) off=-8 size=1":            mistake.StackBounds,
		"[2] FUNC f type_id=1 Invalid type_id":                                                    mistake.BadType,
		"[1] STRUCT my struct size=0 vlen=0 Invalid name":                                         mistake.BadType,
		"[1] TYPEDEF t type_id=1 Loop detected":                                                   mistake.BadType,
		"m type_id=1 bits_offset=32 Member exceeds struct_size":                                   mistake.BadType,
		"[3] FUNC f type_id=2 Invalid arg#1":                                                      mistake.BadType,
		"Invalid string section":                                                                  mistake.BadType,
	} {
		rule, ok := verifierlog.RuleFor(line)
		if !ok || rule.Kind != want {
			t.Errorf("%q: %q, want %q", line, rule.Kind, want)
		}
	}
	// This line comes before many messages, but is not a message.
	if rule, ok := verifierlog.RuleFor("func 'cong_avoid' arg0 has btf_id 8474 type STRUCT 'sock'"); ok {
		t.Errorf("what is information has the rule %q", rule.Pattern)
	}
}

// TestEachWordingFillsItsRule: the texts fit all wordings, also those that print less than the rule's own.
func TestEachWordingFillsItsRule(t *testing.T) {
	wordings := 0
	for _, rule := range verifierlog.Rules() {
		for _, format := range append([]string{rule.Pattern}, rule.Also...) {
			wordings++
			line := strings.NewReplacer("%lld", "7", "%02x", "7", "%d", "7", "%u", "7", "%x", "7", "%s", "word", "%c", "c").Replace(format)
			if strings.HasSuffix(format, " ") {
				line += "word"
			}
			r := verifierlog.Explain(line+"\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 "+
				"total_states 0 peak_states 0 mark_read 0\n", verifierlog.Program{Language: verifierlog.Go})
			if r.Pattern == "" {
				t.Errorf("%q has no rule", line)
			}
			if strings.Contains(r.Explanation+r.Fix, "{") && !strings.Contains(r.Explanation+r.Fix, "Options{") &&
				!strings.Contains(r.Explanation+r.Fix, "Ops{") && !strings.Contains(r.Fix, "{...}") {
				t.Errorf("%q leaves a place empty: %s %s", line, r.Explanation, r.Fix)
			}
		}
	}
	t.Logf("%d wordings", wordings)
}

// TestFixesNameWhatThereIs: names in fixes must exist, because readers look them up. A method may belong to any type, because variables
// have many names.
func TestFixesNameWhatThereIs(t *testing.T) {
	packages := map[string]map[string]bool{}
	methods := map[string]bool{}
	for _, name := range []string{"dsl", "maps", "prog", "structops", "isa", "btf", "syscall"} {
		packages[name] = map[string]bool{}
		collectNames(t, "../"+name, packages[name], methods)
	}
	quoted := regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)`)
	files, err := filepath.Glob("rules*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(text, -1) {
				checked++
				if names, ok := packages[m[1]]; ok && !names[m[2]] {
					t.Errorf("%s: there is no %s.%s: %s", file, m[1], m[2], text)
				} else if !ok && !methods[m[2]] && m[1] != "tp" { // methods of tp are generated for the reader's kernel
					t.Errorf("%s: there is no method %s: %s", file, m[2], text)
				}
			}
			return true
		})
	}
	if checked < 60 {
		t.Errorf("%d names were found in the texts: the pattern does not work any more", checked)
	}
}

// collectNames adds what a package exports, and the methods and fields of its types.
func collectNames(t *testing.T, dir string, names, methods map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no Go files: %v", dir, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				} else {
					methods[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
						if s, ok := spec.Type.(*ast.StructType); ok {
							for _, f := range s.Fields.List {
								for _, n := range f.Names {
									methods[n.Name] = true
								}
							}
						}
					case *ast.ValueSpec:
						for _, n := range spec.Names {
							names[n.Name] = true
						}
					}
				}
			}
		}
	}
}

func TestValuesInExplanations(t *testing.T) {
	for _, tt := range []struct {
		name, log string
		program   verifierlog.Program
		want      []string
	}{
		{"index", "0: R1=ctx() R10=fp0\n" +
			"9: (0f) r0 += r6 ; R0=map_value(map=m,ks=4,vs=64,smin=smin32=0,smax=umax=smax32=umax32=64,var_off=(0x0; 0x7f)) " +
			"R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=64,var_off=(0x0; 0x7f))\n10: (71) r0 = *(u8 *)(r0 +0)\n" +
			"invalid access to map value, value_size=64 off=64 size=1\nR0 max value is outside of the allowed memory range\n",
			verifierlog.Program{}, []string{"R6", "from 0 to 64", "has 64 bytes", "number 64", "i.Lt(64)", "i.And(63)"}},
		{"index that is another since", "0: R1=ctx() R10=fp0\n" +
			"7: (79) r6 = *(u64 *)(r0 +0) ; R0=map_value(map=m,ks=4,vs=64) R6=scalar()\n" +
			"8: (57) r6 &= 127 ; R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f))\n" +
			"9: (0f) r0 += r6 ; R0=map_value(map=m,ks=4,vs=64,smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f)) " +
			"R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f))\n10: (b7) r6 = 5 ; R6=5\n" +
			"11: (71) r0 = *(u8 *)(r0 +0)\ninvalid access to map value, value_size=64 off=127 size=1\n" +
			"R0 max value is outside of the allowed memory range\n",
			verifierlog.Program{}, []string{"R6", "from 0 to 127", "i.Lt(64)"}},
		{"wrong side of a comparison", "0: R1=ctx() R2=pkt(r=0) R3=pkt_end() R10=fp0\n2: (bf) r4 = r2 ; R2=pkt(r=0) R4=pkt(r=0)\n" +
			"3: (07) r4 += 14 ; R4=pkt(off=14,r=0)\n4: (ad) if r4 < r3 goto pc+1 ; R3=pkt_end() R4=pkt(off=14,r=0xffffffffffffffff)\n" +
			"5: (71) r0 = *(u8 *)(r2 +12)\ninvalid access to packet, off=12 size=1, R2(id=0,off=12,r=0)\n" +
			"R2 offset is outside of the packet\n",
			verifierlog.Program{}, []string{"instruction 4", "may be too short", "Exchange the branches"}},
		{"packet", "0: R1=ctx() R2=pkt(r=14) R10=fp0\n5: (71) r0 = *(u8 *)(r2 +23)\n" +
			"invalid access to packet, off=23 size=1, R2(id=0,off=23,r=14)\nR2 offset is outside of the packet\n",
			verifierlog.Program{}, []string{"14 bytes", "needs 24"}},
		{"field", "0: R1=trusted_ptr_tcp_sock() R10=fp0\n1: (62) *(u32 *)(r1 +1668) = 0\nno write support to tcp_sock at off 1668\n",
			verifierlog.Program{Field: func(s string, off int) string {
				if s == "tcp_sock" && off == 1668 {
					return "snd_nxt"
				}
				return ""
			}}, []string{"tcp_sock.snd_nxt", "snd_ssthresh", "icsk_ca_priv"}},
		{"argument", "0: R1=ctx() R10=fp0\n0: (79) r0 = *(u64 *)(r1 +24)\nfunc 'cong_avoid' doesn't have 5-th argument\n" +
			"invalid bpf_context access off=24 size=8\n",
			verifierlog.Program{Type: linux.ProgTypeStructOps}, []string{"argument 3 of cong_avoid, counted from 0"}},
		{"sleepable member", "attach to unsupported member ssthresh of struct tcp_congestion_ops\n",
			verifierlog.Program{Sleepable: true, Errno: "EINVAL"}, []string{"marked sleepable"}},
		{"forbidden member", "attach to unsupported member get_info of struct tcp_congestion_ops\n",
			verifierlog.Program{Errno: "ENOTSUPP"}, []string{"cannot implement tcp_congestion_ops.get_info"}},
		{"license", "0: R1=ctx() R10=fp0\n0: (85) call bpf_trace_printk#6\n" +
			"cannot call GPL-restricted function from non-GPL compatible program\n",
			verifierlog.Program{License: "MIT"}, []string{"bpf_trace_printk", `"MIT"`}},
	} {
		tt.program.Language = verifierlog.Go
		r := verifierlog.Explain(tt.log, tt.program)
		for _, want := range tt.want {
			if !strings.Contains(r.Explanation+" "+r.Fix, want) {
				t.Errorf("%s: %q is not in %q, %q", tt.name, want, r.Explanation, r.Fix)
			}
		}
	}
}

// TestKindsByWhatIsHeld: for one message, the value in the register decides which mistake it is.
func TestKindsByWhatIsHeld(t *testing.T) {
	const (
		pointer = "arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar\n"
		number  = "R2 is not a scalar\n"
		call    = "3: (85) call bpf_task_acquire#65913\n"
	)
	for name, tt := range map[string]struct {
		log  string
		want mistake.Kind
	}{
		"a number for a pointer": {"0: R1=5 R10=fp0\n" + call + pointer, mistake.ArgumentType},
		"nothing for a pointer":  {"0: R10=fp0\n" + call + pointer, mistake.Uninitialised},
		"a pointer for a number": {"0: R1=5 R2=fp-8 R10=fp0\n" + call + number, mistake.ArgumentType},
		"nothing for a number":   {"0: R1=5 R10=fp0\n" + call + number, mistake.Uninitialised},
		"begun twice":            {"0: R1=fp-8 R10=fp0\n" + call + "expected uninitialized iter_num as arg #0\n", mistake.NotHeld},
		"out of a map, while sum": {"0: R0=map_value(map=m,ks=4,vs=64) R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=64) R10=fp0\n" +
			"3: (0f) r0 += r6\ninvalid access to map value, value_size=64 off=64 size=1\n" +
			"R0 pointer arithmetic of map value goes out of range, prohibited for !root\n", mistake.MapBounds},
	} {
		if r := verifierlog.Explain(tt.log, verifierlog.Program{}); r.Kind != tt.want {
			t.Errorf("%s: %q, want %q", name, r.Kind, tt.want)
		}
	}
}
