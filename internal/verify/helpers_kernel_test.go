//go:build linux

package verify_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// A trial is a call of a helper in a small program.
type trial struct {
	what string
	args map[int][]isa.Instruction // by number from 0, in place of the right one; nil: the register is never written
}

// rightArgument writes a right argument of a kind; ok is false for kinds that need more than an instruction or two.
func rightArgument(kind linux.ArgKind, r isa.Register, m int32, pointer isa.Register) (code []isa.Instruction, ok bool) {
	switch kind {
	case linux.ArgUnclaimed, linux.ArgAny, linux.ArgAddress, linux.ArgMore:
		return []isa.Instruction{isa.Mov64Imm(r, 1)}, true
	case linux.ArgMap:
		return []isa.Instruction{isa.LoadMapFD(r, m)}, true
	case linux.ArgKey, linux.ArgValue, linux.ArgValueRoom, linux.ArgRead, linux.ArgWrite, linux.ArgReadOrNil, linux.ArgWriteOrNil,
		linux.ArgUpdate,
		linux.ArgWrite4, linux.ArgWrite8:
		return []isa.Instruction{isa.Mov64Reg(r, isa.R10), isa.Add64Imm(r, -64)}, true
	case linux.ArgSize, linux.ArgSizeOrZero, linux.ArgConstant:
		return []isa.Instruction{isa.Mov64Imm(r, 8)}, true
	case linux.ArgContext:
		return []isa.Instruction{isa.Mov64Reg(r, isa.R6)}, true
	case linux.ArgPointer, linux.ArgOwner:
		return []isa.Instruction{isa.Mov64Reg(r, pointer)}, true
	case linux.ArgPointerOrNil, linux.ArgValueOrNil:
		return []isa.Instruction{isa.Mov64Imm(r, 0)}, true
	}
	return nil, false
}

// wrongArguments are wrong arguments for a kind.
func wrongArguments(kind linux.ArgKind, n int) []trial {
	r := isa.R1 + isa.Register(n)
	one := func(what string, in ...isa.Instruction) trial {
		return trial{fmt.Sprintf("argument %d %s", n+1, what), map[int][]isa.Instruction{n: in}}
	}
	list := []trial{{fmt.Sprintf("argument %d never written", n+1), map[int][]isa.Instruction{n: nil}}}
	number := one("a number", isa.Mov64Imm(r, 5))
	unknown := one("not known", isa.Mov64Reg(r, isa.R9))
	switch kind {
	case linux.ArgMap, linux.ArgContext, linux.ArgPointer, linux.ArgPointerOrNil, linux.ArgValueOrNil:
		list = append(list, number, one("the stack", isa.Mov64Reg(r, isa.R10)))
	case linux.ArgOwner:
		list = append(list, number, one("the stack", isa.Mov64Reg(r, isa.R10)), one("the context", isa.Mov64Reg(r, isa.R6)))
	case linux.ArgKey, linux.ArgValue, linux.ArgValueRoom, linux.ArgRead, linux.ArgWrite, linux.ArgReadOrNil, linux.ArgWriteOrNil,
		linux.ArgUpdate,
		linux.ArgWrite4, linux.ArgWrite8:
		list = append(list, number, one("outside of the stack", isa.Mov64Reg(r, isa.R10), isa.Add64Imm(r, -2)), one("the context",
			isa.Mov64Reg(r, isa.R6)))
	case linux.ArgSize, linux.ArgSizeOrZero:
		list = append(list, unknown, one("negative", isa.Mov64Imm(r, -1)), one("too large", isa.Mov64Imm(r, 65)), one("0",
			isa.Mov64Imm(r, 0)))
	case linux.ArgConstant:
		list = append(list, unknown)
	}
	return list
}

// call builds the program of a trial. r6 is the context, r7 a pointer of the place's kind, r9 any number, and 128 bytes of stack are
// written.
func (tr *trial) call(p *place, id int32, row *linux.Helper, m int32) ([]isa.Instruction, bool) {
	code := []isa.Instruction{isa.Mov64Reg(isa.R6, isa.R1)}
	pointer := isa.R6
	switch p.program.Type {
	case linux.ProgTypeTracing, linux.ProgTypeStructOps:
		code = append(code, isa.LoadMem(isa.DW, isa.R7, isa.R1, 0))
		pointer = isa.R7
	}
	for at := int16(8); at <= 128; at += 8 {
		code = append(code, isa.StoreImm(isa.DW, isa.R10, -at, 0))
	}
	code = append(code, isa.CallHelper(7), isa.Mov64Reg(isa.R9, isa.R0))
	for n := range row.Args {
		r := isa.R1 + isa.Register(n)
		if wrong, is := tr.args[n]; is {
			code = append(code, wrong...)
			continue
		}
		right, ok := rightArgument(row.Args[n].Kind, r, m, pointer)
		if !ok {
			return nil, false
		}
		code = append(code, right...)
	}
	code = append(code, isa.CallHelper(id))
	switch row.Result { // what must be released
	case linux.ResultSocket:
		code = append(code, isa.JEQ64Imm(isa.R0, 0, 2), isa.Mov64Reg(isa.R1, isa.R0), isa.CallHelper(86))
	case linux.ResultRecord:
		code = append(code, isa.JEQ64Imm(isa.R0, 0, 3), isa.Mov64Reg(isa.R1, isa.R0), isa.Mov64Imm(isa.R2, 0), isa.CallHelper(133))
	}
	return append(code, isa.Mov64Imm(isa.R0, 0), isa.Exit()), true
}

