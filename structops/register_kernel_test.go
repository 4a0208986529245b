//go:build linux

package structops_test

import (
	"errors"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

func TestRegisteredIsListedUntilClosed(t *testing.T) {
	kerneltest.Require(t)
	name := uniqueName()
	link, err := structops.Register(fixed(name, 7))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if !listed(t, name) {
		t.Error("not listed while the link is open")
	}
	if link.Type() != "tcp_congestion_ops" || link.Name() != name {
		t.Errorf("the link is for %s %q", link.Type(), link.Name())
	}
	for range 2 { // twice is no error
		if err := link.Close(); err != nil {
			t.Error(err)
		}
	}
	if listed(t, name) {
		t.Error("still listed after Close")
	}
}

// TestFlowUsesOurPrograms: a real flow runs our algorithm, as getsockopt says,
// and its window is what our program wrote, as TCP_INFO says.
func TestFlowUsesOurPrograms(t *testing.T) {
	kerneltest.Require(t)
	name := uniqueName()
	register(t, fixed(name, 37))
	flow := dial(t, newLab(t), name)
	wantWindow(t, flow, 37)
	if got, err := flow.Congestion(); err != nil || got != name {
		t.Errorf("the socket runs %q (%v), want %q", got, err, name)
	}
}

// TestTwoAtOnce: two implementations of one type keep their own programs, and
// closing one leaves the other.
func TestTwoAtOnce(t *testing.T) {
	kerneltest.Require(t)
	lab := newLab(t)
	a, b := uniqueName(), uniqueName()
	first := register(t, fixed(a, 11))
	register(t, fixed(b, 23))
	wantWindow(t, dial(t, lab, a), 11)
	wantWindow(t, dial(t, lab, b), 23)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if listed(t, a) || !listed(t, b) {
		t.Errorf("after closing one: %s listed %v, %s listed %v", a, listed(t, a), b, listed(t, b))
	}
	wantWindow(t, dial(t, lab, b), 23)
}

func TestNameTakenNamesTheOwner(t *testing.T) {
	kerneltest.Require(t)
	name := uniqueName()
	register(t, fixed(name, 7))
	for _, tt := range []struct{ name, owner string }{
		{name, "held by this process"},
		{"cubic", "an algorithm of the kernel itself"},
	} {
		link, err := structops.Register(fixed(tt.name, 9))
		if err == nil {
			link.Close()
		}
		if !errors.Is(err, structops.ErrNameTaken) || !strings.Contains(err.Error(), tt.owner) {
			t.Errorf("%s: %v; want ErrNameTaken with %q", tt.name, err, tt.owner)
		}
	}
	if !listed(t, name) {
		t.Error("the first one is gone")
	}
}

// TestManyRounds registers and closes 200 times. Descriptors are closed, and the objects that the kernel made disappear.
func TestManyRounds(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	name := uniqueName()
	for round := range 200 {
		link, err := structops.Register(fixed(name, 77)) // no other test has this window
		if err != nil {
			t.Fatalf("round %d: %+v", round, err)
		}
		if err := link.Close(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	wantUnlisted(t, name)
	// Programs and maps are freed a little later.
	eventually(t, "end of the maps", func() bool { return mapsNamed(t, name) == 0 }, func() string { return "some are left" })
	eventually(t, "end of the programs", func() bool { return programsNamed(t, "window_77") == 0 },
		func() string { return "some are left" })
}

// mapsNamed counts the maps of that name in the kernel.
func mapsNamed(t testing.TB, name string) int {
	t.Helper()
	return countNamed(t, syscall.SanitizeName(name), syscall.AllMapIDs(), syscall.MapFDByID, func(fd *syscall.FD) (string, error) {
		info, err := syscall.MapInfoByFD(fd)
		if err != nil {
			return "", err
		}
		return info.Name, nil
	})
}

// programsNamed counts the programs of that name in the kernel.
func programsNamed(t testing.TB, name string) int {
	t.Helper()
	return countNamed(t, syscall.SanitizeName(name), syscall.AllProgIDs(), syscall.ProgFDByID, func(fd *syscall.FD) (string, error) {
		info, err := syscall.ProgInfoByFD(fd)
		if err != nil {
			return "", err
		}
		return info.Name, nil
	})
}

func countNamed(t testing.TB, name string, ids iter.Seq2[uint32, error], open func(uint32) (*syscall.FD, error),
	nameOf func(*syscall.FD) (string, error)) int {
	t.Helper()
	n := 0
	for id, err := range ids {
		if err != nil {
			t.Fatal(err)
		}
		fd, err := open(id)
		if err != nil {
			continue // gone in the meantime
		}
		if got, err := nameOf(fd); err == nil && got == name {
			n++
		}
		fd.Close()
	}
	return n
}

// TestKernelRefusals are mistakes that only the kernel finds: the error says which step failed, and what the cause may be.
func TestKernelRefusals(t *testing.T) {
	kerneltest.Require(t)
	flags := fixed(uniqueName(), 7)
	flags.Members["flags"] = 1 << 30
	dummy := structops.Ops{Type: "bpf_dummy_ops", License: "GPL", Members: structops.Members{
		"test_1": dsl.Assembly("one", dsl.Mov64Imm(isa.R0, 1), dsl.Exit())}}
	for _, tt := range []struct {
		name string
		ops  structops.Ops
		is   error
		want []string
	}{
		{"unknown flag", flags, nil, []string{"set the members", "unknown bits in flags"}},
		{"type that is never registered", dummy, structops.ErrNotRegistrable, []string{"bpf_dummy_ops: register", "syscall.ProgTestRun"}},
	} {
		link, err := structops.Register(tt.ops)
		if err == nil {
			link.Close()
			t.Errorf("%s: it was registered", tt.name)
			continue
		}
		var step *prog.StepError
		if !errors.As(err, &step) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v is no StepError that is %v", tt.name, err, tt.is)
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", tt.name, want, err)
			}
		}
	}
}

// The environment variables that make the test binary play another process.
const (
	childName = "BPFSMITH_TEST_CHILD_NAME" // register this name, and say so
	childPin  = "BPFSMITH_TEST_CHILD_PIN"  // pin it there, and end
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childName); name != "" {
		child(name, os.Getenv(childPin))
	}
	os.Exit(m.Run())
}
