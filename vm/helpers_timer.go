package vm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"syscall"
)

// Timers are in values of maps (struct bpf_timer). The clock of a machine does not run by itself: Machine.RunTimers calls the functions of
// timers whose time has come.

// A timer is one that was initialised.
type timer struct {
	l        lentMap
	program  *Program
	function uint64 // its address; 0 until it is set
	due      uint64 // in nanoseconds
	started  bool
	order    int // of starts, for timers that are due at the same time
}

// The flags of bpf_timer_start.
const (
	timerAbsolute = 1 // the time is not from now on
	timerPin      = 2 // it stays on its processor
)

// timerInit is bpf_timer_init(timer, map, flags).
func timerInit(m *Machine) (uint64, error) {
	l, err := m.mapArg(2)
	if err != nil {
		return 0, err
	}
	const clocks = 1 | 7 // CLOCK_REALTIME, CLOCK_MONOTONIC and CLOCK_BOOTTIME have the numbers 0, 1 and 7
	if m.Arg(3)&^clocks != 0 {
		return errnoOf(syscall.EINVAL)
	}
	if m.timers[m.Arg(1)] != nil {
		return errnoOf(syscall.EBUSY)
	}
	if m.timers == nil {
		m.timers = make(map[uint64]*timer)
	}
	m.timers[m.Arg(1)] = &timer{l: l}
	return 0, nil
}

// timerSetCallback is bpf_timer_set_callback(timer, function).
func timerSetCallback(m *Machine) (uint64, error) {
	t := m.timers[m.Arg(1)]
	if t == nil {
		return errnoOf(syscall.EINVAL)
	}
	t.function, t.program = m.Arg(2), m.prog
	return 0, nil
}

// timerStart is bpf_timer_start(timer, nanoseconds, flags).
func timerStart(m *Machine) (uint64, error) {
	t := m.timers[m.Arg(1)]
	if t == nil || t.function == 0 || m.Arg(3)&^(timerAbsolute|timerPin) != 0 {
		return errnoOf(syscall.EINVAL)
	}
	t.due, t.started = m.Arg(2), true
	if m.Arg(3)&timerAbsolute == 0 {
		t.due += m.now()
	}
	m.timerStarts++
	t.order = m.timerStarts
	return 0, nil
}

// timerCancel is bpf_timer_cancel(timer): 1 if it was started.
func timerCancel(m *Machine) (uint64, error) {
	t := m.timers[m.Arg(1)]
	switch {
	case t == nil:
		return errnoOf(syscall.EINVAL)
	case !t.started:
		return 0, nil
	}
	t.started = false
	return 1, nil
}

// RunTimers calls the functions of timers that programs have started and whose time has come, in the order of their times: that of
// Machine.Now. A timer that is started again meanwhile is called again if its time has come too. It returns how many functions were
// called.
func (m *Machine) RunTimers(ctx context.Context) (called int, err error) {
	const most = 1 << 16 // a timer that starts itself with 0 nanoseconds would never end
	for ; called < most; called++ {
		var due []uint64
		for addr, t := range m.timers {
			if t.started && t.due <= m.now() {
				due = append(due, addr)
			}
		}
		if len(due) == 0 {
			return called, nil
		}
		first := slices.MinFunc(due, func(a, b uint64) int {
			return cmp.Or(cmp.Compare(m.timers[a].due, m.timers[b].due), cmp.Compare(m.timers[a].order, m.timers[b].order))
		})
		m.timers[first].started = false
		if err := m.callTimer(ctx, first, m.timers[first]); err != nil {
			return called, err
		}
	}
	return called, fmt.Errorf("timers start each other again: %d functions were called", most)
}

// callTimer calls the function of a timer with the map, the key and the value.
func (m *Machine) callTimer(ctx context.Context, addr uint64, t *timer) error {
	value := addr - t.l.value
	for key, at := range t.l.content.All() {
		if uint64(at) > value || value >= uint64(at)+uint64(t.l.content.Spec.ValueSize) {
			continue
		}
		index, ok := codeIndex(t.function)
		if !ok || index >= len(t.program.source) {
			return fmt.Errorf("the function of a timer is at %#x, which is not code", t.function)
		}
		keyAddr := m.Add(Memory{Name: "the key", Data: key, ReadOnly: true})
		defer m.Remove(keyAddr)
		main := m.main
		m.main = t.program
		defer func() { m.main = main }()
		_, err := m.start(ctx, index, t.l.handle, keyAddr, t.l.value+uint64(at))
		return err
	}
	return nil // the element was deleted, and the timer with it
}
