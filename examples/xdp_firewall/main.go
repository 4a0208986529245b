// Command xdp_firewall drops packets from some networks, after only some nanoseconds of work in the kernel. It is an XDP program written
// in Go (firewall.go), with a table of networks that may change while it runs.
//
//	go run ./examples/xdp_firewall                   # as root: a demonstration
//	go run -exec sudo ./examples/xdp_firewall        # from an ordinary user's shell
//
// The demonstration needs no other machine. It makes two network namespaces with a cable between them, sends real packets from several
// addresses, and shows which packets pass while rules are added and removed. When it ends, everything is removed.
//
//	go run ./examples/xdp_firewall -i eth0 -block 10.0.0.0/8,2001:db8:bad::/48
//
// protects an interface of this machine until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
)

// Exit codes.
const (
	exitFailed       = 1
	exitUnprivileged = 2   // compiled and checked, but nothing was attached
	exitInterrupted  = 130 // as shells have it for Ctrl-C
)

// options are what the command line sets.
type options struct {
	iface    string // "": the demonstration
	blocked  []netip.Prefix
	duration time.Duration // of the demonstration
}

func main() {
	var opt options
	flag.StringVar(&opt.iface, "i", "", "protect this `interface` of the machine until Ctrl-C; none: a demonstration")
	block := flag.String("block", "", "`networks` to block from the start, such as 10.0.0.0/8,2001:db8::/32")
	flag.DurationVar(&opt.duration, "duration", 9*time.Second, "length of the demonstration")
	flag.Parse()
	var err error
	opt.blocked, err = parseNetworks(*block)
	switch {
	case err != nil:
		err = fmt.Errorf("-block: %w", err)
	case flag.NArg() > 0:
		err = fmt.Errorf("unknown argument %q", flag.Arg(0))
	case opt.duration <= 0:
		err = fmt.Errorf("-duration %v: must be more than 0, 9s for example", opt.duration)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "xdp_firewall:", err)
		os.Exit(exitFailed)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, opt, os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case errors.Is(err, errUnprivileged):
		os.Exit(exitUnprivileged)
	case err != nil:
		fmt.Fprintln(os.Stderr, "xdp_firewall:", err)
		os.Exit(exitFailed)
	case interrupted && opt.iface == "":
		fmt.Fprintln(os.Stderr, "xdp_firewall: interrupted; everything is removed")
		os.Exit(exitInterrupted)
	}
}

// run does everything. It removes what it attaches and builds before it returns.
func run(ctx context.Context, opt options, stdout io.Writer) error {
	if missing := missingCapabilities(opt); len(missing) > 0 {
		return offline(missing, stdout)
	}
	if opt.iface == "" {
		return demonstrate(ctx, opt, stdout)
	}
	iface, err := net.InterfaceByName(opt.iface)
	if err != nil {
		return fmt.Errorf("interface %q: %w%s", opt.iface, err, interfaceHelp())
	}
	return protect(ctx, iface.Index, session{firewall: newFirewall(), where: opt.iface}, opt.blocked, stdout, func() {})
}

// protect attaches the session's firewall to an interface of the thread's
// namespace for as long as the session lasts. started is called when the
// firewall works.
func protect(ctx context.Context, index int, s session, blocked []netip.Prefix, stdout io.Writer, started func()) (err error) {
	defer func() { err = errors.Join(err, s.firewall.close()) }()
	program, err := prog.Load(s.firewall.program(), prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer program.Close()
	if len(blocked) > 0 { // before the first packet comes
		what, err := s.firewall.blockStep(blocked...)()
		if err != nil {
			return err
		}
		s.events = append(s.events, event{text: what})
	}
	attached, err := link.AttachXDP(program, link.XDPOptions{Interface: index})
	if err != nil {
		return err
	}
	started()
	return errors.Join(s.watch(ctx, stdout), attached.Close())
}

// blockStep blocks networks.
func (w *firewall) blockStep(networks ...netip.Prefix) func() (string, error) {
	return func() (string, error) {
		var names []string
		for _, network := range networks {
			if err := w.block(network); err != nil {
				return "", err
			}
			names = append(names, network.String())
		}
		return "blocked " + strings.Join(names, ", "), nil
	}
}

// unblockStep removes a rule.
func (w *firewall) unblockStep(network netip.Prefix) func() (string, error) {
	return func() (string, error) { return "unblocked " + network.String(), w.unblock(network) }
}

// interfaceHelp lists the machine's interfaces.
func interfaceHelp() string {
	list, err := net.Interfaces()
	if err != nil || len(list) == 0 {
		return ""
	}
	var names []string
	for _, i := range list {
		names = append(names, i.Name)
	}
	return "\n\thelp: this machine has " + strings.Join(names, ", ")
}
