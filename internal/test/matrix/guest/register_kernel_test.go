//go:build linux

package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// since reports whether this kernel is at least that version.
func since(t *testing.T, major, minor int) bool {
	t.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	have := make([]int, 2)
	if _, err := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &have[0], &have[1]); err != nil {
		t.Fatal(err)
	}
	return slices.Compare(have, []int{major, minor}) >= 0
}

// fixed is an algorithm with a fixed window, in segments.
func fixed(name string, window int32) structops.Ops {
	sk := dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0)
	keep := dsl.Assembly("keep", dsl.Proto("u32", "struct sock *sk"), sk, dsl.LoadField(isa.R0, isa.R1, "tcp_sock", "snd_cwnd"),
		dsl.Exit())
	set := dsl.Assembly("set", sk, dsl.StoreFieldImm(isa.R1, "tcp_sock", "snd_cwnd", window), dsl.Exit())
	return structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: structops.Members{
		"name": name, "ssthresh": keep, "undo_cwnd": keep, "cong_avoid": set, "init": set}}
}

func uniqueName(what string) string { return fmt.Sprintf("t_%s_%d", what, os.Getpid()%1_000_000) }

// listed reports whether sockets may choose an algorithm.
func listed(t *testing.T, name string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Fields(string(text)), name)
}

// TestTypesTellOfLinks: the types show that links exist since Linux 6.4.
func TestTypesTellOfLinks(t *testing.T) {
	types, _ := kernelTypes(t)
	ops, err := structops.ReadInterface(types, "tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
	if want := since(t, 6, 4); ops.HasLink != want {
		t.Errorf("links: %v, want %v", ops.HasLink, want)
	}
}

// TestFlowsRunOurPrograms: flows run our programs while these are registered, after that, and while another implementation has the same
// name.
func TestFlowsRunOurPrograms(t *testing.T) {
	kerneltest.Require(t)
	name := uniqueName("lo")
	first, err := structops.Register(fixed(name, 7))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer first.Close()
	old := dial(t, name)
	old.wantWindow(t, 7)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if listed(t, name) {
		t.Error("listed after Close")
	}
	old.wantWindow(t, 7) // keeps its programs
	second, err := structops.Register(fixed(name, 13))
	if err != nil {
		t.Fatalf("the name is not free while a socket uses what had it: %v", err)
	}
	defer second.Close()
	dial(t, name).wantWindow(t, 13)
	old.wantWindow(t, 7)
}

// childName makes this test binary a process that registers that name, prints this, and waits until it is killed.
const childName = "BPFSMITH_GUEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childName); name != "" {
		if _, err := structops.Register(fixed(name, 7)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("registered")
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// kill registers a name in another process, and kills that process.
func kill(t *testing.T, name string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childName+"="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said string
	_, err = fmt.Fscan(out, &said)
	if err := errors.Join(err, cmd.Process.Kill()); err != nil {
		t.Error(err)
	}
	cmd.Wait() // says that it was killed
	if said != "registered" {
		t.Fatalf("the other process says %q", said)
	}
}

// TestKilledProcessLeavesNothing: on kernels with links.
func TestKilledProcessLeavesNothing(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := uniqueName("kill")
	kill(t, name)
	for deadline := time.Now().Add(5 * time.Second); listed(t, name); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("registered 5 s after the process was killed")
		}
	}
}

// TestDetachAndPollCameTogether in Linux 6.11: kernels whose links can be polled can also detach a struct_ops link.
func TestDetachAndPollCameTogether(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	types, _ := kernelTypes(t)
	_, err := types.Field("bpf_link_ops", "poll")
	polls := err == nil
	if want := since(t, 6, 11); polls != want {
		t.Errorf("bpf_link_ops.poll: %v, want %v", polls, want)
	}
	link, err := structops.Register(fixed(uniqueName("poll"), 7))
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	done := link.Done()
	if err := link.Detach(); (err == nil) != polls {
		t.Errorf("detach: %v, where links can be polled: %v", err, polls)
	}
	if polls {
		<-done
	}
}
