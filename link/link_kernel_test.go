//go:build linux

package link_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// The programs that the links hold: they differ in type and result.
const xdpPass = 2

// loaded loads a program that only has a result.
func loaded(t *testing.T, result int32, o prog.Options) *prog.Loaded {
	t.Helper()
	o.License = "GPL"
	p, err := prog.Load(dsl.Assembly("constant", dsl.Mov64Imm(isa.R0, result), dsl.Exit()), o)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// TestTheKernelsRefusalsAreTold: each refusal of the kernel is reported with its own cause. The answer of a kernel without tcx is in the
// table of TestWhyAttachingFails; this kernel has tcx.
func TestTheKernelsRefusalsAreTold(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 6)
	xdp := loaded(t, xdpPass, prog.Options{Type: syscall.ProgTypeXDP})
	tc := loaded(t, 0, prog.Options{Type: syscall.ProgTypeSchedCls})
	skb := loaded(t, 1, prog.Options{Type: syscall.ProgTypeCgroupSKB})
	raw := loaded(t, 0, prog.Options{Type: syscall.ProgTypeRawTracepoint})
	dir := kerneltest.Cgroup(t)
	for _, tt := range []struct {
		name   string
		attach func() (link.Link, error)
		is     error
		want   string
	}{
		{"wrong program type", func() (link.Link, error) { return link.AttachXDP(tc, link.XDPOptions{Interface: 1}) }, link.ErrProgType,
			"sched_cls programs are attached with link.AttachTCX"},
		{"wrong attach type", func() (link.Link, error) { return link.AttachTCX(tc, link.TCXOptions{Interface: 1}) }, link.ErrAttachType,
			"it may be tcx_ingress, tcx_egress"},
		{"missing interface", func() (link.Link, error) { return link.AttachXDP(xdp, link.XDPOptions{Interface: 77}) },
			link.ErrNoInterface, "there is no interface 77 in this network namespace\n\thelp: it has 1 (lo)"},
		{"missing interface, tcx", func() (link.Link, error) {
			return link.AttachTCX(tc, link.TCXOptions{Interface: 77, Attach: syscall.AttachTCXEgress})
		}, link.ErrNoInterface, "there is no interface 77 in this network namespace\n\thelp: it has 1 (lo)"},
		{"bad flags", func() (link.Link, error) { return link.AttachXDP(xdp, link.XDPOptions{Interface: 1, Flags: 0xff}) },
			link.ErrBadFlags, "0xff"},
		{"driver mode on loopback", func() (link.Link, error) {
			return link.AttachXDP(xdp, link.XDPOptions{Interface: 1, Flags: link.XDPDriverMode})
		}, errors.ErrUnsupported, "link.XDPGenericMode} works with every driver"},
		{"no permission", func() (l link.Link, err error) {
			kerneltest.WithCapabilities(t, []int{unix.CAP_BPF, unix.CAP_DAC_OVERRIDE},
				func() { l, err = link.AttachCgroup(skb, link.CgroupOptions{Path: dir}) })
			return l, err
		}, fs.ErrPermission, "the process lacks CAP_NET_ADMIN"},
		{"no cgroup", func() (link.Link, error) { return link.AttachCgroup(skb, link.CgroupOptions{Path: t.TempDir()}) }, unix.EBADF,
			"that is not a cgroup"},
		{"no directory", func() (link.Link, error) { return link.AttachCgroup(skb, link.CgroupOptions{Path: "/nowhere"}) }, fs.ErrNotExist,
			"/nowhere"},
		{"no tracepoint", func() (link.Link, error) {
			return link.AttachRawTracepoint(raw, link.RawTracepointOptions{Name: "sys_entry"})
		}, fs.ErrNotExist, "has no such tracepoint"},
		{"no name", func() (link.Link, error) { return link.AttachRawTracepoint(raw, link.RawTracepointOptions{}) }, nil,
			"RawTracepointOptions.Name"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			kerneltest.InNetns(t, func() error {
				l, err := tt.attach()
				if err == nil {
					return errors.Join(errors.New("it is attached"), l.Close())
				}
				var step *prog.StepError
				if !errors.As(err, &step) || step.Step != prog.StepAttach || tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("%v is not %v", err, tt.is)
				}
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("want %q in:\n%v", tt.want, err)
				}
				t.Log(err)
				return nil
			})
		})
	}
}

