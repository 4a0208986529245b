package verify

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// receive notes the arguments that the program has to give back.
func (c *checker) receive(s *state) {
	if c.proto == nil {
		return
	}
	c.given = make([]uint32, len(c.proto.params))
	for n := range c.proto.params {
		if c.proto.params[n].ref {
			c.given[n] = c.hold(s, -1-n, reference)
		}
	}
}

// hold notes something that has to be given back, and gives its id.
func (c *checker) hold(s *state, insn int, k holding) uint32 {
	id := c.newID()
	s.held = append(s.held, held{id, insn, k})
	return id
}

// nothingHeld checks what must not be left open where a program ends, or may end: references but one that is
// returned, locks and sections (check_resource_leak).
func (c *checker) nothingHeld(s *state, i int, returned uint32, where string) bool {
	for _, h := range s.held {
		if h.kind == spinLock || h.kind == irqState {
			thing, back := c.thing(h)
			return c.refuseWith(s, i, mistake.LockHeld, back+" ends that", "%s is still held %s", thing, where)
		}
	}
	if s.rcu > 0 {
		return c.refuseWith(s, i, mistake.LockHeld, "bpf_rcu_read_unlock ends that", "%s is still held %s", c.sectionText(s, rcuSection), where)
	}
	if s.preempt > 0 {
		return c.refuseWith(s, i, mistake.LockHeld, "bpf_preempt_enable ends that", "%s is still held %s", c.sectionText(s, preemptSection), where)
	}
	for _, h := range s.held {
		if h.kind == reference && !(returned == h.id && c.Type == linux.ProgTypeStructOps) {
			thing, back := c.thing(h)
			if back != "" {
				back += " gives it back"
			} else {
				back = "give it back on every path, or to a function that keeps it"
			}
			return c.refuseWith(s, i, mistake.UnreleasedReference, back, "%s is still held %s", thing, where)
		}
	}
	return true
}

// unsleepable names the section in which nothing may sleep now, if there is one.
func (c *checker) unsleepable(s *state) string {
	if thing := c.heldThing(s, func(h held) bool { return h.kind != reference }); thing != "" {
		return thing
	}
	switch {
	case s.rcu > 0:
		return c.sectionText(s, rcuSection)
	case s.preempt > 0:
		return c.sectionText(s, preemptSection)
	}
	return ""
}

// theLock names the spin lock that is held.
func (c *checker) theLock(s *state) string {
	return c.heldThing(s, func(h held) bool { return h.kind == spinLock })
}

// thingOf names what is held under one of some ids.
func (c *checker) thingOf(s *state, ids ...uint32) string {
	return cmp.Or(c.heldThing(s, func(h held) bool { return slices.Contains(ids, h.id) }), "what was acquired")
}

// heldThing names the first of what is held that is meant; "" for nothing.
func (c *checker) heldThing(s *state, meant func(held) bool) string {
	n := slices.IndexFunc(s.held, meant)
	if n < 0 {
		return ""
	}
	thing, _ := c.thing(s.held[n])
	return thing
}

func (c *checker) sectionText(s *state, section section) string {
	what, enter := "the RCU read lock", "bpf_rcu_read_lock"
	if section == preemptSection {
		what, enter = "the disabled preemption", "bpf_preempt_disable"
	}
	return fmt.Sprintf("%s of %s (%s)", what, enter, c.place(s.entered[section]))
}

// thing names what is held, and what gives it back: "the socket of bpf_sk_lookup_tcp (instruction 5)".
func (c *checker) thing(h held) (thing, back string) {
	if h.insn < 0 {
		return c.argumentText(-1 - h.insn), ""
	}
	in := &c.code[h.insn]
	name := ""
	switch {
	case in.IsHelperCall():
		h := linux.HelperByID(int32(in.Imm))
		name, thing, back = h.Name, h.Held, h.Back
	case in.IsKfuncCall():
		if p := c.kernel[kernelID(in)]; p != nil {
			name, thing, back = p.name, p.row.Held, p.row.Back
		}
	}
	if name == "" {
		return "what was acquired at " + c.place(h.insn), ""
	}
	return fmt.Sprintf("the %s of %s (%s)", thing, name, c.place(h.insn)), back
}

// place names an instruction, for messages about another one.
func (c *checker) place(i int) string {
	slot := c.code[i].slot
	if c.Line != nil {
		return c.Line(slot)
	}
	return fmt.Sprintf("instruction %d", slot)
}

// argumentText names an argument of the program.
func (c *checker) argumentText(n int) string {
	if n < len(c.proto.params) && c.proto.params[n].name != "" {
		return fmt.Sprintf("argument %d (%s)", n, c.proto.params[n].name)
	}
	return fmt.Sprintf("argument %d", n)
}

// pointerText says what a pointer leads to, and where it comes from if it was acquired or is an argument.
func (c *checker) pointerText(s *state, v *value) string {
	if v.ref != 0 && s.holds(v.ref) {
		return c.thingOf(s, v.ref)
	}
	if v.param > 0 {
		return c.argumentText(int(v.param - 1))
	}
	return v.kind.String()
}

func leadingTo(name string) string {
	if name == "" {
		return ""
	}
	return " to a struct " + name
}
