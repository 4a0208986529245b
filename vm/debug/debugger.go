package debug

import (
	"context"
	"errors"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Options say what is debugged.
type Options struct {
	// Run runs the program on the machine, with the context that it is passed: m.Run, m.Call or m.RunOn. It is called again for each step
	// back, so it must do the same each time.
	Run func(ctx context.Context) (uint64, error)

	// Packet is the packet that Run runs on, or nil.
	Packet *vm.Packet
}

// A Breakpoint is a line or an instruction at which Continue stops.
type Breakpoint struct {
	File string // the end of the file's name: reno.go, or cc/reno.go; "" for an instruction
	Line int
	Slot int // of the instruction, if File is ""
}

// at reports whether the breakpoint is at an instruction.
func (b Breakpoint) at(slot int, pos mistake.Position) bool {
	if b.File == "" {
		return slot == b.Slot
	}
	return pos.Line == b.Line && hasEnd(filepath.ToSlash(pos.File), b.File)
}

// hasEnd reports whether a path ends with other, which begins a name.
func hasEnd(file, other string) bool {
	return file == other || strings.HasSuffix(file, "/"+path.Clean(filepath.ToSlash(other)))
}

// A State is where a program is.
type State struct {
	Step        uint64           // how many instructions ran before
	Slot        int              // of the instruction that is next
	Instruction isa.Instruction  // that is next
	Pos         mistake.Position // its line, if the program knows it
	Depth       int              // how many functions wait for this one
	Done        bool             // the program has ended: the rest is about its last instruction
	Result      uint64           // R0, at the end
	Err         error            // a *vm.Fault if it has not reached its end
}

// A Debugger runs a program step by step. Only one goroutine at a time may use it.
type Debugger struct {
	m    *vm.Machine
	o    Options
	from *vm.Snapshot
	past recording // what the helpers for time and random numbers have returned

	breaks []Breakpoint
	state  State
	wanted func(State) bool // where to stop next

	cancel  context.CancelFunc
	stopped chan State    // the machine waits, or has ended
	goOn    chan struct{} // it may go on
}

// errLeft ends a run that is not followed any more.
var errLeft = errors.New("the debugger has begun again")

// New makes a debugger for a machine, and stops before the first instruction. The machine's Trace is the debugger's from now on. What the
// program can reach must be in the machine already: memory, objects, helpers.
func New(m *vm.Machine, o Options) *Debugger {
	d := &Debugger{m: m, o: o, from: m.Snapshot(o.Packet)}
	d.past.replace(m)
	d.begin(func(State) bool { return true })
	return d
}

// begin runs the program from its begin to where stop is true.
func (d *Debugger) begin(stop func(State) bool) {
	d.past.begin()
	d.wanted = stop
	d.stopped, d.goOn = make(chan State), make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.Background())
	d.cancel = func() { cancel(errLeft) }
	stopped, goOn := d.stopped, d.goOn
	var now State
	steps := uint64(0)
	d.m.Trace = func(s vm.Step) {
		now = State{Step: steps, Slot: s.Slot, Instruction: s.Instruction, Pos: s.Pos, Depth: s.Machine.Depth()}
		steps++
		if ctx.Err() != nil || !d.wanted(now) {
			return
		}
		stopped <- now
		select {
		case <-goOn:
		case <-ctx.Done():
		}
	}
	go func() {
		now.Result, now.Err = d.o.Run(ctx)
		now.Done, now.Step = true, steps
		stopped <- now
	}()
	d.state = <-stopped
}

// run goes on until stop is true, or to the end.
func (d *Debugger) run(stop func(State) bool) State {
	if !d.state.Done {
		d.wanted = stop
		d.goOn <- struct{}{}
		d.state = <-d.stopped
	}
	return d.state
}

// leave ends the run.
func (d *Debugger) leave() {
	d.cancel()
	for !d.state.Done {
		d.state = <-d.stopped
	}
}

// Close ends the run. The machine may be used again afterwards.
func (d *Debugger) Close() {
	d.leave()
	d.m.Trace = nil
	d.past.giveBack(d.m)
}

// State is where the program is.
func (d *Debugger) State() State { return d.state }

// Machine is the one that runs. It may be asked for its state while the program waits.
func (d *Debugger) Machine() *vm.Machine { return d.m }

// Break adds a breakpoint, or takes it away if it is there.
func (d *Debugger) Break(b Breakpoint) {
	if n := slices.Index(d.breaks, b); n >= 0 {
		d.breaks = slices.Delete(d.breaks, n, n+1)
		return
	}
	d.breaks = append(d.breaks, b)
}

// Breakpoints are those that are set.
func (d *Debugger) Breakpoints() []Breakpoint { return d.breaks }

