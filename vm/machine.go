package vm

import (
	"context"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

const (
	maxFrames = linux.MostFrames
	stackSize = linux.StackSize

	// DefaultStepLimit is how many instructions a program may run if Machine.StepLimit is 0: less than a second.
	DefaultStepLimit = 1 << 28

	// turnLimit is how many times the may_goto instructions of one call of a function go on, and how many turns bpf_loop makes
	// (BPF_MAX_LOOPS, include/linux/bpf.h).
	turnLimit = 8 << 20

	// checkInterval is after how many instructions the context is asked whether it has ended.
	checkInterval = 1 << 16
)

// A Machine runs a program. It has the registers, the stack and all other memory. Only one goroutine at a time may use it.
type Machine struct {
	// StepLimit is how many instructions a run may take; 0 means DefaultStepLimit. It is compared at jumps that are taken, so a run may
	// take some more, up to the next one.
	StepLimit uint64

	// Now gives the time in nanoseconds for the helpers that ask for it. If it is nil, it is the time since the process began.
	Now func() uint64

	// HZ is how many jiffies a second has: the kernel's CONFIG_HZ. 0 means 1000.
	HZ uint32

	// Random gives random numbers. If it is nil, they are Go's.
	Random func() uint32

	// CPU is the number of the processor, 0 to 3: it decides which value of a per-CPU map programs see.
	CPU uint32

	// Current is the task that runs, for programs that ask for it. If it is nil, it is a process of user 1000, with the name test.
	Current *Task

	// Scheduling is the state of sched_ext, for schedulers.
	Scheduling Scheduling

	// Print gets the lines that programs print, without the end of the line. If it is nil, they are dropped.
	Print func(line string)

	// Trace is called before each instruction, when it is not nil. It may read the machine. A traced program takes several times as long.
	Trace func(Step)

	// Coverage counts what runs, when it is not nil. It must be set before a run. A program that is counted takes several times as long.
	Coverage *Coverage

	main   *Program // that Run and Call begin with
	prog   *Program // that runs: after a tail call, another one
	code   []instr  // the steps of prog, or those of its traced form
	stride int      // how many entries of code there are for an instruction: 1, or 2 when it is traced

	ctx       context.Context
	executed  uint64 // at calls, and when the program stops
	nextCheck uint64 // when to look at the limit and at ctx

	regs    [16]uint64 // of which 11 exist; a number below 16 needs no bounds check
	depth   int        // how many functions wait for another one to return
	frames  [maxFrames]frame
	turns   [maxFrames]uint32 // of may_goto, by depth
	regions []region
	removed []int // numbers of regions that were removed, the first one first

	lent        []lentMap // the maps that programs use
	used        []lentMap // those of prog, by its numbers
	bindings    []binding // what was looked up for programs that ran before
	tails       map[tail]*Program
	called      int               // the index in code after the helper call that runs
	tailCalls   int               // of this run
	next        *Program          // what a tail call goes on with
	packet      *Packet           // that the program runs on, or nil
	variables   map[string]uint64 // addresses of the kernel's variables, by name
	timers      map[uint64]*timer // by address
	timerStarts int               // how many starts there were
	counts      *counts           // of Coverage, for prog; nil if there is none
	jumped      int               // one more than the index of the branch that ran last, if nothing ran after it; else 0

	functions *functions
	kernel    []Function // those of the program's list; nil where one is missing

	first        [firstFree + 2]region
	firstBinding [1]binding

	stack  [stackSize]byte             // of the first function
	deeper [maxFrames]*[stackSize]byte // by depth: those of the functions that it calls are made when they are first needed
}

// A frame is what a call keeps for the function that makes it.
type frame struct {
	prog  *Program // of the function
	ret   int      // the index in code after the call
	saved [4]uint64
}

// New makes a machine for a program.
func New(p *Program) *Machine {
	m := &Machine{functions: &standard}
	m.regions = m.first[:firstFree]
	m.setStack(0, &m.stack)
	m.SetProgram(p)
	return m
}

// SetProgram makes p the program that Run and Call run from now on. Memory, objects and functions stay, so programs can work on the same
// objects one after the other.
func (m *Machine) SetProgram(p *Program) {
	m.main = p
	m.use(p)
}

// use makes p the program that runs.
func (m *Machine) use(p *Program) {
	if m.prog != p {
		m.prog = p
		m.regions[codeRegion] = region{name: "the code", size: 8 * len(p.source)}
		m.bind(p)
	}
	m.code, m.stride = p.steps, 1
	m.counts, m.jumped = nil, 0
	if m.Coverage != nil {
		m.counts = m.Coverage.of(p)
	}
	if m.Trace != nil || m.counts != nil {
		m.code, m.stride = p.traced(), 2
	}
}

// A binding is what a program uses of a machine, found once: a machine whose programs take turns changes between them at every call.
type binding struct {
	prog   *Program
	kernel []Function // as in Machine
	used   []lentMap
}

// bind finds the functions of the kernel and the maps that a program uses.
func (m *Machine) bind(p *Program) {
	for i := range m.bindings {
		if b := &m.bindings[i]; b.prog == p {
			m.kernel, m.used = b.kernel, b.used
			return
		}
	}
	m.kernel, m.used = nil, nil
	for _, name := range p.kernel {
		m.kernel = append(m.kernel, m.functions.kernel[name])
	}
	for _, content := range p.maps {
		m.used = append(m.used, m.lend(content))
	}
	if m.bindings == nil {
		m.bindings = m.firstBinding[:0]
	}
	m.bindings = append(m.bindings, binding{p, m.kernel, m.used})
}

// setStack makes memory the stack of the frame with a depth.
func (m *Machine) setStack(depth int, stack *[stackSize]byte) {
	m.deeper[depth] = stack
	m.regions[stackRegion+depth] = region{read: stack[:], write: stack[:], name: stackNames[depth], size: stackSize}
}

var stackNames = [maxFrames]string{
	"the stack", "the stack of frame 1", "the stack of frame 2", "the stack of frame 3",
	"the stack of frame 4", "the stack of frame 5", "the stack of frame 6", "the stack of frame 7",
}

// Run runs the program from its first instruction, with memory as its context, and returns R0. R1 points to the memory; it is 0 if the
// memory is nil. In the mode Conformant, R2 is the length. The program may change the memory. The error is a *Fault.
func (m *Machine) Run(ctx context.Context, memory []byte) (uint64, error) {
	m.regions[contextRegion] = region{read: memory, write: memory, name: "the context", size: len(memory)}
	var args [2]uint64
	if memory != nil {
		args[0] = firstAddress(contextRegion)
	}
	n := 1
	if m.prog.mode == Conformant {
		n, args[1] = 2, uint64(len(memory))
	}
	return m.Call(ctx, args[:n]...)
}

// Call is Run for a program with up to five arguments, which are R1 to R5. Memory that they point to is that of Add.
func (m *Machine) Call(ctx context.Context, args ...uint64) (uint64, error) {
	return m.start(ctx, 0, args...)
}

// start runs the program from the instruction with an index.
func (m *Machine) start(ctx context.Context, index int, args ...uint64) (uint64, error) {
	m.regs = [16]uint64{}
	copy(m.regs[isa.R1:isa.R6], args)
	m.regs[isa.R10] = firstAddress(stackRegion) + stackSize
	m.ctx, m.executed, m.depth = ctx, 0, 0
	m.turns[0] = turnLimit
	m.stack = [stackSize]byte{}
	m.tailCalls, m.next = 0, nil
	m.use(m.main)
	if f := m.check(0); f != nil {
		return 0, f
	}
	if err := m.exec(index*m.stride, 0); err != nil {
		return 0, err
	}
	return m.regs[isa.R0], nil
}

// Steps is how many instructions the last run has taken.
func (m *Machine) Steps() uint64 { return m.executed / uint64(m.stride) }

// Register gives the value of a register: R0 to R10, and 0 for others.
func (m *Machine) Register(r isa.Register) uint64 { return m.regs[r&15] }

// check looks at the limit and the context, and sets when to do so again. It is called with the index of a jump or a call.
func (m *Machine) check(index int) error {
	limit := m.StepLimit
	if limit == 0 {
		limit = DefaultStepLimit
	}
	stride := uint64(m.stride)
	if m.executed/stride >= limit {
		return m.fault(StepLimit, index, "the program has not ended after "+number(limit)+" instructions: is there a loop without an end?")
	}
	if err := m.ctx.Err(); err != nil {
		f := m.fault(Cancelled, index, err.Error())
		f.Err = context.Cause(m.ctx)
		return f
	}
	m.nextCheck = min(m.executed+checkInterval, saturatedProduct(limit, stride))
	return nil
}

// saturatedProduct is a * b, or the largest number if that does not fit.
func saturatedProduct(a, b uint64) uint64 {
	if a > ^uint64(0)/b {
		return ^uint64(0)
	}
	return a * b
}

// enter begins a function: it saves what the caller keeps, and makes a new stack. ret is where to go on afterwards.
func (m *Machine) enter(ret int) bool {
	if m.depth+1 >= maxFrames {
		return false
	}
	f := &m.frames[m.depth]
	f.prog, f.ret = m.prog, ret
	copy(f.saved[:], m.regs[isa.R6:isa.R10])
	m.depth++
	m.turns[m.depth] = turnLimit
	if stack := m.deeper[m.depth]; stack != nil {
		*stack = [stackSize]byte{}
	} else {
		m.setStack(m.depth, new([stackSize]byte))
	}
	m.regs[isa.R10] = firstAddress(stackRegion+m.depth) + stackSize
	return true
}

// leave ends a function, and returns where to go on.
func (m *Machine) leave() int {
	m.depth--
	f := &m.frames[m.depth]
	copy(m.regs[isa.R6:isa.R10], f.saved[:])
	m.regs[isa.R10] = firstAddress(stackRegion+m.depth) + stackSize
	if f.prog != m.prog { // the function that ends made a tail call
		m.use(f.prog)
	}
	return f.ret
}

// CallFunction calls a function of the program, whose address a helper was passed, and returns its R0: so helpers call back.
func (m *Machine) CallFunction(addr uint64, args ...uint64) (uint64, error) {
	index, ok := codeIndex(addr)
	if !ok || index >= len(m.prog.source) {
		return 0, &accessError{BadTarget, "a function is called back at " + Value{Bits: addr}.String() + ", which is not code"}
	}
	kept, called := m.regs, m.called
	if !m.enter(called) {
		return 0, &accessError{TooDeep, "a function that is called back needs one more frame"}
	}
	copy(m.regs[isa.R1:isa.R6], args)
	if err := m.exec(index*m.stride, m.depth); err != nil {
		return 0, err
	}
	result := m.regs[isa.R0]
	m.leave()
	m.regs, m.called = kept, called
	return result, nil
}
