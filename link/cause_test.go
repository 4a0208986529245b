package link

import (
	"errors"
	"io/fs"
	"math/bits"
	"net"
	"os"
	"slices"
	"strings"
	errno "syscall"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/linux"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// planOf is a program of a type that does nothing, ready to be loaded.
func planOf(t *testing.T, o prog.Options) *prog.Plan {
	t.Helper()
	o.License = "GPL"
	plan, err := prog.Prepare(dsl.Assembly("p", dsl.Mov64Imm(isa.R0, 1), dsl.Exit()), o, compile.Target{})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// a1 is a system with a release, two interfaces and some capabilities.
func a1(release string, caps ...syscall.Cap) world {
	return world{
		release:    func() string { return release },
		interfaces: func() []net.Interface { return []net.Interface{{Index: 1, Name: "lo"}, {Index: 4, Name: "eth0"}} },
		has:        func(c syscall.Cap) bool { return slices.Contains(caps, c) },
	}
}

// TestWhyAttachingFails: each mistake has its own cause and remedy, although the kernel has one EINVAL for most of them. errno is what the
// kernel returns; nil stands for mistakes that are found before the kernel is asked.
func TestWhyAttachingFails(t *testing.T) {
	xdp, tc := prog.Options{Type: syscall.ProgTypeXDP}, prog.Options{Type: syscall.ProgTypeSchedCls}
	net := []syscall.Cap{syscall.CapBPF, syscall.CapNetAdmin}
	now := a1("6.18.5", net...)
	for _, tt := range []struct {
		name    string
		options prog.Options
		request request
		flags   XDPAttachFlags
		errno   error
		is      error
		cause   string
		help    string
	}{
		{"wrong program type", tc, request{point: xdpPoint(), iface: 1, world: now}, 0, nil,
			ErrProgType, "AttachXDP takes programs of type xdp; this one is of type sched_cls",
			"sched_cls programs are attached with link.AttachTCX"},
		{"wrong attach type", tc, request{point: tcxPoint(), iface: 1, at: syscall.AttachXDP, world: now}, 0, nil,
			ErrAttachType, "AttachTCX does not attach sched_cls programs at xdp", "it may be tcx_ingress, tcx_egress"},
		{"attach type of another program type", prog.Options{Type: syscall.ProgTypeCgroupSock,
			AttachType: syscall.AttachCgroupInetSockCreate},
			request{point: cgroupPoint(), at: syscall.AttachCgroupInetEgress, world: now}, 0, nil,
			ErrAttachType, "AttachCgroup does not attach cgroup_sock programs at cgroup_inet_egress",
			"it may be cgroup_inet_sock_create, "},
		{"another attach type than loaded for", prog.Options{Type: syscall.ProgTypeCgroupSock,
			AttachType: syscall.AttachCgroupInet4PostBind},
			request{point: cgroupPoint(), at: syscall.AttachCgroupInet6PostBind, world: now}, 0, nil,
			ErrAttachType, "loaded for cgroup_inet4_post_bind, and is to be attached at cgroup_inet6_post_bind",
			"load it with Options.AttachType cgroup_inet6_post_bind"},
		{"interface not set", xdp, request{point: xdpPoint(), world: now}, 0, nil,
			ErrNoInterface, "XDPOptions.Interface is 0; indices of interfaces begin with 1", `net.InterfaceByName("eth0") has the Index`},
		{"missing interface", xdp, request{point: xdpPoint(), iface: 7, world: now}, 0, errno.EINVAL,
			ErrNoInterface, "there is no interface 7 in this network namespace", "it has 1 (lo), 4 (eth0)"},
		{"missing interface, tcx", tc, request{point: tcxPoint(), iface: 7, at: syscall.AttachTCXEgress, world: now}, 0, errno.ENODEV,
			ErrNoInterface, "there is no interface 7 in this network namespace", "it has 1 (lo), 4 (eth0)"},
		{"a kernel without tcx", tc, request{point: tcxPoint(), iface: 4, at: syscall.AttachTCXIngress, world: a1("6.1.0-13-amd64",
			net...)}, 0, errno.EINVAL,
			ErrOldKernel, "Linux 6.1.0-13-amd64 is too old for AttachTCX", "it needs Linux 6.6 or later"},
		{"a kernel without links", xdp, request{point: xdpPoint(), iface: 4, world: a1("5.4.0", net...)}, 0, errno.EINVAL,
			ErrOldKernel, "Linux 5.4.0 is too old for AttachXDP", "it needs Linux 5.9 or later"},
		{"a kernel with netns links and no sk_lookup", prog.Options{Type: syscall.ProgTypeSKLookup}, request{point: netnsPoint(),
			at: syscall.AttachSKLookup, world: a1("5.8.1", net...)}, 0, errno.EINVAL,
			ErrOldKernel, "Linux 5.8.1 is too old for AttachNetns", "it needs Linux 5.9 or later"},
		{"two modes", xdp, request{point: xdpPoint(), iface: 4, world: now}, XDPGenericMode | XDPDriverMode, nil,
			ErrBadFlags, "XDPOptions.Flags is 0x6", "give one of XDPGenericMode, XDPDriverMode and XDPOffloadMode, or 0"},
		{"a flag that is no mode", xdp, request{point: xdpPoint(), iface: 4, world: now}, 1, nil,
			ErrBadFlags, "XDPOptions.Flags is 0x1", "give one of XDPGenericMode, XDPDriverMode and XDPOffloadMode, or 0"},
		{"no permission", xdp, request{point: xdpPoint(), iface: 4, world: a1("6.18.5", syscall.CapBPF), permitted: net}, 0, errno.EPERM,
			fs.ErrPermission, "not permitted: the process lacks CAP_NET_ADMIN", "setcap cap_bpf,cap_net_admin+ep FILE"},
		{"no permission for another reason", xdp, request{point: xdpPoint(), iface: 4, world: now, permitted: net}, 0, errno.EPERM,
			fs.ErrPermission, "this is not permitted", "a security module"},
		{"a second XDP program", xdp, request{point: xdpPoint(), iface: 4, world: now}, 0, errno.EBUSY,
			ErrTaken, "the interface has an XDP program already", "close the other link, or update it"},
		{"a driver without XDP", xdp, request{point: xdpPoint(), iface: 4, world: now}, XDPDriverMode, errno.EOPNOTSUPP,
			errors.ErrUnsupported, "the interface's driver has no XDP in this mode", "XDPOptions{Flags: link.XDPGenericMode}"},
		{"a tracepoint that is not there", prog.Options{Type: syscall.ProgTypeRawTracepoint}, request{point: rawTracepointPoint(),
			world: now}, 0, errno.ENOENT,
			fs.ErrNotExist, "this kernel has no such tracepoint", "without the group"},
		{"a directory that is no cgroup", prog.Options{Type: syscall.ProgTypeCgroupSKB}, request{point: cgroupPoint(), world: now}, 0,
			errno.EBADF,
			errno.EBADF, "that is not a cgroup", "a cgroup file system of version 2"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			r := tt.request
			r.plan = planOf(t, tt.options)
			if r.at == 0 {
				r.at = r.plan.Options.AttachType
			}
			var err error
			switch r.point.attach {
			case "AttachXDP":
				err = r.checkXDP(XDPOptions{Interface: r.iface, Flags: tt.flags})
			case "AttachTCX":
				err = r.checkInterface("TCXOptions")
			default:
				err = r.check()
			}
			if found := err != nil; found != (tt.errno == nil) {
				t.Fatalf("before the kernel is asked: %v", err)
			}
			if err == nil {
				err = r.refused(&syscall.Error{Command: syscall.CmdLinkCreate, Errno: tt.errno})
			}
			var step *prog.StepError
			if !errors.As(err, &step) || step.Step != prog.StepAttach || step.Subject != "p" || !step.Position.IsValid() {
				t.Errorf("got %+v", step)
			}
			if !errors.Is(err, tt.is) || tt.errno != nil && !errors.Is(err, tt.errno) {
				t.Errorf("%v is not %v and %v", err, tt.is, tt.errno)
			}
			if !strings.Contains(err.Error(), tt.cause) || !strings.Contains(step.Help, tt.help) {
				t.Errorf("want %q and %q in:\n%v", tt.cause, tt.help, err)
			}
			t.Log(err)
		})
	}
}

// TestEachPointIsNamedAfterItsFunction: messages name the functions of this package, and each type of program goes to one of them.
func TestEachPointIsNamedAfterItsFunction(t *testing.T) {
	for _, pt := range points() {
		if len(pt.types()) == 0 {
			t.Errorf("%s takes no programs", pt.attach)
		}
	}
	for typ, want := range map[syscall.ProgType]string{
		syscall.ProgTypeXDP: "link.AttachXDP", syscall.ProgTypeSockOps: "link.AttachCgroup", syscall.ProgTypeSKLookup: "link.AttachNetns",
		syscall.ProgTypeSocketFilter: "link.AttachSocketFilter", syscall.ProgTypeSyscall: "",
	} {
		if got := pointFor(typ); got != want {
			t.Errorf("%v: %q, want %q", typ, got, want)
		}
	}
}

// TestEachAttachTypeGoesSomewhere: each attach type that Linux has is for a function of this package, or there is a reason why it is not;
// never both. Each program that this package does not attach gets a reason, too.
func TestEachAttachTypeGoesSomewhere(t *testing.T) {
	reasons := map[linux.Target]bool{}
	for _, e := range elsewhere {
		reasons[e.target] = e.why != ""
	}
	used := map[linux.Target]bool{linux.TargetNone: true}
	for at := range linux.AttachTypes() {
		target := at.Info().Target
		used[target] = true
		attached := 0
		for typ := range linux.ProgTypes() {
			if !at.Info().Types.Has(typ) {
				continue
			}
			for _, pt := range points() {
				if pt.takes(typ) && slices.Contains(pt.places(typ), at) {
					attached++
				}
			}
		}
		switch {
		case attached == 0 && !reasons[target]:
			t.Errorf("no function attaches at %v, and there is no reason", at)
		case attached > 0 && reasons[target]:
			t.Errorf("%v is attached, and there is a reason why not", at)
		case attached > bits.OnesCount64(uint64(at.Info().Types)):
			t.Errorf("%d functions attach at %v", attached, at)
		}
	}
	for typ := range linux.ProgTypes() {
		used[typ.Info().Target] = true
		if pointFor(typ) == "" && whyNowhere(typ) == "" {
			t.Errorf("%v programs go nowhere, and there is no reason", typ)
		}
	}
	for target := range linux.Targets {
		if !used[target] {
			t.Errorf("target %d is for nothing", target)
		}
	}
}

// TestPointsNeedTheLinuxThatTheySay compares what the rows give with the releases that the documentation of this package names.
func TestPointsNeedTheLinuxThatTheySay(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, pt := range points() {
		var first isa.KernelVersion
		consider := func(v isa.KernelVersion) {
			if first == (isa.KernelVersion{}) || first.AtLeast(v) {
				first = v
			}
		}
		for _, typ := range pt.types() {
			for _, at := range pt.places(typ) {
				consider(pt.since(typ, at))
			}
			if pt.places(typ) == nil {
				consider(pt.since(typ, 0))
			}
		}
		said := false
		for line := range strings.Lines(string(text)) {
			said = said || strings.Contains(line, pt.attach+" ") && strings.HasSuffix(strings.TrimSpace(line), " "+first.String())
		}
		if !said {
			t.Errorf("doc.go does not say that %s needs Linux %v", pt.attach, first)
		}
	}
}
