// Command tcp_cc runs TCP congestion controls that are written in Go in the kernel, and compares them with the kernel's own.
//
//	go run ./examples/tcp_cc                   # as root, or without: then in a simulator
//	go run -exec sudo ./examples/tcp_cc        # from an ordinary user's shell
//
// It compiles two algorithms: Reno (package cc), and a variant with one program in instructions (gentle.go). It checks them against the
// kernel's BTF and registers them. Then each carries a real TCP transfer over an emulated link between two network namespaces. When the
// command ends, also by an interrupt, everything is removed.
//
// Without root, on any system, the same programs run in this process, over a simulated link (package tcpsim). The first line says so. With
// -simulate root gets this too.
//
//	go run ./examples/tcp_cc -compare cubic,go_cubic -rounds 3
//
// compares algorithms by name, ours (go_reno, go_gentle, go_cubic, go_dctcp, go_bbr) and the kernel's. It registers only ours of these. An
// algorithm of your own can be compared too, while another process has it registered. On a link that marks packets (-ecn, and always with
// DCTCP) both ends of a connection run the algorithm.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/structops"
)

// Exit codes.
const (
	exitFailed      = 1
	exitInterrupted = 130 // as shells have it for Ctrl-C
)

func main() {
	start := time.Now()
	var opt options
	flag.BoolVar(&opt.json, "json", false, "print one JSON object instead of tables and pictures")
	flag.DurationVar(&opt.duration, "duration", netlab.DefaultDuration, "length of each transfer")
	flag.StringVar(&opt.out, "out", ".", "folder for tcp_cc.svg and tcp_cc.png")
	flag.BoolVar(&opt.simulate, "simulate", false, "simulate TCP and the link; without privileges this is always so")
	compare := flag.String("compare", "", compareHelp())
	hz := flag.Uint("hz", 0, "CONFIG_HZ of the kernel, `jiffies` a second, such as 250; 0: as its configuration says")
	flag.IntVar(&opt.rounds, "rounds", 1, "transfers of each algorithm that is compared")
	flag.IntVar(&opt.ecn, "ecn", 0, "mark packets when this many `packets` wait in the queue; 0: only if a compared algorithm needs it")
	flag.Parse()
	opt.hz = uint32(*hz)
	var err error
	if *compare != "" {
		opt.compare, err = splitNames(*compare)
	}
	if err == nil {
		configured, _ := clockRate() // 0 if nothing says it
		err = checkHZ(*hz, *compare != "", configured)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "tcp_cc:", err)
		os.Exit(exitFailed)
	case opt.rounds < 1 || opt.ecn < 0:
		fmt.Fprintf(os.Stderr, "tcp_cc: -rounds %d -ecn %d: must be at least 1 round, and not less than 0 packets\n", opt.rounds, opt.ecn)
		os.Exit(exitFailed)
	case *compare == "" && (opt.rounds != 1 || opt.ecn != 0):
		fmt.Fprintln(os.Stderr, "tcp_cc: -rounds and -ecn need -compare with the names of algorithms, such as -compare reno,go_reno")
		os.Exit(exitFailed)
	case flag.NArg() > 0:
		fmt.Fprintf(os.Stderr, "tcp_cc: unknown argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(exitFailed)
	case opt.duration <= 0:
		fmt.Fprintf(os.Stderr, "tcp_cc: -duration %v: must be more than 0, 4s for example\n", opt.duration)
		os.Exit(exitFailed)
	}
	opt.start = start
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, opt, os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err != nil && interrupted:
		fmt.Fprintln(os.Stderr, "tcp_cc: interrupted; nothing is left behind")
		os.Exit(exitInterrupted)
	case err != nil:
		fmt.Fprintln(os.Stderr, "tcp_cc:", err)
		os.Exit(exitFailed)
	}
}

