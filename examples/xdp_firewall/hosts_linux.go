package main

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// A host sends from one address, in several ways, and counts the answers.
type host struct {
	address netip.Addr
	ways    []way
	err     error // the error that ended sending; read it after the end

	sent, answered atomic.Uint64
}

// A way is one way of sending.
type way struct {
	name  string // for the table
	every time.Duration
	open  func(h *host) (shot func(ctx context.Context) error, close func(), err error)
}

// The ways. They use ordinary sockets.
func udp(every time.Duration) way  { return way{"UDP", every, (*host).openUDP} }
func icmp(every time.Duration) way { return way{"ICMP", every, (*host).openICMP} }
func tcp(every time.Duration) way  { return way{"TCP", every, (*host).openTCP} }

// demoHosts are the senders of the demonstration.
func demoHosts() []*host {
	const ms = time.Millisecond
	addr := netip.MustParseAddr
	return []*host{
		{address: addr("10.0.0.2"), ways: []way{udp(10 * ms), icmp(50 * ms), tcp(100 * ms)}},
		{address: addr("198.51.100.7"), ways: []way{udp(15 * ms), tcp(300 * ms)}},
		{address: addr("203.0.113.9"), ways: []way{udp(20 * ms), icmp(40 * ms)}},
		{address: addr("2001:db8::2"), ways: []way{udp(25 * ms)}},
		{address: addr("2001:db8:bad::7"), ways: []way{udp(30 * ms)}},
	}
}

// state returns what the table shows.
func (h *host) state() sender {
	var names []string
	for _, w := range h.ways {
		names = append(names, w.name)
	}
	return sender{h.address, strings.Join(names, ", "), h.sent.Load(), h.answered.Load()}
}

// send sends until the context is done. It runs on a thread in the namespace
// outside, where its sockets are made.
func (h *host) send(ctx context.Context) error {
	type shooter struct {
		way
		shot func(context.Context) error
		next time.Time
	}
	var shooters []*shooter
	for _, w := range h.ways {
		shot, closing, err := w.open(h)
		if err != nil {
			return err
		}
		defer closing()
		shooters = append(shooters, &shooter{w, shot, time.Now()})
	}
	for {
		first := shooters[0]
		for _, s := range shooters[1:] {
			if s.next.Before(first.next) {
				first = s
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(first.next)):
		}
		if now := time.Now(); first.next.Before(now.Add(-first.every)) {
			first.next = now // after a pause, missed packets are not sent later
		}
		first.next = first.next.Add(first.every)
		if err := first.shot(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// inside is the address that the host sends to.
func (h *host) inside() netip.Addr {
	if h.address.Is6() {
		return netip.MustParseAddr(inside6)
	}
	return netip.MustParseAddr(inside4)
}

// payload is long enough that the bytes visibly grow.
func payload() []byte { return make([]byte, 200) }

func (h *host) openUDP() (func(context.Context) error, func(), error) {
	conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(h.address, 0)),
		net.UDPAddrFromAddrPort(netip.AddrPortFrom(h.inside(), port)))
	if err != nil {
		return nil, nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2048)
		for {
			if _, err := conn.Read(b); err == nil {
				h.answered.Add(1)
			} else if errors.Is(err, net.ErrClosed) {
				return
			}
		}
	}()
	shot := func(context.Context) error {
		_, err := conn.Write(payload())
		h.sent.Add(1)
		return err
	}
	return shot, func() { conn.Close(); <-done }, nil
}

func (h *host) openICMP() (func(context.Context) error, func(), error) {
	conn, err := net.DialIP("ip4:icmp", &net.IPAddr{IP: h.address.AsSlice()}, &net.IPAddr{IP: h.inside().AsSlice()})
	if err != nil {
		return nil, nil, err
	}
	const echoReply, echo = 0, 8
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2048)
		for {
			n, _, err := conn.ReadFromIP(b) // ReadFromIP removes the IP header; Read does not
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err == nil && n > 0 && b[0] == echoReply:
				h.answered.Add(1)
			}
		}
	}()
	request := append([]byte{echo, 0, 0, 0, 0, 1, 0, 0}, payload()[:56]...)
	binary.BigEndian.PutUint16(request[2:], checksum(request))
	shot := func(context.Context) error {
		_, err := conn.Write(request)
		h.sent.Add(1)
		return err
	}
	return shot, func() { conn.Close(); <-done }, nil
}

// checksum is the Internet's (RFC 1071), of an even number of bytes.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// openTCP makes a new connection each time. When nobody answers, it stops soon.
func (h *host) openTCP() (func(context.Context) error, func(), error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: h.address.AsSlice()}, Timeout: 100 * time.Millisecond}
	to := netip.AddrPortFrom(h.inside(), port).String()
	shot := func(ctx context.Context) error {
		h.sent.Add(1)
		conn, err := dialer.DialContext(ctx, "tcp", to)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return nil
		}
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
		b := payload()
		if _, err := conn.Write(b); err != nil {
			return nil // lost on the way: the table shows it
		}
		if _, err := conn.Read(b); err == nil {
			h.answered.Add(1)
		}
		return nil
	}
	return shot, func() {}, nil
}
