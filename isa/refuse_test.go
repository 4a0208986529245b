package isa_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// faults tells, from the reason given in invalid.tsv, the field at fault and the rule that is broken.
var faults = []struct {
	reason string // the beginning of it
	field  Field
	rule   Rule
}{
	{"undefined opcode", FieldOpcode, RuleOpcode},
	{"reserved src_reg", FieldSrc, RuleReserved},
	{"reserved dst_reg", FieldDst, RuleReserved},
	{"reserved offset", FieldOff, RuleReserved},
	{"reserved imm", FieldImm, RuleReserved},
	{"dst register", FieldDst, RuleRegister},
	{"src register", FieldSrc, RuleRegister},
	{"MOVSX width", FieldOff, RuleValue},
	{"MOVSX 32->32", FieldOff, RuleValue},
	{"MOVSX requires register source", FieldOff, RuleReserved},
	{"byte-swap width", FieldImm, RuleValue},
	{"addr_space_cast imm", FieldImm, RuleValue},
	{"undefined JCOND subtype", FieldSrc, RuleValue},
	{"undefined CALL subtype", FieldSrc, RuleValue},
	{"undefined LDDW subtype", FieldSrc, RuleValue},
	{"reserved: helper id 0", FieldImm, RuleValue},
	{"undefined atomic op", FieldImm, RuleValue},
	{"8/16-bit atomic RMW", FieldImm, RuleValue},
	{"LDDW second slot opcode", FieldNextOpcode, RuleSecondSlot},
	{"LDDW second slot dst", FieldNextDst, RuleSecondSlot},
	{"LDDW second slot src", FieldNextSrc, RuleSecondSlot},
	{"LDDW second slot off", FieldNextOff, RuleSecondSlot},
	{"next_imm != 0", FieldNextImm, RuleReserved},
}

func TestMalformedCodeIsRefusedWithTheFieldAtFault(t *testing.T) {
	n := 0
	for _, row := range recorded(t, "invalid.tsv") {
		if row["layer"] != "enc" {
			continue
		}
		n++
		var field Field
		var rule Rule
		for _, f := range faults {
			if strings.HasPrefix(row["reason"], f.reason) {
				field, rule = f.field, f.rule
			}
		}
		if field == 0 {
			t.Fatalf("no fault for the reason %q", row["reason"])
		}
		// Division uses off, so 2 there isn't a reserved field that is set but a value without a meaning.
		if strings.Contains(row["form"], "DIV") || strings.Contains(row["form"], "MOD") {
			if field == FieldOff {
				rule = RuleValue
			}
		}
		le := unhex(t, row["hex_le"])
		for _, c := range []struct {
			order ByteOrder
			code  []byte
		}{{LittleEndian, le}, {BigEndian, unhex(t, row["hex_be"])}} {
			ins, err := Decode(c.code, c.order)
			var e *EncodingError
			if !errors.As(err, &e) {
				t.Errorf("% x (%s): decoded as %v, error %v", c.code, row["reason"], ins, err)
				continue
			}
			if e.Field != field || !errors.Is(err, rule) {
				t.Errorf("% x (%s): %v; want field %v, %v", c.code, row["reason"], err, field, rule)
			}
			slot := 0
			if rule == RuleSecondSlot {
				slot = 1
			}
			if e.Slot != slot || e.Index != -1 {
				t.Errorf("% x: at slot %d, index %d", c.code, e.Slot, e.Index)
			}
		}
		// A value can't have anything but an imm in its second slot.
		if rule == RuleSecondSlot {
			continue
		}
		f := split(le)
		i := Instruction{Op: Opcode(f.op), Dst: f.dst, Src: f.src, Off: f.off, Imm: int64(f.imm)}
		if i.IsWide() {
			i.Imm = int64(uint32(f.imm)) | int64(f.next)<<32
		}
		got, err := Append([]byte("x"), LittleEndian, Mov64Imm(R0, 0), i)
		var e *EncodingError
		if !errors.As(err, &e) || e.Field != field || e.Rule != rule || e.Index != 1 || e.Slot != -1 {
			t.Errorf("%#v: encoded with error %v; want field %v, %v", i, err, field, rule)
		}
		if string(got) != "x" {
			t.Errorf("%#v: % x is left in the buffer", i, got)
		}
	}
	if n != 748 {
		t.Errorf("%d rows, want 748", n)
	}
}

func TestWellFormedCodeIsAcceptedWhateverTheVerifierSays(t *testing.T) {
	n := 0
	for _, row := range recorded(t, "invalid.tsv") {
		if row["layer"] == "enc" {
			continue
		}
		n++
		for _, c := range []struct {
			order ByteOrder
			code  []byte
		}{{LittleEndian, unhex(t, row["hex_le"])}, {BigEndian, unhex(t, row["hex_be"])}} {
			ins, err := Decode(c.code, c.order)
			if err != nil {
				t.Errorf("% x (%s): %v", c.code, row["reason"], err)
				continue
			}
			if back, err := Append(nil, c.order, ins...); err != nil || !bytes.Equal(back, c.code) {
				t.Errorf("% x (%s): encoded again as % x, %v", c.code, row["reason"], back, err)
			}
			// The imm of these is legal in RFC 9669 and refused by Linux: the table knows.
			form, err := ins[0].Form()
			if err != nil {
				t.Error(err)
			}
			if accepts := form.Info().Imm.LinuxAccepts(int64(int32(ins[0].Imm))); accepts != (row["layer"] == "sem") {
				t.Errorf("% x (%s): LinuxAccepts is %v", c.code, row["reason"], accepts)
			}
		}
	}
	if n != 90 {
		t.Errorf("%d rows, want 90", n)
	}
}

