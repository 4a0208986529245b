//go:build linux

package prog_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Programs of all types, written as Go functions, with something that each one's
// user would see: a port that is closed, a call that is counted.

// ipv4UDP is the start of a packet of UDP over IPv4 without options.
type ipv4UDP struct {
	VersionAndLength, TOS    uint8
	Length, ID, FragmentInfo dsl.BE16
	TTL, Protocol            uint8
	Checksum                 dsl.BE16
	From, To                 dsl.BE32
	FromPort, ToPort         dsl.BE16
}

// number is a variable of the test's.
func number[T any](t *testing.T, initial T) *maps.Global[T] {
	t.Helper()
	g := maps.NewGlobal("number", initial)
	if err := g.Create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// sendText sends a datagram over loopback, and reports whether it arrived.
func sendText(receiver net.PacketConn, text string) (arrived bool, err error) {
	sender, err := net.Dial("udp4", receiver.LocalAddr().String())
	if err != nil {
		return false, err
	}
	defer sender.Close()
	if _, err := sender.Write([]byte(text)); err != nil && !errors.Is(err, unix.EPERM) {
		return false, err
	}
	receiver.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	b := make([]byte, 100)
	n, _, err := receiver.ReadFrom(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return err == nil && string(b[:n]) == text, err
}

// listen is a socket of the thread's namespace, and its port.
func listen() (*net.UDPConn, uint16, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, 0, err
	}
	return conn, uint16(conn.LocalAddr().(*net.UDPAddr).Port), nil
}

// want reports when a datagram should have arrived and did not, or the other way round.
func want(conn net.PacketConn, text string, arrives bool) error {
	if arrived, err := sendText(conn, text); arrived != arrives || err != nil {
		return fmt.Errorf("%q arrived: %v, want %v; %v", text, arrived, arrives, err)
	}
	return nil
}

// TestSocketFilterByContent: a socket gets only the datagrams that begin as the filter wants.
func TestSocketFilterByContent(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	const udpHeader = 8 // where the packet begins for the filter of a UDP socket
	filter := loaded(t, dsl.Func("by_content", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
		first := dsl.Local[uint8](f)
		f.If(helper.SkbLoadBytes(f, skb, f.U32(udpHeader), first, f.U32(1)).Ne(0), f.ReturnConst(0))
		f.If(first.U8("").Eq('x'), f.ReturnConst(0))
		return skb.Len() // all of it
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
	conn, _, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := link.AttachSocketFilter(conn, filter); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(want(conn, "hello", true), want(conn, "xello", false)); err != nil {
		t.Error(err)
	}
}

// TestXDPByPort: packets to a port that user space names are dropped; it may change
// its mind while the program runs.
func TestXDPByPort(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	closed, dropped := number(t, uint16(0)), number(t, uint64(0))
	p := loaded(t, dsl.Func("by_port", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		pass := f.ReturnConst(ctx.XDPPass)
		packet := x.Packet()
		f.If(packet.Bytes(12, 2, pass).At(0).BE().U16().Ne(0x0800), pass)
		ip := dsl.Header[ipv4UDP](packet, 14, pass)
		f.If(ip.U8("Protocol").Ne(unix.IPPROTO_UDP).Or(ip.U16("ToPort").Ne(closed.In(f).U16(""))), pass)
		dropped.In(f).U64("").AtomicAdd(1)
		return f.U32(ctx.XDPDrop)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeXDP})
	kerneltest.InNetns(t, func() error {
		conn, port, err := listen()
		if err != nil {
			return err
		}
		defer conn.Close()
		attached, err := link.AttachXDP(p, link.XDPOptions{Interface: kerneltest.Loopback})
		if err != nil {
			return err
		}
		defer attached.Close()
		return errors.Join(want(conn, "open", true), closed.Store(port), want(conn, "closed", false), closed.Store(0),
			want(conn, "open again", true))
	})
	if n, err := dropped.Load(); n != 1 || err != nil {
		t.Errorf("%d packets dropped, %v", n, err)
	}
}

// TestTCXMarks: what one program marks on the way out, another one drops on the
// way in.
func TestTCXMarks(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 6)
	t.Parallel()
	mark := number(t, uint32(7))
	options := prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls}
	out := loaded(t, dsl.Func("marks", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		skb.SetMark(mark.In(f).U32(""))
		return f.S32(tcPass)
	}), options)
	in := loaded(t, dsl.Func("drops_marked", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		f.If(skb.Mark().Eq(7), f.ReturnConst(tcDrop))
		return f.S32(tcPass)
	}), options)
	kerneltest.InNetns(t, func() error {
		conn, _, err := listen()
		if err != nil {
			return err
		}
		defer conn.Close()
		egress, err := link.AttachTCX(out, link.TCXOptions{Interface: kerneltest.Loopback, Attach: syscall.AttachTCXEgress})
		if err != nil {
			return err
		}
		defer egress.Close()
		ingress, err := link.AttachTCX(in, link.TCXOptions{Interface: kerneltest.Loopback, Attach: syscall.AttachTCXIngress})
		if err != nil {
			return err
		}
		defer ingress.Close()
		return errors.Join(want(conn, "marked", false), mark.Store(8), want(conn, "with another mark", true))
	})
}

