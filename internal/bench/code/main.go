package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
)

// options are the flags.
type options struct {
	levels    []isa.Level
	rounds    int
	megabytes int
	update    bool
}

var errMissed = errors.New("goals were missed")

func main() {
	var opt options
	check := flag.Bool("check", false, "exit with 1 when a goal is missed or cannot be measured")
	levels := flag.String("levels", "v3,v4", "ISA levels to compile for, separated by commas")
	notime := flag.Bool("notime", false, "do not measure run times")
	flag.IntVar(&opt.rounds, "rounds", 20, "how often the time of each algorithm is measured")
	flag.IntVar(&opt.megabytes, "megabytes", 2, "how much it carries each time")
	flag.BoolVar(&opt.update, "update", false, "look for newer kernel sources in Debian's archive")
	flag.Parse()
	if *notime {
		opt.rounds = 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, opt, *levels, *check)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-code:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, opt options, levels string, check bool) error {
	if flag.NArg() > 0 || opt.rounds < 0 || opt.megabytes < 1 {
		return errors.New("takes flags only, with at least 0 rounds of at least 1 megabyte: see -help")
	}
	for _, name := range strings.Split(levels, ",") {
		level, ok := map[string]isa.Level{"v1": isa.V1, "v2": isa.V2, "v3": isa.V3, "v4": isa.V4}[name]
		if !ok {
			return fmt.Errorf("-levels: %q is not an ISA level: expected v1 to v4", name)
		}
		opt.levels = append(opt.levels, level)
	}
	met, err := bench(ctx, opt)
	if err == nil && check && !met {
		err = errMissed
	}
	return err
}
