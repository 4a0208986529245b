package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// A session is a firewall on an interface, and the changes that are planned.
type session struct {
	firewall *firewall
	where    string        // the interface
	length   time.Duration // 0: until the context is done
	steps    []step        // in order of time
	senders  func() []sender

	events []event // what was done
}

// A step changes the rules after some time.
type step struct {
	after time.Duration
	do    func() (what string, err error)
}

// between is the time from one snapshot to the next.
const between = 250 * time.Millisecond

// kept is how many snapshots are kept, for rates and for the small curves.
const kept = 20

// watch shows what the firewall does, until the time is over or the context is done.
func (s *session) watch(ctx context.Context, w io.Writer) error {
	if s.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.length)
		defer cancel()
	}
	screen := newScreen(w)
	defer screen.close()
	v := view{where: s.where, colour: screen.colour()}
	if !screen.live() {
		if err := writeEvents(w, s.events); err != nil {
			return err
		}
	}
	start := time.Now()
	tick := time.NewTicker(between)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		at := time.Since(start)
		done, err := s.take(at)
		if err != nil {
			return err
		}
		now, err := s.snapshot(at)
		if err != nil {
			return err
		}
		v.past = append(v.past, now)
		if len(v.past) > kept {
			v.past = v.past[1:]
		}
		if screen.live() {
			err = screen.draw(v.lines())
		} else {
			err = v.print(w, done, turn%int(time.Second/between) == 0)
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s.last(w, v, screen, time.Since(start))
		}
	}
}

// print writes the events, and once in a while a line with the counters.
func (v view) print(w io.Writer, done []event, counters bool) error {
	if err := writeEvents(w, done); err != nil || !counters {
		return err
	}
	_, err := fmt.Fprintln(w, v.summary())
	return err
}

func writeEvents(w io.Writer, events []event) error {
	for _, e := range events {
		if _, err := fmt.Fprintf(w, "%6s  %s\n", seconds(e.at), e.text); err != nil {
			return err
		}
	}
	return nil
}

// last shows the counters at the end, always as a table.
func (s *session) last(w io.Writer, v view, screen *screen, at time.Duration) error {
	now, err := s.snapshot(at)
	if err != nil {
		return err
	}
	if n := len(v.past) - 1; now.at-v.past[n].at < between/2 {
		v.past = v.past[:n] // the time since this snapshot is so short that it would look like a pause
	}
	v.past = append(v.past, now)
	if screen.live() {
		return screen.draw(v.lines())
	}
	fmt.Fprintln(w)
	for _, line := range v.lines() {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// take executes the steps that are due.
func (s *session) take(now time.Duration) ([]event, error) {
	before := len(s.events)
	for len(s.steps) > 0 && s.steps[0].after <= now {
		what, err := s.steps[0].do()
		if err != nil {
			return nil, err
		}
		s.steps = s.steps[1:]
		s.events = append(s.events, event{now, what})
	}
	return s.events[before:], nil
}

func (s *session) snapshot(at time.Duration) (snapshot, error) {
	now := snapshot{at: at, events: s.events}
	var err error
	if now.traffic, err = s.firewall.counted(); err != nil {
		return now, err
	}
	if now.rules, err = s.firewall.rules(); err != nil {
		return now, err
	}
	if s.senders != nil {
		now.senders = s.senders()
	}
	return now, nil
}
