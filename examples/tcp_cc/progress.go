package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// progress shows how far a transfer is: with a bar on a terminal, and one line for each finished transfer.
type progress struct {
	w    io.Writer // nil: print nothing
	bars bool
}

// newProgress reports on f, which is standard error. quiet is for -json, whose output is for programs.
func newProgress(f *os.File, quiet bool) progress {
	if quiet {
		return progress{}
	}
	return progress{w: f, bars: term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"}
}

// transferProgress is the progress of one transfer.
type transferProgress struct {
	progress
	name string
	bar  *progressbar.ProgressBar // nil without a terminal
}

// start begins the report on a transfer of that length.
func (p progress) start(name string, length time.Duration) *transferProgress {
	t := &transferProgress{progress: p, name: name}
	if p.w != nil && p.bars {
		t.bar = progressbar.NewOptions64(length.Milliseconds(),
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription(name),
			progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100*time.Millisecond), // samples come 20 times more often
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionClearOnFinish(),
		)
	}
	return t
}

// sample moves the bar. It fits netlab.TransferOptions.Progress.
func (t *transferProgress) sample(s netlab.Sample) {
	if t.bar == nil {
		return
	}
	t.bar.Describe(fmt.Sprintf("%s: window %3d", t.name, s.Cwnd))
	// Only done ends the bar: a full bar cannot be removed.
	_ = t.bar.Set64(min(s.At.Milliseconds(), t.bar.GetMax64()-1))
}

// done removes the bar and prints the result of the transfer. When the transfer failed, the caller reports it.
func (t *transferProgress) done(r netlab.Result, err error) {
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	if t.w == nil || err != nil {
		return
	}
	fmt.Fprintf(t.w, "%s: %.2f Mbit/s in %v, mean window %.1f segments, %d retransmits\n",
		r.Algorithm, r.GoodputBPS/1e6, rounded(r.Elapsed), r.MeanCwnd, r.Retransmits)
}