// elsewhere are kinds of arguments that random programs try: a record, a lock, a function.
var elsewhere = [...]linux.ArgKind{linux.ArgRecord, linux.ArgSocket, linux.ArgLock, linux.ArgUnlock, linux.ArgDynptr,
	linux.ArgNewDynptr, linux.ArgOwnDynptr,
	linux.ArgHeldDynptr,
	linux.ArgConstantText, linux.ArgKptr, linux.ArgFunction, linux.ArgFunctionData}

// takes reports whether a helper has an argument of some kinds.
func takes(row *linux.Helper, kinds ...linux.ArgKind) bool {
	return slices.ContainsFunc(row.Args, func(a linux.Arg) bool { return slices.Contains(kinds, a.Kind) })
}

// TestHelperArguments calls each helper of the table with right arguments, which the kernel and the check must both accept. Then it makes
// each argument wrong: both must refuse the program at the call, or both accept it.
func TestHelperArguments(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	all := places(t)
	var list []*place
	for _, name := range []string{"socket_filter", "sched_cls", "xdp", "syscall", "tp_btf task_newtask", "struct_ops init"} {
		for _, p := range all {
			if p.name == name {
				list = append(list, p)
			}
		}
	}
	right, wrong, apart := 0, 0, 0
	for id, row := range linux.Helpers() {
		name := row.Name
		_, more := row.Arguments()
		if !row.Followed() || takes(row, elsewhere[:]...) || more || id == 197 || row.Effects.Has(linux.MayEnd) {
			continue // those with a record, a lock or a function are in the random programs
		}
		var good *place
		var fd int32
		var reason error
		for _, p := range list {
			for _, m := range p.maps {
				if takes(row, linux.ArgMap) && !row.TakesMap(m.Type) || takes(row, linux.ArgKey, linux.ArgValue) && m.Key+m.Value == 0 ||
					m.Fields != nil || m.Flags&(1<<7|1<<8) != 0 {
					continue
				}
				code, ok := (&trial{}).call(p, id, row, m.fd)
				if !ok {
					t.Fatalf("%s: nothing is known of an argument of %v", name, row.Args)
				}
				findings, _, err := p.load(code, nil)
				if err == nil && len(findings) > 0 {
					t.Errorf("%s (%v) in %s: the kernel accepts it, but: %v", name, row.Args, p.name, findings)
				}
				if err == nil && good == nil {
					good, fd = p, m.fd
					break
				}
				reason = err
				if !takes(row, linux.ArgMap) {
					break
				}
			}
			if good != nil {
				break
			}
		}
		if good == nil {
			// there is no socket or file for the test
			if !takes(row, linux.ArgPointer, linux.ArgOwner) && !strings.Contains(reason.Error(), "cannot use helper") {
				t.Errorf("%s (%v): no place accepts it: %v", name, row.Args, reason)
			}
			continue
		}
		right++
		for n := range row.Args {
			for _, tr := range wrongArguments(row.Args[n].Kind, n) {
				code, _ := tr.call(good, id, row, fd)
				findings, _, err := good.load(code, nil)
				var load *syscall.LoadError
				switch {
				case err == nil && len(findings) > 0:
					t.Errorf("%s (%v) in %s, %s: the kernel accepts it, but: %v", name, row.Args, good.name, tr.what, findings)
				case err == nil:
				case len(findings) == 0:
					apart++
					t.Logf("%s (%v) in %s, %s: the kernel refuses it, but the check finds nothing: %v", name, row.Args, good.name, tr.what,
						err)
				case errors.As(err, &load):
					wrong++
					if r := verifierlog.Explain(load.Log, verifierlog.Program{}); !slices.ContainsFunc(findings,
						func(f mistake.Finding) bool { return f.Insn == r.Insn }) {
						t.Errorf("%s, %s: %v, and the kernel says %q at %d", name, tr.what, findings, r.Reason, r.Insn)
					}
				}
			}
		}
	}
	t.Logf("%d right calls of helpers, %d wrong calls are found, %d are not found", right, wrong, apart)
	if right < 100 || apart > 10 {
		t.Error("fewer than before")
	}
}
