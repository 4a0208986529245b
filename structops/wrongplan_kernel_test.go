//go:build linux

package structops

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// The plans in this file are made wrong after they were checked, so that the kernel refuses them. The same happens with types that have no
// row in internal/linux, and with plans that only newer kernels refuse.

// TestKernelRefusesAStep: every refusal names its step, the implementation, the kernel's errno and the likely cause.
func TestKernelRefusesAStep(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4) // steps and answers are those of registering with a link
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		name  string
		spoil func(p *Plan)
		step  string
		is    error
		help  string
	}{
		{"value of another size", func(p *Plan) { p.Type.ValueSize-- }, "create the map", unix.EINVAL, "size, flags or name"},
		{"value of a type that is no interface", func(p *Plan) { p.Type.ValueID = p.Type.ID }, "create the map",
			syscall.ENOTSUPP, "does not accept this struct"},
		{"flag that no kernel knows", func(p *Plan) { binary.NativeEndian.PutUint32(p.at(t, "flags"), 1<<30) }, "set the members",
			unix.EINVAL, "unknown bits in flags"},
		{"empty name", func(p *Plan) { clear(p.at(t, "name")) }, "set the members", unix.EINVAL, "a required one is missing"},
		{"name with a dash", func(p *Plan) { p.at(t, "name")[1] = '-' }, "set the members", unix.EINVAL, "cannot be set"},
		{"name without an end", func(p *Plan) { copy(p.at(t, "name"), "0123456789abcdef") }, "set the members",
			unix.EINVAL, "cannot be set"},
		{"no ssthresh", func(p *Plan) { p.remove("ssthresh") }, "set the members", unix.EINVAL, "a required one is missing"},
		{"no undo_cwnd", func(p *Plan) { p.remove("undo_cwnd") }, "set the members", unix.EINVAL, "a required one is missing"},
		{"no cong_avoid", func(p *Plan) { p.remove("cong_avoid") }, "set the members", unix.EINVAL, "a required one is missing"},
		{"programs of each other's members", func(p *Plan) { // nothing is missing, and both have one prototype
			a, b := &p.program(t, "ssthresh").Member, &p.program(t, "undo_cwnd").Member
			a.Offset, b.Offset = b.Offset, a.Offset
		}, "set the members", unix.EINVAL, ""},
		{"state of the kernel's", func(p *Plan) { p.value[4] = stateInUse }, "set the members", unix.EINVAL, "cannot be set"},
		{"reference count of the kernel's", func(p *Plan) { p.value[0] = 1 }, "set the members", unix.EINVAL, "cannot be set"},
		{"key of the kernel's", func(p *Plan) { p.at(t, "key")[0] = 1 }, "set the members", unix.EINVAL, "cannot be set"},
		{"owner of the kernel's", func(p *Plan) { p.at(t, "owner")[0] = 1 }, "set the members", syscall.ErrUnexpected, ""},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			plan := oldPlan(t, "t_step")
			name := plan.Name
			tt.spoil(plan)
			link, err := plan.Register()
			if err == nil {
				link.Close()
			}
			var refused *prog.StepError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a StepError", err)
			}
			if refused.Step != prog.Step(tt.step) || refused.Subject != name || !errors.Is(err, tt.is) {
				t.Errorf("%q of %s refused with %v; want %q with %v", refused.Step, refused.Subject, refused.Err, tt.step, tt.is)
			}
			if !strings.HasPrefix(err.Error(), plan.Name+": "+tt.step+": ") || !strings.Contains(err.Error(), tt.help) {
				t.Errorf("want step and %q in:\n%v", tt.help, err)
			}
			if available(t, name) {
				t.Error("it is listed")
			}
			t.Log(err)
		})
	}
}

// at returns where a data member is in the value of the map.
func (p *Plan) at(t *testing.T, member string) []byte {
	t.Helper()
	m, ok := p.Type.Member(member)
	if !ok {
		t.Fatalf("%s has no member %s", p.Type.Name, member)
	}
	return p.value[p.Type.Offset+m.Offset:][:m.Size]
}

// program is the program of a member.
func (p *Plan) program(t *testing.T, member string) *Program {
	t.Helper()
	for i := range p.Programs {
		if p.Programs[i].Member.Name == member {
			return &p.Programs[i]
		}
	}
	t.Fatalf("the plan has no program for %s", member)
	return nil
}

// remove leaves a program out.
func (p *Plan) remove(member string) {
	p.Programs = slices.DeleteFunc(p.Programs, func(program Program) bool { return program.Member.Name == member })
}

