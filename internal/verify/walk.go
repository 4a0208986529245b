package verify

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// A checker checks one program.
type checker struct {
	*Program
	code        []isa.Instruction
	marks       []mark  // by instruction
	wide        []int32 // the 64-bit loads, in order
	starts      []int   // where functions begin
	work        int     // work done so far; see stepWork
	steps       int     // instructions of the first path, while it is the only one
	straight    bool    // it is
	findings    []mistake.Finding
	addressed   []byte // by instruction: what it had as an address; 0 for nothing
	said        map[mistake.Finding]bool
	causes      map[cause]int // findings by their cause
	again       [][]int       // by finding: further slots with the same cause
	maps        []Map
	mapOf       map[int32]int16 // by descriptor
	inner       map[int16]int16 // the maps in maps, by those
	lastID      uint32
	joins       []int32  // the instructions at which states are kept, in order
	visited     []*visit // by join, the latest
	pending     *path    // the latest
	waiting     int      // how many paths are pending
	overflowed  bool     // too many were
	proto       *proto   // of the member or tracepoint
	kernel      map[btf.ID]*proto
	tagged      map[btf.ID]bool // the functions that the kernel offers to programs; nil: not read
	members     map[fieldKey]foundMember
	writable    map[btf.ID][]place.WritableField // by struct
	sizes       map[btf.ID]uint32                // of structs
	records     map[btf.ID]*Record               // of the program's own types
	given       []uint32                         // by argument: the reference that must be released
	room        room
	ids         pairs           // of the states that are compared
	matters     *matters        // nil: they are not collected
	kernelCalls bool            // functions of the kernel are called
	patient     bool            // loops may end by may_goto or an iterator
	deepest     map[int]int64   // by function: how many bytes of its stack it uses
	calls       map[[2]int]bool // caller and called
	global      []*Function     // by function; nil for those that are not
	wanted      []int           // global functions that are called
	extra       []*path         // paths to follow after all others, if there are steps left
}

// A path waits to be followed.
type path struct {
	saved
	at     int
	parent *visit
	next   *path // pending before this one
}

// A visit is a state in which a path came to an instruction.
type visit struct {
	saved
	at     int32
	open   int32 // paths from here that have not ended. Pending paths are a stack, so these are the visits that led to the current one
	hits   int32 // states that it covered
	misses int32 // states that were compared with it and that it did not cover
	parent *visit
	before *visit // to the same instruction
}

// mostSteps is the limit of instructions to walk through. A path is compared with the latest mostOpen visits of its own way. A visit that
// covers too few of the states that come after it is forgotten: after mostMisses, and as many for each state that it covered
// (as in is_state_visited).
const (
	mostSteps  = linux.MostInstructions
	mostOpen   = 16
	mostMisses = 8
)

// stepWork is the cost of one instruction, if the comparison of two states costs 1. Both are counted together.
const stepWork = 4

// firstSteps is how many steps for each instruction a program may take before demands are collected (see matters).
const firstSteps = 4

// Check walks through a program. complete is false if the program was too much work, so that
// the rest is not checked.
func Check(p Program) (findings []mistake.Finding, complete bool) {
	if p.Steps == 0 {
		p.Steps = mostSteps
	}
	most := p.Steps
	p.Steps = min(most, 1000+firstSteps*len(p.Code))
	findings, complete = check(&p, false)
	if !complete && p.Steps < most {
		p.Steps = most
		return check(&p, true)
	}
	return findings, complete
}

// check walks through a program once. thrifty says that it collects demands.
func check(p *Program, thrifty bool) (findings []mistake.Finding, complete bool) {
	c := &checker{Program: p, code: p.Code, said: map[mistake.Finding]bool{}, mapOf: map[int32]int16{}, deepest: map[int]int64{},
		calls: map[[2]int]bool{}, kernel: map[btf.ID]*proto{}}
	defer c.nameAgain()
	if !c.attachable() || !c.layOut() {
		return c.findings, true
	}
	if !c.resolve() || !c.functionsFit() {
		return c.findings, true
	}
	c.findGlobals()
	c.findKept()
	if thrifty {
		c.collectDemands()
	}
	c.later(c.enter(), 0, nil)
	c.straight = true
	if !c.followAll() {
		return c.findings, false
	}
	for n := 0; n < len(c.wanted); n++ { // those may call more of them
		c.later(c.enterGlobal(c.wanted[n]), c.starts[c.wanted[n]], nil)
		if !c.followAll() {
			return c.findings, false
		}
	}
	c.checkStack()
	c.checkDepth()
	if len(c.findings) == 0 {
		c.followExtra()
	}
	return c.findings, true
}

