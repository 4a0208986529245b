package isa_test

import (
	"errors"
	"strings"
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// The text of each recorded instruction, in all the notations that the table has a column for, is read as that instruction.
func TestRecordedTextIsRead(t *testing.T) {
	n := 0
	for _, row := range recorded(t, "golden.tsv") {
		want, err := Decode(unhex(t, row["hex_le"]), LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []Dialect{Kernel, LLVM} {
			got, err := Parse(row["llvm_asm"], d)
			if err != nil || len(got) != 1 || got[0] != want[0] {
				t.Errorf("%v: %s\ngot  %v %v\nwant %v", d, row["llvm_asm"], got, err, want[0])
			}
			n++
		}
	}
	for _, row := range recorded(t, "table.tsv") {
		if internal(row) {
			continue
		}
		want, err := Decode(unhex(t, row["example_le"]), LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		for column, d := range map[string]Dialect{"llvm_asm": LLVM, "verifier_log_6.18": Kernel, "bpftool_7.8_xlated": Kernel,
			"llvm_objdump_19": LLVM, "llvm_22": LLVM} {
			text := row[column]
			if loses(row["name"], column, text) {
				continue
			}
			got, err := Parse(text, d)
			if err != nil || len(got) != 1 || got[0] != want[0] {
				t.Errorf("%s, %s: %s\ngot  %v %v\nwant %v", row["name"], column, text, got, err, want[0])
			}
			n++
		}
	}
	t.Logf("%d texts", n)
}

// loses reports whether a tool's text doesn't have all of the instruction in it, or is another's.
func loses(name, column, text string) bool {
	switch {
	case text == "" || strings.Contains(text, "<unknown>"):
		return true
	case name == "CALL_PCREL" || name == "CALL_KFUNC" || name == "CALLX" || name == "GOTOX":
		return true // recorded with another imm, or with what LLVM doesn't show
	case strings.HasPrefix(name, "LDDW_") || strings.HasPrefix(name, "LDIND"):
		return column != "llvm_asm"
	case strings.HasPrefix(name, "LOAD_ACQ"), strings.HasPrefix(name, "STORE_REL"):
		return column == "llvm_objdump_19"
	}
	return false
}

// all returns instructions of all forms, with all kinds of operands.
func all(t testing.TB) []Instruction {
	ins := mixed(t)
	return append(ins, CallKfunc(5, 3), CallKfunc(-1, 32767), CallHelper(100000), CallHelper(-1), LoadMapValue(R3, 7, 1<<32-1),
		LoadMapIndexValue(R0, -1, 1<<31), LoadBTFID(R1, -5, -1), LoadFunc(R1, -1), LoadImm64(R1, -1<<63), LoadImm64(R9, -1),
		LoadImm64(R9, 1<<63-1), LoadInd(W, R4, -14), LoadInd(B, R4, -1<<31), JEQ64Imm(R1, -1, -1), JEQ32Imm(R1, -1<<31, 1<<15-1),
		Mov64Imm(R1, -1<<31), Mov32Imm(R1, 1<<31-1), JumpLong(-1<<31), JumpLong(1<<31-1), CallRel(-1<<31), StoreImm(DW, R10, -1<<15, -1),
		StoreImm(B, R10, 1<<15-1, -1), AddrSpaceCast(R1, R2, 1), AddrSpaceCast(R1, R2, 1<<16), MayGoto(-1<<15), Jump(-1<<15))
}

// What is printed is read as the same, in each dialect; what is read from there is printed as the same.
func TestTextIsReadBack(t *testing.T) {
	ins := all(t)
	forms := map[Form]bool{}
	for _, i := range ins {
		f, err := i.Form()
		if err != nil {
			t.Fatal(err)
		}
		forms[f] = true
		for _, d := range []Dialect{Kernel, LLVM, Xlated} {
			line := text(i, d)
			back, err := Parse(line, d)
			if err != nil || len(back) != 1 || back[0] != i {
				t.Errorf("%v: %#v\nis printed as  %s\nand read as    %#v, %v", d, i, line, back, err)
			}
		}
	}
	if len(forms) != NumForms {
		t.Errorf("%d forms", len(forms))
	}
	for _, d := range []Dialect{Kernel, LLVM, Xlated} {
		for name, program := range map[string]string{"Format": Format(ins, d), "AppendListing": string(AppendListing(nil, ins, d))} {
			back, err := Parse(program, d)
			if err != nil || len(back) != len(ins) {
				t.Fatalf("%s, %v: %v", name, d, err)
			}
			for n := range ins {
				if back[n] != ins[n] {
					t.Errorf("%s, %v: %v is read as %v", name, d, ins[n], back[n])
				}
			}
		}
	}
}

func TestXlatedTextIsReadBack(t *testing.T) {
	seen := map[Form]bool{}
	for f := range InternalForms() {
		in := f.Info()
		for _, v := range []struct {
			dst, src Register
			off      int16
			imm      int32
		}{{R3, R4, 8, 5}, {R11, R11, -32768, -1}, {R0, R0, 0, 0}} {
			if in.Imm.Kind == OperandAtomic {
				v.imm = map[int32]int32{5: AtomicOpXchg, -1: AtomicOpXor | AtomicOpFetch}[v.imm]
			}
			i, ok := construct(in.Mnemonic, v.dst, v.src, v.off, v.imm, 0)
			if !ok {
				t.Fatalf("no constructor for %s", in.Name)
			}
			got, err := i.XlatedForm()
			if err != nil || got != f {
				t.Errorf("%#v is %v, %v; want %s", i, got, err, in.Name)
			}
			if f, err := i.Form(); err == nil && in.Name != "CallSubprog" && in.Name != "LoadSubprog" {
				t.Errorf("%v passes for %v in a program", i, f)
			}
			seen[got] = true
			for _, order := range []ByteOrder{LittleEndian, BigEndian} {
				code, err := AppendXlated(nil, order, i)
				if err != nil {
					t.Errorf("%s: %v", in.Name, err)
					continue
				}
				back, err := DecodeXlated(code, order)
				if err != nil || len(back) != 1 || back[0] != i {
					t.Errorf("%s: % x is %v, %v", in.Name, code, back, err)
				}
			}
			line := text(i, Xlated)
			back, err := Parse(line, Xlated)
			if err != nil || len(back) != 1 || back[0] != i {
				t.Errorf("%s: %q is read as %v, %v", in.Name, line, back, err)
			}
		}
	}
	t.Logf("%d forms", len(seen))
}

func TestParseReadsPrograms(t *testing.T) {
	want := []Instruction{
		Mov64Imm(R1, 0), LoadImm64(R2, 1<<40), Add64Imm(R1, 1), JLT64Imm(R1, 10, -2), CallHelper(5), CallRel(3), LoadFunc(R3, 2), Exit(),
		Mov64Reg(R0, R1), JNE64Imm(R0, 0, 0), MayGoto(-3), JumpLong(-4), Exit(),
	}
	for name, text := range map[string]string{
		"labels": `
			// a comment; and more
			# another
			start: r1 = 0         // nothing jumps here
			       r2 = 1099511627776 ll
			again:
			       r1 += 1
			       if r1 < 10 goto again
			       call bpf_ktime_get_ns
			       call function
			       r3 = subprog[function]
			       exit
			function: also:
			       r0 = r1
			       if r0 != 0x0 goto next
			next:  may_goto also
			       gotol function
			       exit
		`,
		"numbers": "r1 = 0\nr2 = 0x10000000000\nr1 += 1\nif r1 < 0xa goto pc-2\ncall bpf_ktime_get_ns#5\ncall pc+3\nr3 = " +
			"subprog[+2]\nexit\n" +
			"r0 = r1\nif r0 != 0x0 goto pc+0\nmay_goto pc-3\ngotol pc-4\nexit",
		"a log": "0: (b7) r1 = 0 ; R1=0\n1: (18) r2 = 0x10000000000 ; R2=0x10000000000\n3: (07) r1 += 1\n4: (a5) if r1 < 0xa goto " +
			"pc-2\n5: (85) call bpf_ktime_get_ns#5 ; R0=scalar()\n" +
			"   6: (85) call pc+3\r\n7: (18) r3 = subprog[+2]\n 9: (95) exit\n10: (bf) r0 = r1\n11: (55) if r0 != 0x0 goto pc+0\n12: " +
			"(e5) may_goto pc-3\n13: (06) gotol pc-4\n14: (95) exit\n",
		"tight": "r1=0\nr2=0x10000000000\nr1+=1\nif r1<10 goto pc-2\ncall 5\ncall pc+3\nr3=subprog[+2]\nexit\nr0=r1\nif r0!=0 goto " +
			"pc+0\nmay_goto -3\ngotol-4\nexit",
		"spaced": " r1  =\t0\n r2 = 0x10000000000\nr1 += 1\nif r1 < 10 goto pc - 2\ncall 5\ncall pc + 3\nr3 = subprog [ + 2 " +
			"]\nexit\nr0 = r1\nif r0 != 0 goto + 0\nmay_goto - 3\ngotol - 4\nexit",
	} {
		got, err := Parse(text, Kernel)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for n := range want {
			if n >= len(got) || got[n] != want[n] {
				t.Errorf("%s: got\n%swant\n%s", name, Format(got, Kernel), Format(want, Kernel))
				break
			}
		}
	}
	got, err := Parse("r1 = 0x5; r2 = 0x5 ll ;;exit // and nothing\nif r1 == 0x1 goto +0x1 <.text+0x38>", LLVM)
	if want := []Instruction{Mov64Imm(R1, 5), LoadImm64(R2, 5), Exit(), JEQ64Imm(R1, 1, 1)}; err != nil || len(got) != len(want) ||
		Format(got, LLVM) != Format(want, LLVM) {
		t.Errorf("LLVM: %v, %v", got, err)
	}
	if got, err := Parse("\n ; nothing\n", Kernel); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		text string
		d    Dialect
		want string
		rule Rule
	}{
		{"exit\nr11 = 0", Kernel, "2:1: there is no register r11; there are r0 to r10", RuleRegister},
		{"\tr1 = r99", Kernel, "1:7: there is no register r99; there are r0 to r10", RuleRegister},
		{"r1 += 2147483648", Kernel,
			"1:7: 2147483648: out of range; allowed: -2147483648 to 2147483647; use a 64-bit load: r1 = 2147483648 ll", RuleRange},
		{"r1 = -2147483649", Kernel,
			"1:6: -2147483649: out of range; allowed: -2147483648 to 2147483647; use a 64-bit load: r1 = 2147483649 ll", RuleRange},
		{"r1 &= 0xffffffff", Kernel,
			"1:7: 4294967295: out of range; allowed: -2147483648 to 2147483647; use a 64-bit load: r1 = 4294967295 ll", RuleRange},
		{"if r1 == 0xffffffff goto +1", LLVM, "1:10: 4294967295: out of range; allowed: -2147483648 to 2147483647", RuleRange},
		{"r1 = 18446744073709551616 ll", Kernel, "1:6: a number of more than 64 bits", RuleRange},
		{"r1 = 0x10000000000000000 ll", Kernel, "1:6: a number of more than 64 bits", RuleRange},
		{"r1 = -9223372036854775809 ll", Kernel,
			"1:6: -9223372036854775809: out of range; allowed: -9223372036854775808 to 18446744073709551615", RuleRange},
		{"r1 = *(u8 *)(r2 + 32768)", Kernel, "1:17: 32768: out of range; allowed: -32768 to 32767", RuleRange},
		{"goto -32769", Kernel, "1:6: -32769: out of range; allowed: -32768 to 32767", RuleRange},
		{"gotol +2147483648", Kernel, "1:7: 2147483648: out of range; allowed: -2147483648 to 2147483647", RuleRange},
		{"call kfunc#5 off=-1", Kernel, "1:18: -1: out of range; allowed: 0 to 32767", RuleRange},
		{"r1 = map[fd:5][0]+4294967296", Kernel, "1:18: 4294967296: out of range; allowed: -2147483648 to 4294967295", RuleRange},
		{"call 0", Kernel, "1:1: (CallHelper): imm 0: undefined value; allowed: the number of a helper, from 1", RuleValue},
		{"call +1", Kernel, "1:6: the number of a helper must not have a plus sign; a function of the program is called with call pc+1",
			0},
		{"call bpf_ktime_get_ns#6", Kernel, "1:23: the helper bpf_ktime_get_ns has the number 5, not 6", 0},
		{"call bpf_ktime_get_nss#5", Kernel,
			"1:6: the helper 5 is bpf_ktime_get_ns, not bpf_ktime_get_nss; a kernel function of that id is kernel-function#5", 0},
		{"call nowhere", Kernel, "1:6: there is neither a label nor a helper nowhere", 0},
		{"  goto nowhere", Kernel, "1:8: there is no label nowhere", 0},
		{"a: exit\n a: exit", Kernel, "2:2: the label a is defined twice; the first is in line 1", 0},
		{"r1: exit", Kernel, "1:1: r1 cannot be a label", 0},
		{"1a: exit", Kernel, "1:1: neither a slot nor a label: 1a; labels begin with a letter", 0},
		{"5: exit", Kernel, "1:1: slot 5 is written before the instruction at slot 0", 0},
		{"0: (b7) exit", Kernel, "1:9: this has opcode 0x95, but the opcode before it is 0xb7", 0},
		{"(exit", Kernel, "1:1: no instruction begins with a parenthesis; the opcode of a listing has two digits: (b7)", 0},
		{"(95)", Kernel, "1:5: an opcode without an instruction", 0},
		{"w1 += r2", Kernel, "1:1: there is no such instruction; its registers must be as in r1 += r2", 0},
		{"r1 = -r2", Kernel, "1:7: this must be the same register as before: r1, not r2", 0},
		{"r1 = bswap16 r2", LLVM, "1:14: this must be the same register as before: r1, not r2", 0},
		{"r1 =+ 2", Kernel, "", 0},
		{"r1 ** 2", Kernel, "1:1: there is no such instruction; the nearest is r1 *= 5", 0},
		{"mov r1, 2", Kernel, "1:1: there is no such instruction; expected what disasm prints, such as r0 = 1, " +
			"r1 = *(u32 *)(r2 +8), if r1 == 0 goto out or exit", 0},
		{"r1 = 010", Kernel, "1:6: a number that begins with 0; octal numbers are not supported: write it in decimal, or as 0x…", 0},
		{"r1 = 5x", Kernel, "1:6: not a number: 5x", 0},
		{"r1 = 0x", Kernel, "1:6: not a number: 0x", 0},
		{"r1 = é", Kernel, "1:6: character 0xc3 has no meaning here", 0},
		{"ld_pseudo r1, 7, 5", LLVM, "1:1: there is no such instruction; its numbers must be as in ld_pseudo r1, 1, 5", 0},
		{"r1 = addr_space_cast(r2, 1, 1)", LLVM,
			"1:1: (AddrSpaceCast): imm 65537: undefined value; allowed: 1 (address space 1 to 0), 65536 (0 to 1)", RuleValue},
		{"r0 = 0; exit", Kernel, "1:7: a semicolon begins a comment, and this looks like an instruction; write it in a line of its " +
			"own, or choose LLVM's dialect", 0},
		{"r0 = 0; R0=0", Kernel, "", 0},
		{"; exit", Kernel, "", 0},
		{"nospec", Kernel, "1:1: this exists only in code that is read back from Linux", 0},
		{"call pc+1", Xlated, "1:1: in code that is read back from Linux, this is call pc+0#1", 0},
		{"r12 = 0", Xlated, "1:1: there is no register r12; there are r0 to r10", RuleRegister},
		{"if r1 == 1 goto far\n" + strings.Repeat("r1 += 1\n", 32768) + "far: exit", Kernel,
			"1:17: the label far in line 32770 is 32768 slots away, and this jump reaches -32768 to 32767; jump to a gotol nearby",
			RuleRange},
		{"back: exit\n" + strings.Repeat("r1 += 1\n", 32768) + "goto back", Kernel,
			"32770:6: the label back in line 1 is -32770 slots away, and this jump reaches -32768 to 32767; gotol reaches it (ISA v4, " +
				"Linux 6.6)", RuleRange},
		{"goto far\n" + strings.Repeat("r1 += 1\n", 32768) + "far: exit", Kernel,
			"1:6: the label far in line 32770 is 32768 slots away, and this jump reaches -32768 to 32767; gotol reaches it (ISA v4, " +
				"Linux 6.6)", RuleRange},
	} {
		shown := c.text[:min(len(c.text), 40)]
		got, err := Parse(c.text, c.d)
		if c.want == "" {
			if err != nil {
				t.Errorf("%q: %v", shown, err)
			}
			continue
		}
		var e *SyntaxError
		if !errors.As(err, &e) || err.Error() != c.want {
			t.Errorf("%q:\ngot  %v, %v\nwant %s", shown, got, err, c.want)
			continue
		}
		if c.rule != 0 && !errors.Is(err, c.rule) {
			t.Errorf("%q: %v is not %v", shown, err, c.rule)
		}
	}
}
