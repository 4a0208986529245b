package howto_test

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Places of the programs below, and how often each was called.
const (
	xdp = iota
	tc
	cgroup
	tracepoint
	places
)

var calls = maps.NewArray[uint64]("calls", places)

// called counts a call.
func called(f *dsl.Fn, place uint32) {
	n := calls.In(f).Lookup(f.U32(place))
	f.If(n.NotNil(), func() { n.U64("").AtomicAdd(1) })
}

// attachXDP runs a program for each packet that an interface receives, before the kernel looks at it.
func attachXDP(iface int) (link.Link, error) {
	return load(dsl.Func("on_xdp", func(f *dsl.Fn, x ctx.XDP) dsl.U32 {
		called(f, xdp)
		return f.U32(ctx.XDPPass)
	}), prog.Options{License: "GPL"}, func(p *prog.Loaded) (link.Link, error) {
		return link.AttachXDP(p, link.XDPOptions{Interface: iface, Flags: link.XDPGenericMode}) // 0 lets the kernel choose the mode
	})
}

// attachTC runs a program for each packet that an interface sends.
func attachTC(iface int) (link.Link, error) {
	return load(dsl.Func("on_tc", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		called(f, tc)
		return f.S32(ctx.TcxNext) // the next program decides
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeSchedCls}, func(p *prog.Loaded) (link.Link, error) {
		return link.AttachTCX(p, link.TCXOptions{Interface: iface, Attach: syscall.AttachTCXEgress})
	})
}

// attachCgroup runs a program for each packet that the processes of a cgroup send.
func attachCgroup(folder string) (link.Link, error) {
	return load(dsl.Func("on_cgroup", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
		called(f, cgroup)
		return f.S32(1) // it may be sent
	}), prog.Options{
		License: "GPL", Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress,
	}, func(p *prog.Loaded) (link.Link, error) {
		return link.AttachCgroup(p, link.CgroupOptions{Path: folder})
	})
}

// attachTracepoint runs a program for each system call, with the tracepoint's arguments.
func attachTracepoint() (link.Link, error) {
	return load(dsl.Func("on_call", func(f *dsl.Fn, registers dsl.U64, call dsl.S64) {
		called(f, tracepoint)
	}), prog.Options{License: "GPL", Type: syscall.ProgTypeRawTracepoint}, func(p *prog.Loaded) (link.Link, error) {
		return link.AttachRawTracepoint(p, link.RawTracepointOptions{Name: "sys_enter"})
	})
}

// load loads and attaches. The link holds the program, so this process need not.
func load(p *dsl.Program, o prog.Options, attach func(*prog.Loaded) (link.Link, error)) (link.Link, error) {
	loaded, err := prog.Load(p, o)
	if err != nil {
		return nil, err
	}
	defer loaded.Close()
	return attach(loaded)
}

// keep makes an attachment stay when this process ends: the file holds it.
func keep(l link.Link, path string) error {
	if err := l.Pin(path); err != nil {
		return err
	}
	return l.Close()
}

// end ends it, from any process.
func end(path string) error {
	l, err := link.OpenPinned(path)
	if err != nil {
		return err
	}
	if err := l.Unpin(); err != nil {
		return err
	}
	return l.Close()
}