// enter returns the state at the beginning of the program.
func (c *checker) enter() *state {
	s := &state{frames: []frame{{call: -1}}}
	s.frames[0].regs[isa.R1] = pointer(context)
	s.frames[0].regs[isa.R10] = framePointer(0)
	c.receive(s)
	return s
}

// findKept lists the instructions at which states are kept: where paths meet, and where functions begin.
func (c *checker) findKept() {
	count := len(c.starts)
	for i := range c.marks {
		if c.marks[i].is(join) {
			count++
		}
	}
	c.joins = make([]int32, 0, count)
	for i := range c.marks {
		if c.marks[i].is(join) || c.starts[c.functionOf(i)] == i {
			c.joins = append(c.joins, int32(i))
		}
	}
	c.visited = make([]*visit, len(c.joins))
}

// followAll follows all pending paths. It returns false if there were too many steps.
func (c *checker) followAll() bool {
	for c.pending != nil && !c.overflowed {
		p := c.pending
		c.pending = p.next
		c.waiting--
		if !c.follow(p) {
			return false
		}
	}
	return true
}

// report adds a finding at a slot, once.
func (c *checker) report(slot int, kind mistake.Kind, message string) {
	c.note(mistake.Finding{Insn: slot, Kind: kind, Detail: message})
}

func (c *checker) note(f mistake.Finding) {
	if !c.said[f] {
		c.said[f] = true
		c.findings = append(c.findings, f)
	}
}

// refuse adds a finding at an instruction on a path, unless the path may not exist. It returns false, because the kernel stops here.
func (c *checker) refuse(s *state, i int, kind mistake.Kind, format string, args ...any) bool {
	return c.refuseWith(s, i, kind, "", format, args...)
}

// refuseWith is refuse with advice.
func (c *checker) refuseWith(s *state, i int, kind mistake.Kind, help, format string, args ...any) bool {
	return c.refuseNoting(s, i, kind, "", help, format, args...)
}

// refuseNoting is refuseWith with a note about the kernel.
func (c *checker) refuseNoting(s *state, i int, kind mistake.Kind, note, help, format string, args ...any) bool {
	if !s.guess {
		c.note(mistake.Finding{Insn: c.slotAt(i), Kind: kind, Detail: fmt.Sprintf(format, args...), Note: note, Help: help})
	}
	return false
}

func (c *checker) newID() uint32 {
	c.lastID++
	return c.lastID
}

// follow walks along a path to its end. It returns false if there were too many steps.
func (c *checker) follow(p *path) bool {
	s, i, parent := c.room.state(), p.at, p.parent
	p.restore(s)
	c.room.reuse(p)
	defer func() {
		c.done(parent)
		c.room.release(s)
	}()
	for {
		c.work += stepWork
		if c.straight && c.Steps >= mostSteps {
			if c.steps++; c.steps == linux.MostInstructions { // it stops before the next one
				if !s.guess {
					c.tooLong(i)
				}
				return true
			}
		} else if c.work > stepWork*c.Steps {
			return false
		}
		if c.marks[i].is(join) || len(s.frames) > 1 && i == c.starts[s.top().fn] {
			v, ended := c.meet(s, i, parent)
			if ended {
				return true
			}
			if v != nil {
				parent = v
			}
		}
		next, goOn := c.step(s, i, parent)
		if !goOn || c.overflowed {
			return true
		}
		i = next
	}
}

// tooLong reports a program that has one way, which the kernel follows as far as this.
func (c *checker) tooLong(i int) {
	c.note(mistake.Finding{Insn: c.slotAt(i), Kind: mistake.TooComplex, Help: "repeat it fewer times, or use bpf_loop or may_goto",
		Detail: fmt.Sprintf("the verifier follows %d instructions, and the program has not ended after them", linux.MostInstructions)})
}

