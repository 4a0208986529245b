//go:build linux

package prog_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// counter is a variable that programs count in.
func counter(t *testing.T) *maps.Global[uint64] {
	t.Helper()
	g := maps.NewGlobal("runs", uint64(0))
	t.Cleanup(func() { g.Close() })
	return g
}

// counting counts its runs and gives a result.
func counting(g *maps.Global[uint64], result int32) *dsl.Program {
	return dsl.Assembly("counting",
		dsl.LoadMapData(isa.R1, g.Spec(), 0),
		dsl.Mov64Imm(isa.R2, 1),
		dsl.AtomicAdd64(isa.R1, 0, isa.R2),
		dsl.Mov64Imm(isa.R0, result),
		dsl.Exit(),
	)
}

// loaded loads a program for the test.
func loaded(t *testing.T, p *dsl.Program, o prog.Options) *prog.Loaded {
	t.Helper()
	l, err := prog.Load(p, o)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// runs is what a program counted.
func runs(t *testing.T, g *maps.Global[uint64]) uint64 {
	t.Helper()
	n, err := g.Load()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// How long the tests wait for a packet that should arrive, and for one that should not.
const patient, brief = 5 * time.Second, 50 * time.Millisecond

// send sends a packet over loopback, from and to the namespace of the thread, and
// reports whether it arrived.
func send(wait time.Duration) (arrived bool, err error) {
	receiver, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return false, err
	}
	defer receiver.Close()
	return sendTo(receiver, wait)
}

func sendTo(receiver net.PacketConn, wait time.Duration) (arrived bool, err error) {
	sender, err := net.Dial("udp4", receiver.LocalAddr().String())
	if err != nil {
		return false, err
	}
	defer sender.Close()
	if _, err := sender.Write([]byte("hello")); err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.ECONNREFUSED) {
		return false, err
	}
	receiver.SetReadDeadline(time.Now().Add(wait))
	_, _, err = receiver.ReadFrom(make([]byte, 10))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}

// packet is an Ethernet frame without anything in it.
var packet = append(make([]byte, 12), 0x08, 0x00, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)