func TestCodeThatEndsEarly(t *testing.T) {
	wide, err := Append(nil, LittleEndian, Mov64Imm(R0, 0), LoadImm64(R1, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code []byte
		rule Rule
		slot int
		ins  int // instructions before the end
	}{
		{wide[:1], RuleTruncated, 0, 0},
		{wide[:7], RuleTruncated, 0, 0},
		{wide[:13], RuleTruncated, 1, 1},
		{wide[:16], RuleHalfLoad, 1, 1},
		{wide[:20], RuleHalfLoad, 1, 1},
		{append(bytes.Clone(wide), 5), RuleTruncated, 3, 2},
	} {
		ins, err := Decode(c.code, LittleEndian)
		var e *EncodingError
		if !errors.As(err, &e) || !errors.Is(err, c.rule) || e.Slot != c.slot || len(ins) != c.ins {
			t.Errorf("% x: %d instructions, %v; want %d, slot %d, %v", c.code, len(ins), err, c.ins, c.slot, c.rule)
		}
	}
	if ins, err := Decode(nil, LittleEndian); err != nil || len(ins) != 0 {
		t.Errorf("no code: %v, %v", ins, err)
	}
}

func TestUnrepresentableValuesAreErrors(t *testing.T) {
	for _, c := range []struct {
		ins  Instruction
		want string
	}{
		{Instruction{}, "instruction 0: opcode 0x00: not defined; allowed: any, except that of a zero Instruction, or of a " +
			"constructor with a size other than B, H, W and DW"},
		{Mov64Imm(R11, 0), "instruction 0 (Mov64Imm): dst 11: no such register; allowed: r0 to r10"},
		{Mov64Reg(R0, 255), "instruction 0 (Mov64Reg): src 255: no such register; allowed: r0 to r10"},
		{Mov64Imm(17, 0), "instruction 0 (Mov64Imm): dst 17: no such register; allowed: r0 to r10"},
		{Instruction{Op: 0x07, Imm: 1 << 40},
			"instruction 0 (Add64Imm): imm 1099511627776: out of range; allowed: -2147483648 to 2147483647"},
		{Instruction{Op: 0x07, Imm: 1<<32 - 1},
			"instruction 0 (Add64Imm): imm 4294967295: out of range; allowed: -2147483648 to 2147483647"},
		{Instruction{Op: 0x07, Src: 1}, "instruction 0 (Add64Imm): src 1: reserved field is not 0; allowed: 0"},
		{LoadMemSX(DW, R1, R2, 0),
			"instruction 0: opcode 0x99: not defined; allowed: 0x91 (LoadMemSXB), 0x89 (LoadMemSXH), 0x81 (LoadMemSXW)"},
		{LoadMem(3, R1, R2, 0), "instruction 0: opcode 0x00: not defined; allowed: any, except that of a zero Instruction, or of a " +
			"constructor with a size other than B, H, W and DW"},
		{LoadMem(0x80, R1, R2, 0),
			"instruction 0: opcode 0x00: not defined; allowed: any, except that of a zero Instruction, or of a constructor with a " +
				"size other than B, H, W and DW"},
		{CallHelper(0), "instruction 0 (CallHelper): imm 0: undefined value; allowed: the number of a helper, from 1"},
		{CallKfunc(1, -1), "instruction 0 (CallKfunc): off -1: out of range; allowed: 0 to 32767"},
		{AddrSpaceCast(R1, R2, 2),
			"instruction 0 (AddrSpaceCast): imm 2: undefined value; allowed: 1 (address space 1 to 0), 65536 (0 to 1)"},
		{Instruction{Op: 0x37, Off: 2, Imm: 1}, "instruction 0: off 2: undefined value; allowed: 0 (Div64Imm), 1 (SDiv64Imm)"},
		{Instruction{Op: 0x85, Src: 3, Imm: 1},
			"instruction 0: src 3: undefined value; allowed: 0 (CallHelper), 1 (CallRel), 2 (CallKfunc)"},
		{Instruction{Op: 0x85, Src: 17, Imm: 1}, "instruction 0 (CallRel): src 17: undefined value; allowed: 1"},
		{Instruction{Op: 0x21}, "instruction 0 (LoadProbeMemW): opcode 0x21: not defined in programs: it exists only inside Linux, " +
			"see DecodeXlated"},
		{Instruction{Op: 0x18, Src: 1, Imm: 1 << 32}, "instruction 0 (LoadMapFD): next_imm 1: reserved field is not 0; allowed: 0"},
	} {
		_, err := Append(nil, LittleEndian, c.ins)
		if err == nil || err.Error() != c.want {
			t.Errorf("%#v:\ngot  %v\nwant %s", c.ins, err, c.want)
		}
	}
}
