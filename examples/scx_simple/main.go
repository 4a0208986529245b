// Command scx_simple runs all tasks of this machine on a scheduler written in Go (folder sched), as long as the command runs.
//
//	go run ./examples/scx_simple              # first come, first served
//	go run ./examples/scx_simple -weighted    # by weights, as nice sets them
//
// It needs root, and Linux 6.12 or later with sched_ext (CONFIG_SCHED_CLASS_EXT). Without them it compiles the scheduler, checks it
// against the types of such a kernel, and shows the result. However the command ends, the kernel then uses its own scheduler again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
)

// Exit codes.
const (
	exitFailed  = 1
	exitOffline = 2 // compiled and checked, but nothing was registered
)

// name is the scheduler's name in the kernel's list.
const name = "go_simple"

// options are what the command line sets.
type options struct {
	weighted bool
	duration time.Duration // 0: until it is interrupted
}

func main() {
	var opt options
	flag.BoolVar(&opt.weighted, "weighted", false, "share the processors by the tasks' weights")
	flag.DurationVar(&opt.duration, "duration", 0, "how long it runs; 0: until Ctrl-C")
	flag.Parse()
	if flag.NArg() > 0 || opt.duration < 0 {
		fmt.Fprintf(os.Stderr, "scx_simple: unknown argument, or a negative -duration\n")
		flag.Usage()
		os.Exit(exitFailed)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, opt, os.Stdout)
	stop()
	switch {
	case errors.Is(err, errOffline):
		os.Exit(exitOffline)
	case err != nil:
		fmt.Fprintln(os.Stderr, "scx_simple:", err)
		os.Exit(exitFailed)
	}
}

// run does everything; the scheduler is gone when it returns.
func run(ctx context.Context, opt options, stdout io.Writer) (err error) {
	if missing := missing(); len(missing) > 0 {
		return offline(missing, opt, stdout)
	}
	target, err := prog.Host()
	if err != nil {
		return err
	}
	defer target.BTF.Close()
	s := sched.New(opt.weighted)
	defer func() { err = errors.Join(err, s.Close()) }()
	plan, err := structops.Prepare(s.Ops(name), target)
	if err != nil {
		return err
	}
	if err := writePlan(stdout, plan); err != nil {
		return err
	}
	link, err := plan.Register()
	if err != nil {
		return err
	}
	defer link.Close()
	if err := watch(ctx, opt, s, stdout); err != nil {
		return err
	}
	if err := link.Close(); err != nil {
		return err
	}
	return farewell(s, stdout)
}