func TestSocketReceivesWhatItsFilterKeeps(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	keep, drop := loaded(t, counting(g, 100), prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter}), loaded(t, counting(g, 0),
		prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
	if out, err := keep.Run(prog.Input{Data: packet}); err != nil || out.Result != 100 || len(out.Data) != len(packet) {
		t.Errorf("run: %+v, %v", out, err)
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	attach := func(p *prog.Loaded) {
		if err := link.AttachSocketFilter(conn.(*net.UDPConn), p); err != nil {
			t.Fatal(err)
		}
	}
	attach(keep)
	if arrived, err := sendTo(conn, patient); !arrived || err != nil {
		t.Errorf("kept: %v, %v", arrived, err)
	}
	attach(drop)
	if arrived, err := sendTo(conn, brief); arrived || err != nil {
		t.Errorf("dropped: %v, %v", arrived, err)
	}
	if err := link.DetachSocketFilter(conn.(*net.UDPConn)); err != nil {
		t.Fatal(err)
	}
	if arrived, err := sendTo(conn, patient); !arrived || err != nil {
		t.Errorf("detached: %v, %v", arrived, err)
	}
	if n := runs(t, g); n != 3 {
		t.Errorf("%d runs, want 3", n)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if err := link.AttachSocketFilter(null, keep); !errors.Is(err, unix.ENOTSOCK) {
		t.Errorf("a file: got %v", err)
	}
}

const (
	xdpDrop, xdpPass = 1, 2
	tcPass, tcDrop   = 0, 2
)

func TestXDPDropsUntilItIsClosed(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	pass, drop := loaded(t, counting(g, xdpPass), prog.Options{License: "GPL", Type: syscall.ProgTypeXDP}), loaded(t, counting(g, xdpDrop),
		prog.Options{License: "GPL", Type: syscall.ProgTypeXDP})
	out, err := drop.Run(prog.Input{Data: packet, Repeat: 10})
	if err != nil || out.Result != xdpDrop || runs(t, g) != 10 {
		t.Errorf("run: %+v, %v", out, err)
	}
	kerneltest.InNetns(t, func() error {
		attached, err := link.AttachXDP(pass, link.XDPOptions{Interface: kerneltest.Loopback})
		if err != nil {
			return err
		}
		defer attached.Close()
		if arrived, err := send(patient); !arrived || err != nil {
			return fmt.Errorf("passed: %v, %v", arrived, err)
		}
		if _, err := link.AttachXDP(drop, link.XDPOptions{Interface: kerneltest.Loopback}); err == nil || !strings.Contains(err.Error(),
			"has an XDP program already") {
			return fmt.Errorf("a second program: %v", err)
		}
		if err := attached.Update(drop); err != nil {
			return err
		}
		if arrived, err := send(brief); arrived || err != nil {
			return fmt.Errorf("dropped: %v, %v", arrived, err)
		}
		if info, err := attached.Info(); err != nil || info.Type != syscall.LinkTypeXDP {
			return fmt.Errorf("link: %+v, %v", info, err)
		}
		if err := errors.Join(attached.Close(), attached.Close()); err != nil {
			return err
		}
		if arrived, err := send(patient); !arrived || err != nil {
			return fmt.Errorf("detached: %v, %v", arrived, err)
		}
		if _, err := link.AttachXDP(drop, link.XDPOptions{Interface: 77}); err == nil || !strings.Contains(err.Error(),
			"there is no interface 77 in this network namespace") {
			return fmt.Errorf("a missing interface: %v", err)
		}
		return nil
	})
	if n := runs(t, g); n != 12 {
		t.Errorf("%d runs, want 12", n)
	}
}

func TestTCXSeesBothDirections(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 6)
	t.Parallel()
	g := counter(t)
	pass, drop := loaded(t, counting(g, tcPass), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls}),
		loaded(t, counting(g, tcDrop), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls})
	if out, err := pass.Run(prog.Input{Data: packet, Context: make([]byte, 192)}); err != nil || out.Result != tcPass ||
		len(out.Context) != 192 {
		t.Errorf("run: %+v, %v", out, err)
	}
	kerneltest.InNetns(t, func() error {
		for _, d := range []syscall.AttachType{syscall.AttachTCXIngress, syscall.AttachTCXEgress} {
			first, err := link.AttachTCX(pass, link.TCXOptions{Interface: kerneltest.Loopback, Attach: d})
			if err != nil {
				return err
			}
			before, _ := g.Load()
			if arrived, err := send(patient); !arrived || err != nil {
				return fmt.Errorf("%v, passed: %v, %v", d, arrived, err)
			}
			if after, _ := g.Load(); after != before+1 {
				return fmt.Errorf("%v: %d runs, want 1", d, after-before)
			}
			second, err := link.AttachTCX(drop, link.TCXOptions{Interface: kerneltest.Loopback, Attach: d})
			if err != nil {
				return err
			}
			if err := first.Close(); err != nil {
				return err
			}
			if arrived, err := send(brief); arrived || err != nil {
				return fmt.Errorf("%v, dropped: %v, %v", d, arrived, err)
			}
			if err := second.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

// inCgroup calls f while the process is in a cgroup: a socket belongs to that of the
// process that makes it.
func inCgroup(t *testing.T, cgroup string, f func() error) error {
	t.Helper()
	pid := []byte(fmt.Sprint(os.Getpid()))
	back := kerneltest.OwnCgroup(t).Name()
	if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), pid, 0); err != nil {
		return err
	}
	return errors.Join(f(), os.WriteFile(filepath.Join(back, "cgroup.procs"), pid, 0))
}

// TestCgroupProgramsDecideForItsProcesses is not parallel: the whole process goes into a cgroup.
func TestCgroupProgramsDecideForItsProcesses(t *testing.T) {
	kerneltest.Require(t)
	dir := kerneltest.Cgroup(t)
	t.Run("sock", func(t *testing.T) {
		g := counter(t)
		allow := loaded(t, counting(g, 1), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSock,
			AttachType: syscall.AttachCgroupInetSockCreate})
		deny := loaded(t, counting(g, 0), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSock,
			AttachType: syscall.AttachCgroupInetSockCreate})
		attached, err := link.AttachCgroup(allow, link.CgroupOptions{Path: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer attached.Close()
		if err := inCgroup(t, dir, func() error { _, err := send(brief); return err }); err != nil || runs(t, g) < 2 {
			t.Errorf("allowed: %v, %d runs", err, runs(t, g))
		}
		if err := attached.Update(deny); err != nil {
			t.Fatal(err)
		}
		if err := inCgroup(t, dir, func() error { _, err := send(brief); return err }); !errors.Is(err, unix.EPERM) {
			t.Errorf("denied: %v", err)
		}
	})
	t.Run("skb", func(t *testing.T) {
		for _, at := range []syscall.AttachType{syscall.AttachCgroupInetIngress, syscall.AttachCgroupInetEgress} {
			g := counter(t)
			allow := loaded(t, counting(g, 1), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSKB, AttachType: at})
			deny := loaded(t, counting(g, 0), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSKB, AttachType: at})
			if out, err := allow.Run(prog.Input{Data: packet}); err != nil || out.Result != 1 {
				t.Errorf("run: %+v, %v", out, err)
			}
			attached, err := link.AttachCgroup(allow, link.CgroupOptions{Path: dir})
			if err != nil {
				t.Fatal(err)
			}
			try := func(wait time.Duration) (arrived bool, err error) {
				err = inCgroup(t, dir, func() (err error) { arrived, err = send(wait); return err })
				return arrived, err
			}
			if arrived, err := try(patient); !arrived || err != nil || runs(t, g) < 2 {
				t.Errorf("%v, allowed: %v, %v, %d runs", at, arrived, err, runs(t, g))
			}
			if err := attached.Update(deny); err != nil {
				t.Fatal(err)
			}
			if arrived, err := try(brief); arrived || err != nil {
				t.Errorf("%v, denied: %v, %v", at, arrived, err)
			}
			attached.Close()
		}
	})
	p := loaded(t, counting(counter(t), 1), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSKB})
	if _, err := link.AttachCgroup(p, link.CgroupOptions{Path: t.TempDir()}); err == nil || !strings.Contains(err.Error(),
		"cgroup file system of version 2") {
		t.Errorf("a directory that is no cgroup: %v", err)
	}
	if _, err := link.AttachCgroup(p, link.CgroupOptions{Path: "/nowhere"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func TestRawTracepointSeesSystemCalls(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	p := loaded(t, counting(g, 0), prog.Options{License: "GPL", Type: syscall.ProgTypeRawTracepoint})
	args := binary.NativeEndian.AppendUint64(nil, 7)
	if _, err := p.Run(prog.Input{Context: args}); err != nil || runs(t, g) != 1 {
		t.Errorf("run: %v", err)
	}
	attached, err := link.AttachRawTracepoint(p, link.RawTracepointOptions{Name: "sys_enter"})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	os.Getppid()
	if n := runs(t, g); n < 2 {
		t.Errorf("%d runs", n)
	}
	if _, err := link.AttachRawTracepoint(p, link.RawTracepointOptions{Name: "sys_entry"}); err == nil || !strings.Contains(err.Error(),
		"this kernel has no such tracepoint") {
		t.Errorf("a tracepoint that is not there: %v", err)
	}
}

func TestTypedTracepointSeesSystemCalls(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	options := prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, AttachTo: "sys_enter"}
	p := loaded(t, counting(g, 0), options)
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	os.Getppid()
	if n := runs(t, g); n < 1 {
		t.Errorf("%d runs", n)
	}
	options.AttachTo = "sys_entr"
	if _, err := prog.Load(counting(g, 0), options); err == nil || !strings.Contains(err.Error(), "did you mean sys_enter?") {
		t.Errorf("a tracepoint that is not there: %v", err)
	}
}

func TestSyscallProgramAnswersInItsContext(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	p := loaded(t, dsl.Assembly("double",
		dsl.Sleepable(),
		dsl.LoadMem(isa.W, isa.R2, isa.R1, 0),
		dsl.Add64Reg(isa.R2, isa.R2),
		dsl.StoreMem(isa.W, isa.R1, 4, isa.R2),
		dsl.Mov64Imm(isa.R0, 5),
		dsl.Exit(),
	), prog.Options{License: "GPL", Type: syscall.ProgTypeSyscall})
	in := prog.Input{Context: binary.NativeEndian.AppendUint64(nil, 0)}
	binary.NativeEndian.PutUint32(in.Context, 21)
	out, err := p.Run(in)
	if err != nil || out.Result != 5 || binary.NativeEndian.Uint32(out.Context[4:]) != 42 {
		t.Errorf("run: %+v, %v", out, err)
	}
	if binary.NativeEndian.Uint32(in.Context[4:]) != 0 {
		t.Error("the input was written")
	}
	if _, err := p.Run(prog.Input{Data: packet}); !errors.Is(err, unix.EINVAL) {
		t.Errorf("with a packet: %v", err)
	}
}

func TestSKLookupDecidesWhoIsConnected(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	const skPass, skDrop = 1, 0
	pass, drop := loaded(t, counting(g, skPass), prog.Options{License: "GPL", Type: syscall.ProgTypeSKLookup}),
		loaded(t, counting(g, skDrop), prog.Options{License: "GPL", Type: syscall.ProgTypeSKLookup})
	context := make([]byte, 64)
	binary.NativeEndian.PutUint32(context[8:], unix.AF_INET)
	binary.NativeEndian.PutUint32(context[12:], unix.IPPROTO_TCP)
	if out, err := pass.Run(prog.Input{Context: context}); err != nil || out.Result != skPass {
		t.Errorf("run: %+v, %v", out, err)
	}
	kerneltest.InNetns(t, func() error {
		attached, err := link.AttachNetns(pass, link.NetnsOptions{Path: "/proc/thread-self/ns/net"})
		if err != nil {
			return err
		}
		defer attached.Close()
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer listener.Close()
		dial := func(wait time.Duration) error {
			conn, err := net.DialTimeout("tcp4", listener.Addr().String(), wait)
			if err == nil {
				conn.Close()
			}
			return err
		}
		if err := dial(patient); err != nil {
			return fmt.Errorf("passed: %v", err)
		}
		if err := attached.Update(drop); err != nil {
			return err
		}
		if err := dial(brief); err == nil {
			return errors.New("a connection that was to be dropped")
		}
		return nil
	})
	if n := runs(t, g); n < 3 {
		t.Errorf("%d runs", n)
	}
}

// TestRunNeedsAPacket: the kernel has the same EINVAL for all inputs that it does not take. For a short packet the cause is known.
func TestRunNeedsAPacket(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	g := counter(t)
	for _, tt := range []struct {
		typ  syscall.ProgType
		data []byte
		want string // "": it runs
	}{
		{syscall.ProgTypeXDP, make([]byte, 13),
			"xdp programs run on a packet: Input.Data has 13 bytes and must have at least 14, an Ethernet header"},
		{syscall.ProgTypeXDP, nil, "xdp programs run on a packet: Input.Data has 0 bytes"},
		{syscall.ProgTypeSocketFilter, make([]byte, 1), "socket_filter programs run on a packet: Input.Data has 1 byte and must"},
		{syscall.ProgTypeSchedCls, nil, "sched_cls programs run on a packet: Input.Data has 0 bytes"},
		{syscall.ProgTypeXDP, make([]byte, 14), ""},
	} {
		p := loaded(t, counting(g, 2), prog.Options{License: "GPL", Type: tt.typ})
		_, err := p.Run(prog.Input{Data: tt.data})
		if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || !errors.Is(err, unix.EINVAL)) {
			t.Errorf("%v, %d bytes: %v, want %q", tt.typ, len(tt.data), err, tt.want)
		}
	}
}