// TestStructuredCgroup is not parallel: the whole process goes into a cgroup.
func TestStructuredCgroup(t *testing.T) {
	kerneltest.Require(t)
	dir := kerneltest.Cgroup(t)
	t.Run("sock", func(t *testing.T) {
		noUDP := loaded(t, dsl.Func("no_udp", func(f *dsl.Fn, sk ctx.Sock) dsl.U32 {
			return sk.Type().Ne(unix.SOCK_DGRAM).U32()
		}), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSock, AttachType: syscall.AttachCgroupInetSockCreate})
		attached, err := link.AttachCgroup(noUDP, link.CgroupOptions{Path: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer attached.Close()
		if err := inCgroup(t, dir, func() error {
			if fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); !errors.Is(err, unix.EPERM) {
				unix.Close(fd)
				return fmt.Errorf("a UDP socket: %v", err)
			}
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			unix.Close(fd)
			return err
		}); err != nil {
			t.Error(err)
		}
	})
	t.Run("skb", func(t *testing.T) {
		closed := number(t, uint16(0))
		byPort := loaded(t, dsl.Func("by_port", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 {
			ip := dsl.Header[ipv4UDP](skb.Packet(), 0, f.ReturnConst(1)) // without a link layer's header
			return ip.U16("ToPort").Ne(closed.In(f).U16("")).U32()
		}), prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress})
		attached, err := link.AttachCgroup(byPort, link.CgroupOptions{Path: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer attached.Close()
		if err := inCgroup(t, dir, func() error {
			conn, port, err := listen()
			if err != nil {
				return err
			}
			defer conn.Close()
			return errors.Join(want(conn, "open", true), closed.Store(port), want(conn, "closed", false))
		}); err != nil {
			t.Error(err)
		}
	})
}

// calls counts this process's calls of getppid, where a program counts them. Tests that
// do are not parallel: each would count the others'.
func calls(t *testing.T, attached link.Link, count *maps.Global[uint64]) {
	t.Helper()
	defer attached.Close()
	const times = 10
	for range times {
		unix.Getppid()
	}
	if n, err := count.Load(); n != times || err != nil {
		t.Errorf("%d calls are counted, %v, want %d", n, err, times)
	}
	attached.Close()
	unix.Getppid()
	if n, err := count.Load(); n != times || err != nil {
		t.Errorf("%d calls are counted after the end, %v, want %d", n, err, times)
	}
}

// mine leaves the program when it does not run for this process.
func mine(f *dsl.Fn) {
	f.If(helper.GetCurrentPidTgid(f).Shr(32).Ne(os.Getpid()), f.ReturnConst(0))
}

// TestVoidFunctionReturns0: where the result means nothing, a Go function without a result is compiled to return 0 on each of its ends,
// whatever the last call left in R0.
func TestVoidFunctionReturns0(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	watch := dsl.Func("watch", func(f *dsl.Fn, args dsl.RawTracepoint) {
		f.If(args.Arg(0).Gt(1), func() {
			helper.KtimeGetNs(f)
			f.Exit()
		})
		helper.GetPrandomU32(f)
	})
	p := loaded(t, watch, prog.Options{License: "GPL", Type: syscall.ProgTypeRawTracepoint})
	for _, arg := range []byte{1, 2} {
		if out, err := p.Run(prog.Input{Context: []byte{arg, 0, 0, 0, 0, 0, 0, 0}}); err != nil || out.Result != 0 {
			t.Errorf("argument %d: %d, %v", arg, out.Result, err)
		}
	}
	// A program with BTF arguments cannot be run like this; the verifier wants 0 of it.
	loaded(t, dsl.Func("opened", func(f *dsl.Fn, p dsl.Ptr, id dsl.S64) { helper.KtimeGetNs(f) }),
		prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, AttachTo: "sys_enter"})
}