// TestTakenPlacesNameTheHolder: an interface takes one XDP program, and a network namespace one of a flow dissector.
func TestTakenPlacesNameTheHolder(t *testing.T) {
	kerneltest.RequireLinux(t, 5, 9)
	xdp := loaded(t, xdpPass, prog.Options{Type: syscall.ProgTypeXDP})
	dissector := loaded(t, 0, prog.Options{Type: syscall.ProgTypeFlowDissector})
	for name, attach := range map[string]func() (link.Link, error){
		"xdp": func() (link.Link, error) {
			return link.AttachXDP(xdp, link.XDPOptions{Interface: 1, Flags: link.XDPGenericMode})
		},
		"flow dissector": func() (link.Link, error) { return link.AttachNetns(dissector, link.NetnsOptions{}) },
	} {
		kerneltest.InNetns(t, func() error {
			first, err := attach()
			if err != nil {
				return err
			}
			defer first.Close()
			info, err := first.Info()
			if err != nil {
				return err
			}
			second, err := attach()
			if err == nil {
				return errors.Join(errors.New(name+": it is attached twice"), second.Close())
			}
			want := fmt.Sprintf(" (constant), through link %d, which is held by this process", info.ID)
			if !errors.Is(err, link.ErrTaken) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nwant ErrTaken and %q", name, err, want)
			}
			return nil
		})
	}
}

