package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// bench does everything and reports whether all goals were met.
func bench(ctx context.Context, opt options) (met bool, err error) {
	if os.Getuid() != 0 {
		return false, errors.New("loading programs needs root: run it as root")
	}
	sizes, err := readRecorded(recordedSizes)
	if err != nil {
		return false, err
	}
	cache, err := cacheFolder()
	if err != nil {
		return false, err
	}
	hz, err := host.ClockRate(host.Configurations())
	if err != nil {
		return false, err
	}
	shop, err := newWorkshop(ctx, cache, hz, opt.update)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, shop.close()) }()

	s := &session{opt: opt, shop: shop, sizes: sizes, ours: oursByName(hz)}
	for _, level := range opt.levels {
		s.levels = append(s.levels, level.String())
		for _, a := range algorithms {
			if err := s.load(ctx, a, level); err != nil {
				return false, fmt.Errorf("%s at %v: %w", a.name, level, err)
			}
		}
	}
	if opt.rounds > 0 {
		if err := s.time(ctx); err != nil {
			return false, err
		}
	}
	return s.print(os.Stdout), nil
}

// A session is one run of the benchmark.
type session struct {
	report
	opt    options
	shop   *workshop
	ours   map[string]func(name string) structops.Implementation // by algorithm
	sizes  map[[3]string]int
	rivals []*rival
}

// load makes all variants of an algorithm at a level, counts their slots, and asks the kernel how many instructions it verified.
func (s *session) load(ctx context.Context, a algorithm, level isa.Level) error {
	for _, v := range []variant{core, plain, ours} {
		made, err := s.make(ctx, a, v, level)
		if err != nil {
			return fmt.Errorf("%v: %w", v, err)
		}
		if made == nil {
			continue
		}
		s.rivals = append(s.rivals, &rival{made, level, a.name, v})
		verified, err := verify(made)
		if err != nil {
			return fmt.Errorf("%v: %w", v, err)
		}
		for _, f := range made.functions() {
			row := s.row(level.String(), a.name, f.member)
			row.slots[v], row.insns[v], row.verified[v] = float64(f.slots), float64(f.insns), float64(verified[f.member])
			if v == core {
				row.slots[recorded] = float64(s.sizes[[3]string{level.String(), a.core, f.name}])
			}
		}
	}
	return nil
}

// verify loads an implementation and returns the number of instructions that the verifier went through, by member.
func verify(made implementation) (_ map[string]int, err error) {
	r, err := made.register(uniqueName())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	return r.verified()
}

// make compiles an algorithm's variant; nil when there is none.
func (s *session) make(ctx context.Context, a algorithm, v variant, level isa.Level) (implementation, error) {
	source, ops := a.core, a.ops
	switch v {
	case ours:
		if s.ours[a.name] == nil {
			return nil, nil
		}
		return compileOurs(s.ours[a.name], level)
	case plain:
		source, ops = a.plain, a.plain
	}
	if source == "" {
		return nil, nil
	}
	object, err := s.shop.compile(ctx, v, source, level)
	if err != nil {
		return nil, err
	}
	return openObject(object, ops)
}

// time runs the rivals of each algorithm and level in turns.
func (s *session) time(ctx context.Context) error {
	lab, err := newLab(ctx)
	if err != nil {
		return err
	}
	defer lab.Close()
	statistics, err := syscall.EnableStats()
	if err != nil {
		return err
	}
	defer statistics.Close()
	if err := s.timeNothing(ctx, lab); err != nil {
		return err
	}
	for _, level := range s.opt.levels {
		for _, a := range algorithms {
			var field []*rival
			for _, r := range s.rivals {
				if r.level == level && r.algorithm == a.name {
					field = append(field, r)
				}
			}
			if len(field) < 2 {
				continue // nothing to compare with
			}
			fmt.Fprintf(os.Stderr, "bench-code: timing %s at %v\n", a.name, level)
			t, err := race(ctx, lab, field, s.opt.rounds, s.opt.megabytes<<20)
			if err != nil {
				return err
			}
			t.level, t.algorithm = level.String(), a.name
			s.report.race = append(s.report.race, t)
			for _, row := range s.of(t.level, t.algorithm) {
				for v := range variants {
					row.time[v] = median(t.each(v, func(round map[string]spent) float64 { return round[row.member].perCall() }))
					row.calls[v] = median(t.each(v, func(round map[string]spent) float64 { return float64(round[row.member].calls) }))
				}
			}
		}
	}
	return nil
}

// timeNothing measures the cost of the kernel's own measurement.
func (s *session) timeNothing(ctx context.Context, lab *netlab.Lab) error {
	made, err := compileOurs(nothing, s.opt.levels[0])
	if err != nil {
		return err
	}
	t, err := race(ctx, lab, []*rival{{implementation: made, variant: ours}}, s.opt.rounds, s.opt.megabytes<<20)
	if err != nil {
		return err
	}
	s.nothing = median(t.each(ours, func(round map[string]spent) float64 { return round["pkts_acked"].perCall() }))
	return nil
}