func TestRawTracepointCountsCalls(t *testing.T) {
	kerneltest.Require(t)
	count := number(t, uint64(0))
	p := loaded(t, dsl.Func("count_calls", func(f *dsl.Fn, args dsl.RawTracepoint) dsl.S32 {
		f.If(args.Arg(1).Ne(unix.SYS_GETPPID), f.ReturnConst(0))
		mine(f)
		count.In(f).U64("").AtomicAdd(1)
		return f.S32(0)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeRawTracepoint})
	attached, err := link.AttachRawTracepoint(p, link.RawTracepointOptions{Name: "sys_enter"})
	if err != nil {
		t.Fatal(err)
	}
	calls(t, attached, count)
}

func TestTypedTracepointCountsCalls(t *testing.T) {
	kerneltest.Require(t)
	count := number(t, uint64(0))
	p := loaded(t, dsl.Func("count_calls", func(f *dsl.Fn, regs dsl.Ptr, id dsl.S64) dsl.S32 {
		f.If(id.Ne(unix.SYS_GETPPID), f.ReturnConst(0))
		mine(f)
		// The number is in the registers too; the kernel's types have their struct.
		f.If(regs.To("pt_regs").Field("orig_ax").U64().Ne(unix.SYS_GETPPID), f.ReturnConst(0))
		count.In(f).U64("").AtomicAdd(1)
		return f.S32(0)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP, AttachTo: "sys_enter"})
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	calls(t, attached, count)
}

// division is what user space asks a program.
type division struct {
	Dividend, Divisor   int32
	Quotient, Remainder int32
}

// TestSyscallProgramComputes: user space calls a program, as a function with
// arguments of its own.
func TestSyscallProgramComputes(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 14)
	t.Parallel()
	divide := dsl.Func("divide", func(f *dsl.Fn, d dsl.ContextOf[division]) dsl.S32 {
		d.S32("Quotient").Set(d.S32("Dividend").Div(d.S32("Divisor")))
		d.S32("Remainder").Set(d.S32("Dividend").Mod(d.S32("Divisor")))
		return f.S32(7)
	})
	p := loaded(t, divide, prog.Options{License: "GPL", Type: syscall.ProgTypeSyscall})
	in, err := maps.Encode(division{Dividend: -47, Divisor: 5})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Run(prog.Input{Context: in})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := maps.Decode[division](out.Context); err != nil || d != (division{-47, 5, -9, -2}) || out.Result != 7 {
		t.Errorf("%+v, result %d, %v", d, out.Result, err)
	}
}

// TestSKLookupByPort: a program closes a port of a network namespace for all
// addresses.
func TestSKLookupByPort(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	closed := number(t, uint32(0))
	p := loaded(t, dsl.Func("by_port", func(f *dsl.Fn, c ctx.SkLookup) dsl.U32 {
		const skDrop, skPass = 0, 1
		f.If(c.Protocol().Eq(unix.IPPROTO_TCP).And(c.LocalPort().Eq(closed.In(f).U32(""))), f.ReturnConst(skDrop))
		return f.U32(skPass)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeSKLookup})
	in := make([]byte, 64)
	binary.NativeEndian.PutUint32(in[8:], unix.AF_INET)
	binary.NativeEndian.PutUint32(in[12:], unix.IPPROTO_TCP)
	if out, err := p.Run(prog.Input{Context: in}); err != nil || out.Result != 0 { // port 0, which is closed at first
		t.Errorf("run: %+v, %v", out, err)
	}
	kerneltest.InNetns(t, func() error {
		attached, err := link.AttachNetns(p, link.NetnsOptions{Path: "/proc/thread-self/ns/net"})
		if err != nil {
			return err
		}
		defer attached.Close()
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer listener.Close()
		dial := func() error {
			conn, err := net.DialTimeout("tcp4", listener.Addr().String(), 10*time.Second)
			if err == nil {
				conn.Close()
			}
			return err
		}
		if err := dial(); err != nil {
			return fmt.Errorf("an open port: %v", err)
		}
		if err := closed.Store(uint32(listener.Addr().(*net.TCPAddr).Port)); err != nil {
			return err
		}
		if dial() == nil {
			return errors.New("a closed port lets in")
		}
		return nil
	})
}
