// Command starter registers a TCP congestion control, which is written in Go (algorithm.go), and sends with it for a second.
//
//	go test ./...            # without root, on any system
//	go run -exec sudo .      # in the kernel
//	go run -exec sudo . -stay
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
	stay := flag.Bool("stay", false, "keep it registered until Ctrl-C, so that other programs can use it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *stay, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		os.Exit(1)
	}
}

// run registers the algorithm and sends with it. When it returns, and also when the process is killed, the kernel has forgotten it.
func run(ctx context.Context, stay bool, stdout io.Writer) error {
	a := newAlgorithm()
	defer a.counts.Close()
	link, err := structops.Register(a.ops())
	if err != nil {
		return err
	}
	defer link.Close()
	sent, err := transfer(ctx, a.ops().Name, time.Second)
	if err != nil {
		return err
	}
	n, err := a.counts.Load()
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s sent %d MB over loopback: %d acknowledgements, %d losses, a window of at most %d segments\n",
		a.ops().Name, sent/1_000_000, n.Acks, n.Losses, n.Window)
	if stay {
		fmt.Fprintf(stdout, "registered until Ctrl-C: try  iperf3 -c HOST -C %s\n", a.ops().Name)
		<-ctx.Done()
	}
	return link.Close()
}
