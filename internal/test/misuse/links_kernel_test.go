//go:build linux

package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestLinks: links and implementations that are used too late, too early or twice.
func TestLinks(t *testing.T) {
	kerneltest.RequireExactly(t, 6, 18)
	xdp := load(t, passing(), prog.Options{})
	tc := load(t, dsl.Func("accept", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 { return f.S32(0) }),
		prog.Options{Type: syscall.ProgTypeSchedCls})
	const lo = 1 // the loopback interface, in each network namespace
	attached := func(use func(l link.Link) error) error {
		l, err := link.AttachXDP(xdp, link.XDPOptions{Interface: lo})
		if err != nil {
			return err
		}
		defer l.Close()
		return use(l)
	}
	registered := func(use func(l *structops.Link) error) error {
		algorithm := reno()
		algorithm.Name = "go_misuse"
		l, err := structops.Register(algorithm)
		if err != nil {
			return err
		}
		defer l.Close()
		return use(l)
	}
	kerneltest.InNetns(t, func() error {
		compare(t, "links", []row{
			{name: "update of a closed link", code: func() error {
				return attached(func(l link.Link) error { l.Close(); return l.Update(xdp) })
			}},
			{name: "update of a detached link", code: func() error {
				return attached(func(l link.Link) error { l.Detach(); return l.Update(xdp) })
			}},
			{name: "update with a program of another type", code: func() error {
				return attached(func(l link.Link) error { return l.Update(tc) })
			}},
			{name: "update with nothing", code: func() error {
				return attached(func(l link.Link) error { return l.Update(nil) })
			}},
			{name: "update with a program that was not loaded", code: func() error {
				return attached(func(l link.Link) error { return l.Update((*prog.Loaded)(nil)) })
			}},
			{name: "information of a closed link", code: func() error {
				return attached(func(l link.Link) error { l.Close(); _, err := l.Info(); return err })
			}},
			{name: "pin of a closed link", code: func() error {
				return attached(func(l link.Link) error { l.Close(); return l.Pin("/sys/fs/bpf/firewall") })
			}},
			{name: "registered twice", code: func() error {
				return registered(func(l *structops.Link) error {
					return registered(func(l *structops.Link) error { return nil })
				})
			}},
			{name: "registered under the kernel's name", code: func() error {
				algorithm := reno()
				algorithm.Name = "cubic"
				return unregister(structops.Register(algorithm))
			}},
			{name: "replaced by another name", code: func() error {
				return registered(func(l *structops.Link) error {
					algorithm := reno()
					algorithm.Name = "go_other"
					return l.Replace(algorithm)
				})
			}},
			{name: "replaced by a program", code: func() error {
				return registered(func(l *structops.Link) error { return l.Update(xdp) })
			}},
			{name: "registered and already closed", code: func() error {
				loaded, err := structops.Load(reno())
				if err != nil {
					return err
				}
				loaded.Close()
				return unregister(loaded.Register())
			}},
			{name: "update of a link that was never made", code: func() error {
				var l *structops.Link
				return l.Update(xdp)
			}},
			{name: "plan that was never made", code: func() error {
				var plan structops.Plan
				_, err := plan.Load()
				return err
			}},
			{name: "program that was never loaded is run", code: func() error {
				var loaded prog.Loaded
				_, err := loaded.Run(prog.Input{Data: make([]byte, 64)})
				return err
			}},
			{name: "closed program is run", code: func() error {
				loaded, err := prog.Load(passing(), prog.Options{License: "GPL"})
				if err != nil {
					return err
				}
				loaded.Close()
				_, err = loaded.Run(prog.Input{Data: make([]byte, 64)})
				return err
			}},
			{name: "run on a short packet", code: func() error {
				_, err := xdp.Run(prog.Input{Data: make([]byte, 10)})
				return err
			}},
			{name: "run without a packet", code: func() error {
				_, err := xdp.Run(prog.Input{})
				return err
			}},
		})
		return nil
	})
}

// unregister ends a registration that should not be there, and returns what making it returned.
func unregister(l *structops.Link, err error) error {
	if err == nil {
		l.Close()
	}
	return err
}
