package isa_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	. "github.com/bpfsmith/bpfsmith/isa"
)

// The kernel prints what a program's loading has made of an instruction; for these forms that isn't in the
// instruction.
var textBesidesTheLog = map[string]string{
	"LDDW_MAP_FD":        "r3 = map[fd:5]",         // the log has the map's address
	"LDDW_MAP_VALUE":     "r3 = map[fd:5][0]+0",    // likewise
	"LDDW_MAP_IDX":       "r3 = map[idx:5]",        // likewise
	"LDDW_MAP_IDX_VALUE": "r3 = map[idx:5][0]+0",   // likewise
	"LDDW_BTF_ID":        "r3 = btf[fd:0][id:5]",   // nothing recorded
	"LDDW_FUNC":          "r3 = subprog[+5]",       // the log has the number as a constant
	"CALL_PCREL":         "call pc+1",              // recorded with another imm, 2
	"CALL_KFUNC":         "call kernel-function#1", // the log has the function's name
	"CALLX":              "callx r3",               // Linux 6.18 refuses it
	"GOTOX":              "gotox r3",               // likewise
	"EXIT":               "exit",                   // nothing recorded in this column
}

func TestStringIsWhatTheVerifierPrints(t *testing.T) {
	for _, row := range recorded(t, "table.tsv") {
		if internal(row) {
			continue
		}
		name := row["name"]
		ins, err := Decode(unhex(t, row["example_le"]), LittleEndian)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		log := row["verifier_log_6.18"]
		want, exception := textBesidesTheLog[name]
		if !exception {
			prefix := "(" + hex.EncodeToString([]byte{byte(ins[0].Op)}) + ") "
			if want = strings.TrimPrefix(log, prefix); want == log {
				t.Errorf("%s: %q doesn't begin with %q", name, log, prefix)
			}
		}
		if got := ins[0].String(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

// Lines of a verifier log that the table's examples don't cover.
func TestTextOfUnusualOperands(t *testing.T) {
	for _, c := range []struct {
		ins  Instruction
		want string
	}{
		{Add64Imm(R4, -12), "r4 += -12"},
		{CallRel(2), "call pc+2"},
		{CallRel(-5), "call pc-5"},
		{Jump(-1), "goto pc-1"},
		{JumpLong(1000000), "gotol pc+1000000"},
		{JGT32Imm(R3, -1, 1), "if w3 > 0xffffffff goto pc+1"},
		{JSET64Imm(R3, -0x80000000, 0), "if r3 & 0x80000000 goto pc+0"},
		{JSLE64Reg(R3, R10, -32768), "if r3 s<= r10 goto pc-32768"},
		{LoadMem(DW, R1, R10, 0), "r1 = *(u64 *)(r10 +0)"},
		{LoadMem(B, R1, R2, -32768), "r1 = *(u8 *)(r2 -32768)"},
		{StoreImm(DW, R10, -8, -1), "*(u64 *)(r10 -8) = -1"},
		{AtomicFetchAdd64(R10, -8, R3), "r3 = atomic64_fetch_add((u64 *)(r10 -8), r3)"},
		{AtomicCmpXchg64(R10, -8, R3), "r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r3)"},
		{LoadInd(W, R4, 14), "r0 = *(u32 *)skb[r4 + 14]"},
		{LoadInd(W, R4, -14), "r0 = *(u32 *)skb[r4 + -14]"},
		{LoadAbs(H, -4096), "r0 = *(u16 *)skb[-4096]"},
		{LoadImm64(R3, -1), "r3 = 0xffffffffffffffff"},
		{LoadImm64(R3, 0), "r3 = 0x0"},
		{LoadMapValue(R3, 7, 1<<32-1), "r3 = map[fd:7][0]+4294967295"},
		{LoadFunc(R6, -7), "r6 = subprog[-7]"},
		{LoadBTFID(R5, 123, 9), "r5 = btf[fd:9][id:123]"},
		{AddrSpaceCast(R3, R4, 1<<16), "r3 = addr_space_cast(r4, 1, 0)"},
		{CallHelper(211), "call bpf_cgrp_storage_delete#211"},
		{CallHelper(100000), "call unknown#100000"},
		{CallHelper(-1), "call unknown#-1"},
		{Mod32Imm(R3, 7), "w3 %= 7"},
		{Instruction{}, "invalid opcode 0x00 dst r0 src r0 off 0 imm 0"},
		{Instruction{Op: 0xff, Dst: 200, Src: 15, Off: -1, Imm: -1 << 63},
			"invalid opcode 0xff dst r200 src r15 off -1 imm -9223372036854775808"},
	} {
		if got := c.ins.String(); got != c.want {
			t.Errorf("%#v:\ngot  %s\nwant %s", c.ins, got, c.want)
		}
	}
}

func TestListingCountsSlots(t *testing.T) {
	ins := []Instruction{LoadImm64(R1, 0x123456789), Mov64Imm(R0, 0), Exit()}
	want := "   0: (18) r1 = 0x123456789\n   2: (b7) r0 = 0\n   3: (95) exit\n"
	if got := string(AppendListing(nil, ins, Kernel)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for range 13 { // more than one write, slots of five digits
		ins = append(ins, ins...)
	}
	var b bytes.Buffer
	if err := Disassemble(&b, ins, Kernel); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), AppendListing(nil, ins, Kernel)) {
		t.Error("Disassemble writes another listing than AppendListing")
	}
	if !strings.HasSuffix(b.String(), "\n32767: (95) exit\n") {
		t.Errorf("ends in %q", b.String()[b.Len()-40:])
	}
}

func TestHelperNames(t *testing.T) {
	for id := int32(1); ; id++ {
		name, ok := HelperName(id)
		if !ok {
			if id != 212 {
				t.Errorf("the last helper is %d, want 211", id-1)
			}
			break
		}
		if back, ok := HelperID(name); !ok || back != id {
			t.Errorf("%s is %d, then %d, %v", name, id, back, ok)
		}
	}
	if _, ok := HelperID("bpf_unspec"); ok {
		t.Error("bpf_unspec is a helper")
	}
	if _, ok := HelperName(-1); ok {
		t.Error("there is a helper -1")
	}
}
