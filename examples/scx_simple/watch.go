package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
)

// folder is where the kernel shows the state of schedulers.
const folder = "/sys/kernel/sched_ext"

// state is what the kernel shows.
type state struct {
	state string // enabled, disabled, or a state between these
	ops   string // the scheduler's name, "" for none
}

func readState() state {
	return state{readWord("state"), readWord("root/ops")}
}

// readWord reads a file of the folder. It returns "" for a missing file.
func readWord(file string) string {
	text, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func (s state) String() string {
	if s.ops == "" {
		return "sched_ext is " + s.state
	}
	return fmt.Sprintf("sched_ext is %s: %s", s.state, s.ops)
}

// watch prints what the scheduler does, once a second. It ends when the time is over, the context is done, or the scheduler has ended.
func watch(ctx context.Context, opt options, s *sched.Scheduler, w io.Writer) error {
	if opt.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.duration)
		defer cancel()
	}
	fmt.Fprintf(w, "%v; Ctrl-C ends it\n\n%s\n", readState(), heading(opt.weighted))
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	before, at := sched.Counts{}, time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if exit, err := s.Exit(); err != nil || exit.Kind != 0 {
			return err
		}
		now, err := s.Counts()
		if err != nil {
			return err
		}
		apart := time.Since(at)
		if _, err := fmt.Fprintln(w, line(opt.weighted, before, now, apart)); err != nil {
			return err
		}
		before, at = now, at.Add(apart)
	}
}

// heading is the text above the lines.
func heading(weighted bool) string {
	text := fmt.Sprintf("%12s %12s %12s", "to an idle", "into the", "out of the")
	second := fmt.Sprintf("%12s %12s %12s", "processor", "queue", "queue")
	if weighted {
		text += fmt.Sprintf(" %12s %12s", "turns", "of")
		second += fmt.Sprintf(" %12s %12s", "", "on average")
	}
	return text + "\n" + second
}

// line shows what was done in a period, per second.
func line(weighted bool, before, now sched.Counts, apart time.Duration) string {
	second := func(now, before uint64) string {
		return fmt.Sprintf("%10.0f/s", float64(now-before)/apart.Seconds())
	}
	text := strings.Join([]string{second(now.Direct, before.Direct), second(now.Queued, before.Queued), second(now.Dispatched,
		before.Dispatched)}, " ")
	if weighted {
		mean := time.Duration(0)
		if turns := now.Ran - before.Ran; turns > 0 {
			mean = time.Duration((now.Nanos - before.Nanos) / turns)
		}
		text += fmt.Sprintf(" %s %12v", second(now.Ran, before.Ran), mean.Round(time.Microsecond))
	}
	return text
}

// farewell prints how it ended. The kernel shows this after the last task has left.
func farewell(s *sched.Scheduler, w io.Writer) error {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		exit, err := s.Exit()
		if err != nil {
			return err
		}
		if exit.Kind == 0 && time.Now().Before(deadline) {
			continue
		}
		fmt.Fprintf(w, "\nthe scheduler ended: %v\n", exit)
		for now := readState(); ; now = readState() { // soon after
			if now.state == "disabled" || now.state == "" || time.Now().After(deadline) {
				fmt.Fprintln(w, now)
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if exit.Failed() {
			return fmt.Errorf("the kernel ended the scheduler: %s", exit.Text())
		}
		return nil
	}
}