// TestKernelRefusesTheTarget: a wrong target of a program is a ProgramError too. It has the line of the program when the log names no
// instruction.
func TestKernelRefusesTheTarget(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	member := func(p *Plan, name string) Member {
		m, _ := p.Type.Member(name)
		return m
	}
	for _, tt := range []struct {
		name  string
		spoil func(p *Plan)
		is    error
		want  string
	}{
		{"licence", func(p *Plan) { p.License = "Proprietary" }, unix.EINVAL, "GPL compatible license"},
		{"struct that is no interface", func(p *Plan) { p.Type.ID = p.Type.ValueID }, syscall.ENOTSUPP, "is not a supported struct"},
		{"member past the end", func(p *Plan) { p.Programs[0].Member.Index = len(p.Type.Members) }, unix.EINVAL, "invalid member idx"},
		{"data member", func(p *Plan) { p.Programs[0].Member = member(p, "name") }, unix.EINVAL, "invalid member name"},
		{"member without a place for programs", func(p *Plan) { p.Programs[0].Member = member(p, "get_info") }, syscall.ENOTSUPP,
			"unsupported member get_info"},
	} {
		plan := oldPlan(t, "t_target")
		tt.spoil(plan)
		link, err := plan.Register()
		if err == nil {
			link.Close()
		}
		var refused *prog.ProgramError
		if !errors.As(err, &refused) || !errors.Is(err, tt.is) {
			t.Errorf("%s: %v, want a ProgramError that is %v", tt.name, err, tt.is)
			continue
		}
		if first := plan.Programs[0]; refused.Member != first.Member.Name || refused.Program != first.Object.Program.Name ||
			refused.Position != first.Object.Program.Pos {
			t.Errorf("%s: it is about %s (%s) at %v, want %s (%s) at %v", tt.name, refused.Member, refused.Program, refused.Position,
				first.Member.Name, first.Object.Program.Name, first.Object.Program.Pos)
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
			if !strings.Contains(text, tt.want) {
				t.Errorf("%s: no %q in:\n%s", tt.name, tt.want, text)
			}
		}
		t.Log(err)
	}
}

// TestTypeWithoutARow: a type without a row in internal/linux works the same way. bpf_dummy_ops then reaches the step that the kernel does
// not implement for it.
func TestTypeWithoutARow(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	target, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	defer target.BTF.Close()
	plan, err := Prepare(Ops{Type: "bpf_dummy_ops", License: "GPL", Members: Members{"test_1": dsl.Assembly("one",
		dsl.Mov64Imm(isa.R0, 1), dsl.Exit())}}, target)
	if err != nil {
		t.Fatal(err)
	}
	plan.Type.known = &linux.OpsType{Name: plan.Type.Name}
	_, err = plan.Register()
	var step *prog.StepError
	if !errors.As(err, &step) || !errors.Is(err, ErrNotRegistrable) || !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("got %v, want ErrNotRegistrable", err)
	}
}

// TestUpdateThatTheKernelRefuses: the plan says one name and its struct
// another. The implementation that ran goes on.
func TestUpdateThatTheKernelRefuses(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	plan := oldPlan(t, "t_upd")
	link, err := plan.Register()
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	other := oldPlan(t, "t_upd")
	other.at(t, "name")[0] = 'u'
	var step *prog.StepError
	if err := updatePlan(link, other); !errors.As(err, &step) || step.Step != "update" || !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v, want a StepError of the update", err)
	}
	if !available(t, plan.Name) {
		t.Error("the one that ran is gone")
	}
	if err := updatePlan(link, oldPlan(t, "t_upd")); err != nil { // the link knows its map still
		t.Errorf("update after the refused one: %v", err)
	}
}

// TestLoadedIsUsedOnce: a Loaded that was registered or closed returns an error.
func TestLoadedIsUsedOnce(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	loaded, err := oldPlan(t, "t_once").Load()
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Program("ssthresh").Int() < 0 || loaded.Program("init") != nil {
		t.Errorf("programs: ssthresh %v, init %v", loaded.Program("ssthresh"), loaded.Program("init"))
	}
	link, err := loaded.Register()
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if fd := loaded.Program("ssthresh"); fd != nil {
		t.Errorf("the link has taken the programs over, and one is still there: %v", fd)
	}
	if second, err := loaded.Register(); !errors.Is(err, attachment.ErrClosed) {
		if err == nil {
			second.Close()
		}
		t.Errorf("registering twice: %v, want ErrClosed", err)
	}
	for range 2 {
		if err := loaded.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// TestMapIsWrittenOnce: the kernel takes the struct of a map once.
func TestMapIsWrittenOnce(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	loaded, err := oldPlan(t, "t_twice").Load()
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if err := loaded.fill(); err != nil {
		t.Fatal(err)
	}
	var step *prog.StepError
	if err := loaded.fill(); !errors.As(err, &step) || !errors.Is(err, unix.EBUSY) {
		t.Errorf("the second time: %v, want EBUSY", err)
	}
}

// TestDoneAskedForAfterDetach: Done is closed when the registration has ended already, also without links, where the kernel does not
// report it.
func TestDoneAskedForAfterDetach(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	for _, linked := range []bool{true, false} {
		plan := oldPlan(t, "t_late")
		if linked && !plan.Type.HasLink {
			continue
		}
		loaded, err := plan.load(linked)
		if err != nil {
			t.Fatal(err)
		}
		link, err := loaded.Register()
		if err != nil {
			t.Fatal(err)
		}
		defer link.Close()
		if err := link.Detach(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-link.Done():
		case <-time.After(5 * time.Second):
			t.Errorf("linked %v: Done is open after Detach", linked)
		}
		if err := link.Close(); err != nil {
			t.Error(err)
		}
	}
}

// updatePlan loads a plan and puts it in a link.
func updatePlan(link *Link, p *Plan) error {
	loaded, err := p.Load()
	if err != nil {
		return err
	}
	return link.Update(loaded)
}
