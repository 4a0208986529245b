package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// demonstrate runs the firewall between two hosts of a lab.
func demonstrate(ctx context.Context, opt options, stdout io.Writer) (err error) {
	hosts := demoHosts()
	var addresses []netip.Addr
	for _, h := range hosts {
		addresses = append(addresses, h.address)
	}
	l, err := newLab(addresses)
	if err != nil {
		return err
	}
	defer l.close()

	ctx, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer func() { stop(); workers.Wait() }()
	if err := within(l.inside, func() error { return l.answer(ctx, &workers) }); err != nil {
		return err
	}
	var sending []*host
	for _, h := range hosts {
		if h.address.Is6() && !l.ipv6 {
			continue
		}
		sending = append(sending, h)
	}

	s := session{where: "between two hosts", length: opt.duration, senders: func() []sender {
		var list []sender
		for _, h := range sending {
			list = append(list, h.state())
		}
		return list
	}}
	blocked := opt.blocked
	if len(blocked) == 0 {
		blocked = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:bad::/48")}
	}
	return within(l.inside, func() error {
		iface, err := net.InterfaceByName(insideDevice)
		if err != nil {
			return err
		}
		w := newFirewall()
		if len(opt.blocked) == 0 {
			late := netip.MustParsePrefix("198.51.100.0/24")
			s.steps = []step{{opt.duration / 3, w.blockStep(late)}, {opt.duration * 2 / 3, w.unblockStep(blocked[0])}}
		}
		s.firewall = w
		err = protect(ctx, iface.Index, s, blocked, stdout, func() {
			for _, h := range sending {
				workers.Go(func() {
					if h.err = within(l.outside, func() error { return h.send(ctx) }); h.err != nil {
						stop() // without it the table would be wrong
					}
				})
			}
		})
		stop()
		workers.Wait()
		for _, h := range sending {
			err = errors.Join(err, h.err)
		}
		return err
	})
}

// port is the port on which the host inside answers.
const port = 7 // echo

// answer makes the host inside send back everything that it receives by UDP and TCP. The kernel answers ICMP itself.
func (l *lab) answer(ctx context.Context, workers *sync.WaitGroup) error {
	addresses := []string{inside4}
	if l.ipv6 {
		addresses = append(addresses, inside6)
	}
	for _, a := range addresses {
		at := netip.AddrPortFrom(netip.MustParseAddr(a), port)
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("the host inside: %w", err)
		}
		context.AfterFunc(ctx, func() { udp.Close() })
		workers.Go(func() {
			b := make([]byte, 2048)
			for {
				n, from, err := udp.ReadFromUDPAddrPort(b)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err == nil {
					udp.WriteToUDPAddrPort(b[:n], from) // the sender counts lost answers
				}
			}
		})
		tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("the host inside: %w", err)
		}
		context.AfterFunc(ctx, func() { tcp.Close() })
		workers.Go(func() {
			for {
				conn, err := tcp.Accept()
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err != nil {
					continue
				}
				workers.Go(func() {
					defer conn.Close()
					conn.SetDeadline(time.Now().Add(time.Second))
					b := make([]byte, 2048)
					if n, err := conn.Read(b); err == nil {
						conn.Write(b[:n])
					}
				})
			}
		})
	}
	return nil
}
