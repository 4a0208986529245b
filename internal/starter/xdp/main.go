// Command starter attaches a packet filter, which is written in Go (filter.go), to an interface, and says what it drops.
//
//	go test ./...                            # without root, on any system
//	go run -exec sudo .                      # on loopback: it sends to itself
//	go run -exec sudo . -interface eth0 -port 5353 -duration 1m
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
)

// options are what the command line sets.
type options struct {
	iface    string
	port     uint
	duration time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.iface, "interface", "lo", "where packets come in")
	flag.UintVar(&o.port, "port", 9999, "of UDP; datagrams to it are dropped")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "how long it filters")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		os.Exit(1)
	}
}

// run filters for some time. When it returns, and also when the process is killed, the kernel has forgotten the filter.
func run(ctx context.Context, o options, stdout io.Writer) error {
	if o.port == 0 || o.port > 65535 {
		return fmt.Errorf("-port must be 1 to 65535, not %d", o.port)
	}
	iface, err := net.InterfaceByName(o.iface)
	if err != nil {
		return fmt.Errorf("%s: %w", o.iface, err)
	}
	w := newFilter()
	defer w.blocked.Close()
	p, err := prog.Load(w.program(), prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	port := dsl.NetworkOrder16(uint16(o.port))
	if err := w.blocked.Put(port, 0); err != nil {
		return err
	}
	attached, err := link.AttachXDP(p, link.XDPOptions{Interface: iface.Index})
	if err != nil {
		return err
	}
	defer attached.Close()
	if o.iface == "lo" {
		ctx, stop := context.WithCancel(ctx)
		var sender sync.WaitGroup
		sender.Go(func() { sendToMyself(ctx, int(o.port)) })
		defer func() { stop(); sender.Wait() }()
	}
	fmt.Fprintf(stdout, "on %s, UDP to port %d is dropped for %v\n", o.iface, o.port, o.duration)
	select {
	case <-ctx.Done():
	case <-time.After(o.duration):
	}
	n, err := w.blocked.Lookup(port)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d datagrams were dropped\n", n)
	return attached.Close()
}

// sendToMyself sends ten datagrams in a second.
func sendToMyself(ctx context.Context, port int) {
	conn, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return
	}
	defer conn.Close()
	for ticks := time.Tick(100 * time.Millisecond); ctx.Err() == nil; <-ticks {
		conn.Write([]byte("hello")) // it is dropped: nobody answers
	}
}
