// Command starter runs all tasks of this machine on a scheduler that is written in Go (scheduler.go), for some seconds.
//
//	go test ./...            # without root, on any system
//	go run -exec sudo .      # needs Linux 6.12 or later, built with CONFIG_SCHED_CLASS_EXT
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/bpfsmith/bpfsmith/structops"
)

func main() {
	duration := flag.Duration("duration", 5*time.Second, "how long it schedules")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *duration, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		os.Exit(1)
	}
}

// run schedules for some time. When it returns, and also when the process is killed, the kernel uses its own scheduler again.
func run(ctx context.Context, duration time.Duration, stdout io.Writer) error {
	s := newScheduler()
	defer s.turns.Close()
	link, err := structops.Register(s.ops())
	if err != nil {
		return err
	}
	defer link.Close()
	fmt.Fprintf(stdout, "%s schedules this machine for %v\n", s.ops().Name, duration)
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	case <-link.Done(): // the kernel threw it out; Close says why
	}
	each, err := s.turns.Lookup(0)
	if err != nil {
		return err
	}
	for cpu, n := range each {
		fmt.Fprintf(stdout, "processor %d took %d tasks\n", cpu, n)
	}
	return link.Close()
}