// options are what the command line sets.
type options struct {
	json     bool
	simulate bool
	duration time.Duration // of each transfer
	out      string        // folder for the plots
	compare  []string      // names; nil: our two and the kernel's Reno
	rounds   int           // with compare
	ecn      int           // with compare: threshold of the link; 0: as the algorithms need it
	hz       uint32        // with compare: jiffies a second; 0: as the kernel's configuration says
	start    time.Time     // of main
}

// run does everything. It removes what it registers and builds before it returns.
func run(ctx context.Context, opt options, stdout io.Writer) error {
	if opt.simulate {
		return simulate(ctx, "-simulate asks for it", opt, stdout)
	}
	if missing := missingCapabilities(); len(missing) > 0 {
		return simulate(ctx, "this process lacks "+strings.Join(missing, ", "), opt, stdout)
	}
	text := stdout
	if opt.json {
		text = io.Discard
	} else if err := os.MkdirAll(opt.out, 0o755); err != nil { // a mistake should show before the transfers
		return err
	}
	before, err := available()
	if err != nil {
		return err
	}
	list := standardList()
	if len(opt.compare) > 0 {
		if opt.hz == 0 && needsClock(opt.compare) {
			if opt.hz, err = clockRate(); err != nil {
				return err
			}
		}
		others, err := registeredByOthers()
		if err != nil {
			return err
		}
		if list, err = contenders(opt.compare, algorithms(opt.hz), before, others); err != nil {
			return err
		}
	}
	ours, err := prepareAll(oursOf(list))
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
	if len(ours) > 0 {
		fmt.Fprintf(text, "registered %v after the start of main; tcp_available_congestion_control is now: %s\n\n",
			links.coldStart.Round(100*time.Microsecond), strings.Join(during, " "))
	}
	rounds, link, err := compareTransfers(ctx, opt, list)
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
	means := meansOf(list, rounds)
	if opt.json {
		r := newReport(host.Release(), byRound(rounds))
		r.ListedBefore, r.ListedDuring, r.ListedAfter = before, during, after
		r.ColdStartMS = milliseconds(links.coldStart)
		if len(opt.compare) > 0 {
			return newComparisonReport(r, link, opt.rounds, means, differencesOf(means)).writeJSON(stdout)
		}
		return r.writeJSON(stdout)
	}
	fmt.Fprintf(stdout, "link: %v; %v each\n\n", link, opt.duration)
	results := byRound(rounds)[:len(list)] // of the first round
	if len(opt.compare) > 0 {
		err = writeComparison(stdout, means, differencesOf(means))
	} else {
		err = writeTable(stdout, results)
	}
	if err != nil {
		return err
	}
	return show(stdout, opt, link, results, ending(ours, after))
}

// standardList has the algorithms that run without -compare.
func standardList() []contender {
	return []contender{{name: "go_reno", ops: cc.Reno("go_reno")}, {name: "go_gentle", ops: gentle()}, {name: "reno", native: true}}
}

// show draws the results of the transfers.
func show(w io.Writer, opt options, link netlab.Link, results []result, ending string) error {
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
	_, err = fmt.Fprintf(w, "\nthe same as a plot: %s\n%s\n", strings.Join(paths, ", "), ending)
	return err
}

// ending says what is left in the kernel: what was there before.
func ending(ours []*structops.Plan, after []string) string {
	list := strings.Join(after, " ")
	if len(ours) == 0 {
		return "nothing was registered; tcp_available_congestion_control is: " + list
	}
	return "unregistered; tcp_available_congestion_control is again: " + list
}

// compareHelp is the help of -compare.
func compareHelp() string {
	var names []string
	for _, ours := range algorithms(usualHZ) {
		names = append(names, nameOf(ours))
	}
	return "`names` of two algorithms or more, such as cubic,go_cubic: ours (" + strings.Join(names, ", ") + ") and\nall that are in " +
		"/proc/sys/net/ipv4/tcp_available_congestion_control. Another process may have\nregistered them there: so you can try your own"
}
