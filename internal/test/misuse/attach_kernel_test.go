//go:build linux

package misuse

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// load loads a program for the running kernel, and closes it when the test ends.
func load(t *testing.T, p *dsl.Program, o prog.Options) *prog.Loaded {
	t.Helper()
	o.License = "GPL"
	loaded, err := prog.Load(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loaded.Close() })
	return loaded
}

// passing is an XDP program.
func passing() *dsl.Program {
	return dsl.Func("pass", func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return f.U32(ctx.XDPPass) })
}

// closed ends a link that should not be there, and returns what making it returned.
func closed(l link.Link, err error) error {
	if err == nil {
		l.Close()
	}
	return err
}

// TestAttach: programs that are attached to a wrong place.
func TestAttach(t *testing.T) {
	kerneltest.RequireExactly(t, 6, 18)
	xdp := load(t, passing(), prog.Options{})
	skb := dsl.Func("accept", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 { return f.S32(0) })
	tc := load(t, skb, prog.Options{Type: syscall.ProgTypeSchedCls})
	egress := load(t, dsl.Func("allow", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 { return f.S32(1) }),
		prog.Options{Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress})
	raw := load(t, dsl.Func("switched", func(f *dsl.Fn, c dsl.RawTracepoint) dsl.S32 { return f.S32(0) }),
		prog.Options{Type: syscall.ProgTypeRawTracepoint})
	lookup := load(t, dsl.Func("lookup", func(f *dsl.Fn, c ctx.SkLookup) dsl.S32 { return f.S32(1) }),
		prog.Options{})
	filterer := load(t, dsl.Func("keep", func(f *dsl.Fn, skb ctx.SKB) dsl.U32 { return skb.Len() }),
		prog.Options{Type: syscall.ProgTypeSocketFilter})
	gone, err := prog.Load(passing(), prog.Options{License: "GPL"})
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	const lo = 1 // the loopback interface, in each network namespace
	cgroup, bpffs := kerneltest.Cgroup(t), kerneltest.BPFFS(t)
	folder := t.TempDir()
	file := writeFile(t, folder, "notes.txt", "no namespace\n")
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	kerneltest.InNetns(t, func() error {
		compare(t, "attach", []row{
			{name: "interface was forgotten", code: func() error { return closed(link.AttachXDP(xdp, link.XDPOptions{})) }},
			{name: "interface is not there", code: func() error {
				return closed(link.AttachXDP(xdp, link.XDPOptions{Interface: 4711}))
			}},
			{name: "tc program as XDP", code: func() error { return closed(link.AttachXDP(tc, link.XDPOptions{Interface: lo})) }},
			{name: "XDP program at tc", code: func() error {
				return closed(link.AttachTCX(xdp, link.TCXOptions{Interface: lo, Attach: syscall.AttachTCXIngress}))
			}},
			{name: "two modes", code: func() error {
				return closed(link.AttachXDP(xdp, link.XDPOptions{Interface: lo, Flags: link.XDPGenericMode | link.XDPDriverMode}))
			}},
			{name: "driver that cannot", code: func() error {
				return closed(link.AttachXDP(xdp, link.XDPOptions{Interface: lo, Flags: link.XDPDriverMode}))
			}},
			{name: "unknown flags", code: func() error {
				return closed(link.AttachXDP(xdp, link.XDPOptions{Interface: lo, Flags: 1 << 20}))
			}},
			{name: "interface has a program", code: func() error {
				first, err := link.AttachXDP(xdp, link.XDPOptions{Interface: lo})
				if err != nil {
					return err
				}
				defer first.Close()
				return closed(link.AttachXDP(xdp, link.XDPOptions{Interface: lo}))
			}},
			{name: "direction was forgotten", code: func() error { return closed(link.AttachTCX(tc, link.TCXOptions{Interface: lo})) }},
			{name: "direction of something else", code: func() error {
				return closed(link.AttachTCX(tc, link.TCXOptions{Interface: lo, Attach: syscall.AttachCgroupInetIngress}))
			}},
			{name: "cgroup was forgotten", code: func() error { return closed(link.AttachCgroup(egress, link.CgroupOptions{})) }},
			{name: "cgroup is not there", code: func() error {
				return closed(link.AttachCgroup(egress, link.CgroupOptions{Path: "/sys/fs/cgroup/no/such/group"}))
			}},
			{name: "folder that is no cgroup", code: func() error {
				return closed(link.AttachCgroup(egress, link.CgroupOptions{Path: folder}))
			}},
			{name: "XDP program for a cgroup", code: func() error {
				return closed(link.AttachCgroup(xdp, link.CgroupOptions{Path: cgroup}))
			}},
			{name: "network namespace is not there", code: func() error {
				return closed(link.AttachNetns(lookup, link.NetnsOptions{Path: "/run/netns/no_such_namespace"}))
			}},
			{name: "file that is no namespace", code: func() error {
				return closed(link.AttachNetns(lookup, link.NetnsOptions{Path: file}))
			}},
			{name: "misspelt tracepoint", code: func() error {
				return closed(link.AttachRawTracepoint(raw, link.RawTracepointOptions{Name: "sched_swtch"}))
			}},
			{name: "tracepoint with its group", code: func() error {
				return closed(link.AttachRawTracepoint(raw, link.RawTracepointOptions{Name: "sched:sched_switch"}))
			}},
			{name: "tracepoint was forgotten", code: func() error {
				return closed(link.AttachRawTracepoint(raw, link.RawTracepointOptions{}))
			}},
			{name: "XDP program for tracing", code: func() error { return closed(link.AttachTracing(xdp, link.TracingOptions{})) }},
			{name: "XDP program for LSM", code: func() error { return closed(link.AttachLSM(xdp, link.LSMOptions{})) }},
			{name: "program was closed", code: func() error { return closed(link.AttachXDP(gone, link.XDPOptions{Interface: lo})) }},
			{name: "no program", code: func() error { return closed(link.AttachXDP(nil, link.XDPOptions{Interface: lo})) }},
			{name: "socket was closed", code: func() error { return link.AttachSocketFilter(conn, filterer) }},
			{name: "XDP program for a socket", code: func() error { return link.AttachSocketFilter(conn, xdp) }},
			{name: "pin is not there", code: func() error {
				return closed(link.OpenPinned(filepath.Join(bpffs, "firewall")))
			}},
			{name: "pin is a file", code: func() error {
				return closed(link.OpenPinned(file))
			}},
			{name: "pin outside of a BPF file system", code: func() error {
				return pinned(xdp, lo, filepath.Join(folder, "firewall"))
			}},
			{name: "pin in a folder that is not there", code: func() error {
				return pinned(xdp, lo, filepath.Join(bpffs, "no", "such", "folder"))
			}},
			{name: "pin whose name is taken", code: func() error {
				path := filepath.Join(bpffs, "taken")
				if err := os.Mkdir(path, 0o700); err != nil {
					return err
				}
				return pinned(xdp, lo, path)
			}},
			{name: "pin has a dot in its name", code: func() error { return pinned(xdp, lo, filepath.Join(bpffs, "fire.wall")) }},
		})
		return nil
	})
}

// pinned attaches a program, and pins the link at a path.
func pinned(p *prog.Loaded, iface int, path string) error {
	l, err := link.AttachXDP(p, link.XDPOptions{Interface: iface})
	if err != nil {
		return err
	}
	defer l.Close()
	return l.Pin(path)
}