// done records that a path has ended.
func (c *checker) done(v *visit) {
	for ; v != nil; v = v.parent {
		if v.open--; v.open > 0 {
			return
		}
	}
}

// later leaves a path for later. It keeps what matters of the state, which remains the caller's.
func (c *checker) later(s *state, at int, parent *visit) {
	c.straight = false
	if parent != nil {
		parent.open++
	}
	c.pending = c.pathFrom(s, at, parent, c.pending)
	if c.waiting++; c.waiting > linux.MostPending && !s.guess && !c.overflowed {
		c.overflowed = true
		slot := c.slotAt(at)
		if s.via > 0 {
			slot = c.slotAt(s.via - 1)
		}
		c.note(mistake.Finding{Insn: slot, Kind: mistake.TooComplex,
			Help:   "make the program shorter, or split it into global functions",
			Detail: fmt.Sprintf("more than %d branches wait for their other side: the verifier does not keep more", linux.MostPending)})
	}
}

// pathFrom is a path from a state at an instruction.
func (c *checker) pathFrom(s *state, at int, parent *visit, next *path) *path {
	p := c.room.path()
	p.at, p.parent, p.next = at, parent, next
	p.save(s, c.marks, at, &c.room)
	return p
}

// meet compares a state with earlier states at this instruction. ended says that the path adds nothing new.
func (c *checker) meet(s *state, i int, parent *visit) (v *visit, ended bool) {
	if c.marks[i].is(stuck) && !c.patient {
		c.refuseWith(s, i, mistake.EndlessLoop, "leave the loop by a condition, or by may_goto", "no path from here reaches an exit")
		return nil, true
	}
	n, _ := slices.BinarySearch(c.joins, int32(i))
	opens := 0
	for link := &c.visited[n]; *link != nil; {
		old := *link
		if old.open > 0 {
			if opens++; opens > mostOpen {
				break // those before are older, and misses have taken away the ones that do not help
			}
		}
		c.work++
		if old.open > 0 && !c.patient && c.equal(old, s) {
			if !s.guess && !anythingVague(s) {
				c.report(c.slotAt(i), mistake.EndlessLoop, "the loop comes back here with an unchanged state: it would never end")
			}
			return nil, true
		}
		if c.covers(old, s) {
			old.hits++
			return nil, true
		}
		if old.misses++; old.open == 0 && old.misses > mostMisses*(old.hits+1) {
			*link = old.before
			c.room.forget(old)
			continue
		}
		link = &old.before
	}
	v = c.room.visit()
	v.at, v.parent, v.open, v.hits, v.misses, v.before = int32(i), parent, 1, 0, 0, c.visited[n]
	v.save(s, c.marks, i, &c.room)
	c.visited[n] = v // for its parent, v replaces the path
	return v, false
}

// step walks through an instruction. It returns the next one, or false if the path ends.
func (c *checker) step(s *state, i int, parent *visit) (next int, goOn bool) {
	switch c.marks[i].what {
	case computes:
		return i + 1, c.compute(s, i)
	case loadsConstant:
		return i + 1, c.loadConstant(s, i)
	case loads:
		return i + 1, c.load(s, i)
	case stores:
		return i + 1, c.store(s, i)
	case branches:
		return c.branch(s, i, parent)
	case jumpsTo:
		return c.to(i), true
	case jumpsByTable:
		return 0, false // its targets are in a map
	case calls:
		return c.call(s, i, parent)
	case exits:
		return c.exit(s, i)
	}
	return i + 1, c.loadPacket(s, i)
}

// readable checks that registers have a value.
func (c *checker) readable(s *state, i int, set isa.RegisterSet) bool {
	ok := true
	registersOf(set, func(r isa.Register) {
		if ok && s.top().regs[r].kind == none {
			why, help := "it was never written on the path to here", fmt.Sprintf("set %v before, on every path", r)
			if r <= isa.R5 && c.marks[i].is(called) {
				why, help = "it was never written, or a call has overwritten it",
					fmt.Sprintf("a call overwrites r0 to r5: keep the value in r6 to r9 or on the stack, or set %v again", r)
			}
			ok = c.refuseWith(s, i, mistake.Uninitialised, help, "%v has no value here: %s", r, why)
		}
	})
	return ok
}
