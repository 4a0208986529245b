// Command tcp_cc runs TCP congestion controls written in Go in the kernel, and
// shows how they behave beside the kernel's own.
//
//	go run ./examples/tcp_cc                   # as root
//	go run -exec sudo ./examples/tcp_cc        # from an ordinary user's shell
//
// It compiles two algorithms (reno.go, gentle.go), checks them against the
// kernel's BTF, registers them, and lets each carry a real TCP transfer over an
// emulated link between two network namespaces. Everything is gone when it
// ends, also when it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// Exit codes.
const (
	exitFailed       = 1
	exitUnprivileged = 2   // compiled and checked, but nothing was registered
	exitInterrupted  = 130 // as shells have it for Ctrl-C
)

func main() {
	start := time.Now()
	var opt options
	flag.BoolVar(&opt.json, "json", false, "print one JSON object instead of tables and pictures")
	flag.DurationVar(&opt.duration, "duration", netlab.DefaultDuration, "length of each transfer")
	flag.StringVar(&opt.out, "out", ".", "folder for tcp_cc.svg and tcp_cc.png")
	flag.Parse()
	switch {
	case flag.NArg() > 0:
		fmt.Fprintf(os.Stderr, "tcp_cc: unknown argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(exitFailed)
	case opt.duration <= 0:
		fmt.Fprintf(os.Stderr, "tcp_cc: -duration %v: a transfer takes time, 4s for example\n", opt.duration)
		os.Exit(exitFailed)
	}
	opt.start = start
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, opt, os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err != nil && interrupted:
		fmt.Fprintln(os.Stderr, "tcp_cc: interrupted; everything is unregistered and removed")
		os.Exit(exitInterrupted)
	case errors.Is(err, errUnprivileged):
		os.Exit(exitUnprivileged)
	case err != nil:
		fmt.Fprintln(os.Stderr, "tcp_cc:", err)
		os.Exit(exitFailed)
	}
}

// options are what the command line sets.
type options struct {
	json     bool
	duration time.Duration // of each transfer
	out      string        // folder for the plots
	start    time.Time     // of main
}

// run does everything; what it registers and builds is gone when it returns.
func run(ctx context.Context, opt options, stdout io.Writer) error {
	if missing := missingCapabilities(); len(missing) > 0 {
		return offline(missing, opt, stdout)
	}
	text := stdout
	if opt.json {
		text = io.Discard
	} else if err := os.MkdirAll(opt.out, 0o755); err != nil { // better now than after the transfers
		return err
	}
	before, err := available()
	if err != nil {
		return err
	}
	ours, err := prepareAll()
	if err != nil {
		return err
	}
	for _, plan := range ours {
		if err := writePlan(text, plan); err != nil {
			return err
		}
	}
	links, err := registerAll(ours, opt.start)
	if err != nil {
		return err
	}
	defer links.close()
	during, err := available()
	if err != nil {
		return err
	}
	fmt.Fprintf(text, "registered %v after the start of main; tcp_available_congestion_control is now: %s\n\n",
		links.coldStart.Round(100*time.Microsecond), strings.Join(during, " "))

	results, link, err := transfers(ctx, opt)
	if err != nil {
		return err
	}
	if err := links.close(); err != nil {
		return err
	}
	after, err := available()
	if err != nil {
		return err
	}
	if opt.json {
		r := newReport(kernelRelease(), results)
		r.ListedBefore, r.ListedDuring, r.ListedAfter = before, during, after
		r.ColdStartMS = milliseconds(links.coldStart)
		return r.writeJSON(stdout)
	}
	return show(stdout, opt, link, results, after)
}

// show prints what the transfers gave, and draws it.
func show(w io.Writer, opt options, link netlab.Link, results []result, after []string) error {
	fmt.Fprintf(w, "link: %v; %v each\n\n", link, opt.duration)
	if err := writeTable(w, results); err != nil {
		return err
	}
	fmt.Fprintln(w)
	style := pictureStyle{width: 80}
	if f, ok := w.(*os.File); ok {
		style = styleOf(f)
	}
	if err := writePicture(w, results, style); err != nil {
		return err
	}
	paths, err := writePlots(opt.out, link.String(), results)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nthe same as a plot: %s\nunregistered; tcp_available_congestion_control is again: %s\n",
		strings.Join(paths, ", "), strings.Join(after, " "))
	return err
}

// transfers lets each algorithm, and the kernel's Reno, carry data over the
// same link, one after the other.
func transfers(ctx context.Context, opt options) (results []result, link netlab.Link, err error) {
	lab, err := netlab.New(ctx, netlab.DefaultLink())
	if err != nil {
		return nil, link, err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	progress := newProgress(os.Stderr, opt.json)
	for _, a := range []struct {
		name   string
		native bool
	}{{"go_reno", false}, {"go_gentle", false}, {"reno", true}} {
		bar := progress.start(a.name, opt.duration)
		r, err := lab.Transfer(ctx, netlab.TransferOptions{CongestionControl: a.name, Duration: opt.duration, Progress: bar.sample})
		bar.done(r, err)
		if err != nil {
			return nil, link, fmt.Errorf("%s: %w", a.name, err)
		}
		results = append(results, result{Result: r, native: a.native})
	}
	return results, lab.Link(), nil
}