// TestLinksOfProgramsLiveAsLinksDo: pinned, opened, updated, detached.
func TestLinksOfProgramsLiveAsLinksDo(t *testing.T) {
	kerneltest.Require(t)
	dir, pins := kerneltest.Cgroup(t), kerneltest.BPFFS(t)
	allow := loaded(t, 1, prog.Options{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress})
	other := loaded(t, 1, prog.Options{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress})
	socket := loaded(t, 1, prog.Options{Type: syscall.ProgTypeCgroupSock, AttachType: syscall.AttachCgroupInetSockCreate})
	l, err := link.AttachCgroup(allow, link.CgroupOptions{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	info, err := l.Info()
	if err != nil || info.Type != syscall.LinkTypeCgroup || info.AttachType != syscall.AttachCgroupInetEgress || info.CgroupID == 0 {
		t.Errorf("info: %+v, %v", info, err)
	}
	if err := l.Update(other); err != nil {
		t.Error(err)
	}
	if err := l.Update(socket); !errors.Is(err, link.ErrOther) || !strings.Contains(err.Error(),
		"of type cgroup_skb, but the new program is of type cgroup_sock") {
		t.Errorf("a program of another type: %v", err)
	}
	pin := filepath.Join(pins, "egress")
	if err := l.Pin(pin); err != nil {
		t.Fatal(err)
	}
	if err := l.Pin(pin); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "pin at another path") {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := l.Pin(filepath.Join(t.TempDir(), "egress")); err == nil || !strings.Contains(err.Error(),
		"the path must be on a bpf file system") {
		t.Errorf("outside of a BPF file system: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := link.OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if now, err := again.Info(); err != nil || now.ID != info.ID || now.ProgID == info.ProgID {
		t.Errorf("opened: %+v, %v; was %+v", now, err, info)
	}
	if err := again.Update(socket); !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "must have the type") {
		t.Errorf("a program of another type: %v", err)
	}
	select {
	case <-again.Done():
		t.Error("it is not over")
	default:
	}
	if err := errors.Join(again.Detach(), again.Detach()); err != nil {
		t.Error(err)
	}
	<-again.Done()
	if err := again.Update(allow); !errors.Is(err, link.ErrDetached) {
		t.Errorf("update of what is detached: %v", err)
	}
	if now, err := again.Info(); err != nil || now.CgroupID != 0 {
		t.Errorf("detached: %+v, %v", now, err)
	}
	if err := errors.Join(again.Unpin(), again.Unpin()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(pin); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file still exists: %v", err)
	}
	if err := errors.Join(again.Close(), again.Close()); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{"update": again.Update(allow), "detach": again.Detach(), "pin": again.Pin(pin)} {
		if !errors.Is(err, link.ErrClosed) {
			t.Errorf("%s of a closed link: %v", what, err)
		}
	}
}

// TestTracingLinksCannotBeUpdated: and cannot be detached. The kernel has neither for them.
func TestTracingLinksCannotBeUpdated(t *testing.T) {
	kerneltest.Require(t)
	raw := loaded(t, 0, prog.Options{Type: syscall.ProgTypeRawTracepoint})
	l, err := link.AttachRawTracepoint(raw, link.RawTracepointOptions{Name: "sys_enter"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Update(raw); !errors.Is(err, link.ErrNoUpdate) || !strings.Contains(err.Error(), "attach the new program") {
		t.Errorf("update: %v", err)
	}
	if err := l.Detach(); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(),
		"links of this kind end with Unpin and Close") {
		t.Errorf("detach: %v", err)
	}
}

// TestInfoTellsWhere: the kernel says where a link is attached.
func TestInfoTellsWhere(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 6)
	xdp := loaded(t, xdpPass, prog.Options{Type: syscall.ProgTypeXDP})
	tc := loaded(t, 0, prog.Options{Type: syscall.ProgTypeSchedCls})
	lookup := loaded(t, 1, prog.Options{Type: syscall.ProgTypeSKLookup})
	kerneltest.InNetns(t, func() error {
		for _, tt := range []struct {
			attach func() (link.Link, error)
			want   syscall.LinkInfo
		}{
			{func() (link.Link, error) {
				return link.AttachXDP(xdp, link.XDPOptions{Interface: kerneltest.Loopback, Flags: link.XDPGenericMode})
			}, syscall.LinkInfo{Type: syscall.LinkTypeXDP, Interface: kerneltest.Loopback}},
			{func() (link.Link, error) {
				return link.AttachTCX(tc, link.TCXOptions{Interface: kerneltest.Loopback, Attach: syscall.AttachTCXEgress})
			}, syscall.LinkInfo{Type: syscall.LinkTypeTCX, Interface: kerneltest.Loopback, AttachType: syscall.AttachTCXEgress}},
			{func() (link.Link, error) { return link.AttachNetns(lookup, link.NetnsOptions{}) },
				syscall.LinkInfo{Type: syscall.LinkTypeNetNS, AttachType: syscall.AttachSKLookup}},
		} {
			l, err := tt.attach()
			if err != nil {
				return err
			}
			defer l.Close()
			info, err := l.Info()
			if err != nil {
				return err
			}
			if inode := info.NetnsInode; inode != 0 {
				var stat unix.Stat_t
				if err := unix.Stat("/proc/thread-self/ns/net", &stat); err != nil || uint64(inode) != stat.Ino {
					t.Errorf("inode of the namespace: %d, want %d, %v", inode, stat.Ino, err)
				}
			} else if tt.want.Type == syscall.LinkTypeNetNS {
				t.Error("no inode of the namespace")
			}
			got := *info
			got.ID, got.ProgID, got.NetnsInode = 0, 0, 0
			if got != tt.want || info.ID == 0 || info.ProgID == 0 {
				t.Errorf("got %+v, want %+v", *info, tt.want)
			}
		}
		return nil
	})
}

// TestOpsLinksAreLinks: an implementation of a kernel interface is updated, pinned, opened and closed through the interface.
func TestOpsLinksAreLinks(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := fmt.Sprintf("t_link_%d", os.Getpid()%1e6)
	constant := func(result int32) structops.Ops {
		two := dsl.Assembly("two", dsl.Mov64Imm(isa.R0, result), dsl.Exit())
		return structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: structops.Members{
			"name": name, "ssthresh": two, "undo_cwnd": two, "cong_avoid": dsl.Assembly("nothing", dsl.Mov64Imm(isa.R0, 0), dsl.Exit())}}
	}
	ops, err := structops.Register(constant(2))
	if err != nil {
		t.Fatal(err)
	}
	var l link.Link = ops
	defer l.Close()
	next, err := structops.Load(constant(3))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Update(next); err != nil {
		t.Error(err)
	}
	if err := l.Update(loaded(t, 0, prog.Options{Type: syscall.ProgTypeRawTracepoint})); !errors.Is(err, link.ErrOther) ||
		!strings.Contains(err.Error(), "*structops.Loaded") {
		t.Errorf("a program: %v", err)
	}
	pin := filepath.Join(kerneltest.BPFFS(t), name)
	if err := errors.Join(l.Pin(pin), l.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := link.OpenPinned(pin)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if opened, ok := again.(*structops.Link); !ok || opened.Name() != name {
		t.Errorf("opened: %#v", again)
	}
	if info, err := again.Info(); err != nil || info.Type != syscall.LinkTypeStructOps || info.MapID == 0 {
		t.Errorf("info: %+v, %v", info, err)
	}
	if err := errors.Join(again.Unpin(), again.Close()); err != nil {
		t.Error(err)
	}
	<-again.Done()
	registered, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil || strings.Contains(string(registered), name) {
		t.Errorf("still registered: %s, %v", registered, err)
	}
}

// TestOpenPinnedTakesLinksOnly: programs and maps are errors.
func TestOpenPinnedTakesLinksOnly(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.Require(t)
	pin := filepath.Join(kerneltest.BPFFS(t), "program")
	if err := syscall.ObjPin(loaded(t, 0, prog.Options{Type: syscall.ProgTypeRawTracepoint}).FD(), pin); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pin, "/nowhere", t.TempDir()} {
		l, err := link.OpenPinned(path)
		var step *prog.StepError
		if !errors.As(err, &step) || step.Step != prog.StepOpen || step.Place != path {
			t.Errorf("%s: %v, %v", path, l, err)
		}
	}
}

// TestTheExampleCounts: the example in the documentation works.
func TestTheExampleCounts(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.InNetns(t, func() error {
		n, err := countPackets(&net.Interface{Index: kerneltest.Loopback}, func() {
			conn, err := net.Dial("udp4", "127.0.0.1:9")
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("hello")); err != nil {
				t.Error(err)
			}
		})
		if err == nil && n == 0 {
			err = errors.New("no packet was counted")
		}
		return err
	})
}
