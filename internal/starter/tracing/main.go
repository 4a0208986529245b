// Command starter lists the programs that start on this machine. It watches the kernel with a program that is written in Go (watcher.go).
//
//	go test ./...            # without root, on any system
//	go run -exec sudo .      # for ten seconds: start something in another terminal
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
)

func main() {
	duration := flag.Duration("duration", 10*time.Second, "how long it watches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, *duration)
	err := run(ctx, os.Stdout)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		os.Exit(1)
	}
}

// run prints what starts until the context ends. When it returns, and also when the process is killed, the kernel has forgotten the
// watcher.
func run(ctx context.Context, stdout io.Writer) error {
	w := newWatcher()
	defer w.events.Close()
	p, err := prog.Load(w.program())
	if err != nil {
		return err
	}
	defer p.Close()
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		return err
	}
	defer attached.Close()
	fmt.Fprintln(stdout, "process  program")
	for {
		e, err := w.events.Read(ctx)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return attached.Close()
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%7d  %s\n", e.process(), e.command())
	}
}