// isBreak reports whether there is a breakpoint at a step that was not left yet: a line stops once, not at each of its instructions.
func (d *Debugger) isBreak(before, s State) bool {
	return slices.ContainsFunc(d.breaks, func(b Breakpoint) bool {
		return b.at(s.Slot, s.Pos) && (b.File == "" || !b.at(before.Slot, before.Pos) || s.Slot <= before.Slot || s.Depth != before.Depth)
	})
}

// sameLine reports whether two steps are in one line of one call.
func sameLine(a, b State) bool {
	return a.Depth == b.Depth && a.Pos.Line == b.Pos.Line && a.Pos.File == b.Pos.File && a.Pos.IsValid()
}

// untilBreak stops where stop does, and at breakpoints. before is the step before.
func (d *Debugger) untilBreak(stop func(State) bool) func(State) bool {
	before := d.state
	return func(s State) bool {
		here := stop(s) || d.isBreak(before, s)
		before = s
		return here
	}
}

// Step runs one instruction.
func (d *Debugger) Step() State { return d.run(func(State) bool { return true }) }

// Into runs to the next line, also of a function that is called. Where lines are not known, it is Step.
func (d *Debugger) Into() State {
	from := d.state
	return d.run(d.untilBreak(func(s State) bool { return !sameLine(from, s) }))
}

// Next runs to the next line of the function, over calls, or of its caller after it has ended.
func (d *Debugger) Next() State {
	from := d.state
	return d.run(d.untilBreak(func(s State) bool { return s.Depth <= from.Depth && !sameLine(from, s) }))
}

// Finish runs until the function has ended.
func (d *Debugger) Finish() State {
	from := d.state
	return d.run(d.untilBreak(func(s State) bool { return s.Depth < from.Depth }))
}

// Continue runs to the next breakpoint, or to the end.
func (d *Debugger) Continue() State { return d.run(d.untilBreak(func(State) bool { return false })) }

// Goto goes to a step, forwards or backwards; to the end if the program has fewer.
func (d *Debugger) Goto(step uint64) State {
	if step == d.state.Step && !d.state.Done {
		return d.state
	}
	stop := func(s State) bool { return s.Step == step }
	if step > d.state.Step {
		return d.run(stop)
	}
	d.leave()
	d.m.Restore(d.from)
	d.begin(stop)
	return d.state
}

// Back goes back by one instruction.
func (d *Debugger) Back() State {
	if d.state.Step == 0 {
		return d.state
	}
	return d.Goto(d.state.Step - 1)
}

// BackLine goes back to the first instruction of the line, or of the line before if it is there already: over calls, as Next goes forward.
func (d *Debugger) BackLine() State {
	from := d.state
	var before State // the last step that is not in a function which is called
	return d.last(func(_, s State) bool {
		if s.Depth > from.Depth {
			return false
		}
		begins := s.Step == 0 || !sameLine(before, s)
		before = s
		return begins
	})
}

// BackContinue goes back to the last breakpoint, or to the begin.
func (d *Debugger) BackContinue() State {
	return d.last(func(before, s State) bool { return s.Step == 0 || d.isBreak(before, s) })
}

// last goes to the last step before this one for which fits is true. before is the step before it.
func (d *Debugger) last(fits func(before, s State) bool) State {
	end, found := d.state.Step, uint64(0)
	if end == 0 {
		return d.state
	}
	d.leave()
	d.m.Restore(d.from)
	var before State
	d.begin(func(s State) bool {
		if s.Step >= end {
			return true
		}
		if fits(before, s) {
			found = s.Step
		}
		before = s
		return false
	})
	return d.Goto(found)
}

// A recording is what helpers returned that would return something else in the next run.
type recording struct {
	now          func() uint64
	random       func() uint32
	times        []uint64
	numbers      []uint32
	time, number int // how many of them this run has used
	began        time.Time
	oldNow       func() uint64
	oldRandom    func() uint32
}

// replace makes the machine's helpers ask the recording.
func (r *recording) replace(m *vm.Machine) {
	r.oldNow, r.oldRandom = m.Now, m.Random
	r.now, r.random, r.began = m.Now, m.Random, time.Now()
	if r.now == nil {
		r.now = func() uint64 { return uint64(time.Since(r.began)) }
	}
	if r.random == nil {
		r.random = rand.Uint32
	}
	m.Now = func() uint64 {
		if r.time == len(r.times) {
			r.times = append(r.times, r.now())
		}
		r.time++
		return r.times[r.time-1]
	}
	m.Random = func() uint32 {
		if r.number == len(r.numbers) {
			r.numbers = append(r.numbers, r.random())
		}
		r.number++
		return r.numbers[r.number-1]
	}
}

// begin makes the helpers return the same again.
func (r *recording) begin() { r.time, r.number = 0, 0 }

// giveBack undoes replace.
func (r *recording) giveBack(m *vm.Machine) { m.Now, m.Random = r.oldNow, r.oldRandom }
