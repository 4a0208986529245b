//go:build linux

package structops_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/attachment"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestUpdateUnderARunningFlow replaces an implementation while a flow runs:
// new sockets get the new one.
func TestUpdateUnderARunningFlow(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	lab := newLab(t)
	name := uniqueName()
	link := register(t, fixed(name, 9))
	old := dial(t, lab, name)
	wantWindow(t, old, 9)
	if err := link.Replace(fixed(name, 31)); err != nil {
		t.Fatal(err)
	}
	wantWindow(t, dial(t, lab, name), 31)
	// What the open socket does.
	time.Sleep(100 * time.Millisecond)
	info, err := old.Info()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the flow that was open has a window of %d", info.Cwnd)
	if info.Cwnd != 9 {
		t.Errorf("the open flow's window is %d: it was to keep the implementation that it began with", info.Cwnd)
	}
	// Again, so that an update of an update works.
	if err := link.Replace(fixed(name, 17)); err != nil {
		t.Fatal(err)
	}
	wantWindow(t, dial(t, lab, name), 17)
}

// TestUpdateRefusesTheWrongOldOne: when two processes have opened one link, the second update fails because the link has changed.
func TestUpdateRefusesTheWrongOldOne(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	pin := filepath.Join(kerneltest.BPFFS(t), "pin")
	name := uniqueName()
	link := register(t, fixed(name, 9))
	if err := link.Pin(pin); err != nil {
		t.Fatal(err)
	}
	other, err := structops.OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := link.Replace(fixed(name, 19)); err != nil {
		t.Fatal(err)
	}
	if err := other.Replace(fixed(name, 29)); !errors.Is(err, attachment.ErrReplaced) {
		t.Errorf("the second update: %v, want ErrReplaced", err)
	}
	wantWindow(t, dial(t, newLab(t), name), 19)
}

func TestUpdateKeepsTypeAndName(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := uniqueName()
	link := register(t, fixed(name, 9))
	if err := link.Replace(fixed(uniqueName(), 19)); !errors.Is(err, structops.ErrOtherName) {
		t.Errorf("another name: %v, want ErrOtherName", err)
	}
	wantWindow(t, dial(t, newLab(t), name), 9)
}

func TestUpdateWithMistakesChangesNothing(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := uniqueName()
	link := register(t, fixed(name, 9))
	bad := fixed(name, 19)
	delete(bad.Members, "ssthresh")
	if err := link.Replace(bad); err == nil {
		t.Error("an incomplete implementation took over")
	}
	wantWindow(t, dial(t, newLab(t), name), 9)
}

func TestDetachSignalsDone(t *testing.T) {
	kerneltest.Require(t)
	name := uniqueName()
	link := register(t, fixed(name, 9))
	done := link.Done()
	select {
	case <-done:
		t.Fatal("done before anything happened")
	case <-time.After(20 * time.Millisecond):
	}
	for range 2 { // twice is no error
		if err := link.Detach(); err != nil {
			t.Fatal(err)
		}
	}
	wantClosed(t, done)
	wantUnlisted(t, name)
	if err := link.Replace(fixed(name, 19)); !errors.Is(err, attachment.ErrDetached) && !errors.Is(err, structops.ErrNoLinks) {
		t.Errorf("update of a detached link: %v, want ErrDetached", err)
	}
}

// TestDetachElsewhereSignalsDone: after a detach by one holder of the link, all holders are told.
func TestDetachElsewhereSignalsDone(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 10) // the first to tell those who poll
	pin := filepath.Join(kerneltest.BPFFS(t), "pin")
	link := register(t, fixed(uniqueName(), 9))
	if err := link.Pin(pin); err != nil {
		t.Fatal(err)
	}
	done := link.Done()
	other, err := structops.OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Detach(); err != nil {
		t.Fatal(err)
	}
	wantClosed(t, done)
	if again, err := structops.OpenPinned(pin); !errors.Is(err, attachment.ErrDetached) {
		if err == nil {
			again.Close()
		}
		t.Errorf("opening the detached pin: %v, want ErrDetached", err)
	}
}

func TestCloseSignalsDone(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	link, err := structops.Register(fixed(uniqueName(), 9))
	if err != nil {
		t.Fatal(err)
	}
	done := link.Done()
	if link.Done() != done {
		t.Error("Done gives another channel the second time")
	}
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	wantClosed(t, done)
	wantClosed(t, link.Done()) // of a closed link
	for what, err := range map[string]error{"update": link.Replace(fixed(link.Name(), 3)), "detach": link.Detach(),
		"pin": link.Pin("/nowhere")} {
		if !errors.Is(err, attachment.ErrClosed) {
			t.Errorf("%s of a closed link: %v, want ErrClosed", what, err)
		}
	}
}

func wantClosed(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("Done was not signalled")
	}
}
