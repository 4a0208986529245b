package isa_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	. "github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// notForUsers are forms that Linux knows and refuses to load; what it says about them.
func notForUsers(mnemonic string) string {
	switch mnemonic {
	case "MOV_PERCPU": // the verifier writes it itself
		return `BPF_MOV uses reserved fields`
	case "CALLX":
		return `unknown opcode 8d`
	}
	return ""
}

// tooOld is what a kernel says about a form that came later.
const tooOld = `unknown opcode|uses reserved fields|uses invalid atomic opcode 1[01]0`

// backported tells since when updates of earlier kernels may have brought a form to them; the zero value stands for never.
func backported(mnemonic string) KernelVersion {
	if mnemonic == "JA32" { // in 6.1.192 as Debian has it; not in 6.1
		return KernelVersion{Major: 6, Minor: 1}
	}
	return KernelVersion{}
}

// TestKernelTakesEveryForm holds the table against the running kernel. Of each form it loads programs with what the constructor
// makes, runs them and compares the results; forms that are later than the kernel must be refused, and for no other reason.
func TestKernelTakesEveryForm(t *testing.T) {
	kerneltest.Require(t)
	linux := runningLinux(t)
	s := newStand(t, linux)
	var forms struct{ loaded, run, refused int }
	var programs, results int
	for f := range Forms() {
		info := f.Info()
		t.Run(info.Mnemonic, func(t *testing.T) {
			refusal := notForUsers(info.Mnemonic)
			if !linux.AtLeast(info.Since) && refusal == "" {
				refusal = tooOld
			}
			if info.Mnemonic == "GOTOX" && refusal == "" {
				kerneltest.Missing(t, fmt.Sprintf("Linux %v takes gotox with maps that this test does not know", linux))
			}
			loaded, ran := 0, 0
			for n, trial := range s.trials(t, info) {
				uses(t, trial.code, f)
				prog, err := load(t, trial.attr, trial.code)
				switch {
				case err == nil && refusal != "" && !linux.AtLeast(backported(info.Mnemonic)):
					t.Errorf("%s: Linux %v takes %v, which it should not before %v", trial.what, linux, f, info.Since)
				case err == nil:
					loaded++
					if trial.run != nil {
						ran++
						results += trial.run(t, prog)
					}
				case refusal != "":
					s.refused(t, f, trial, err, refusal, n == 0)
				default:
					t.Errorf("%s: Linux %v refuses %v, which it should take since %v: %+v", trial.what, linux, f, info.Since, err)
				}
				prog.Close()
			}
			programs += loaded
			forms.loaded += min(loaded, 1)
			forms.run += min(ran, 1)
			if loaded == 0 {
				forms.refused++
			}
		})
	}
	t.Logf("Linux %v: %d forms loaded in %d programs, %d of them run with %d results; %d forms refused", linux, forms.loaded, programs,
		forms.run, results, forms.refused)
}

// uses fails the test unless the form is in the code.
func uses(t *testing.T, code []Instruction, f Form) {
	t.Helper()
	for _, i := range code {
		if form, err := i.Form(); err == nil && form == f {
			return
		}
	}
	t.Errorf("the program for %v doesn't have it", f)
}

// refused checks that the kernel refused a program for the reason given; and, if asked for, that the form is to blame: without it,
// the program is taken.
func (s *stand) refused(t *testing.T, f Form, c trial, err error, reason string, blame bool) {
	t.Helper()
	var refused *syscall.LoadError
	if !errors.As(err, &refused) || !regexp.MustCompile(reason).MatchString(refused.Log) {
		t.Errorf("%s: want a refusal for %q: %+v", c.what, reason, err)
	}
	if !blame {
		return
	}
	code := append([]Instruction(nil), c.code...)
	for n, i := range code {
		if form, err := i.Form(); err != nil || form != f {
			continue
		}
		code[n] = Jump(0)
		if registers := i.Writes() &^ (1 << R10); !i.IsCall() {
			for r := range registers.All() {
				code[n] = Mov64Imm(r, 0)
			}
		}
	}
	prog, err := load(t, c.attr, code)
	if err != nil {
		t.Errorf("%s: the program is refused without the form, too: %+v", c.what, err)
	}
	prog.Close()
}

// load asks the kernel to take a program.
func load(t *testing.T, attr syscall.ProgLoadAttr, code []Instruction) (*syscall.FD, error) {
	t.Helper()
	var err error
	attr.Name, attr.License = "isa", "GPL"
	if attr.Instructions, err = Append(nil, Native, code...); err != nil {
		t.Fatal(err)
	}
	return syscall.ProgLoad(&attr)
}

// runningLinux is the version of the running kernel.
func runningLinux(t *testing.T) KernelVersion {
	t.Helper()
	major, minor, _ := kerneltest.Linux(t)
	return KernelVersion{Major: uint8(major), Minor: uint8(minor)}
}
