package verify

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// receive records the arguments that the program must release.
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

// hold records something that must be released, and returns its id.
func (c *checker) hold(s *state, insn int, k holding) uint32 {
	id := c.newID()
	s.held = append(s.held, held{id: id, insn: insn, kind: k})
	return id
}

// nothingHeld checks that nothing is held where a program ends, or may end: no lock, no section, and no reference except one that is
// returned (check_resource_leak). result is the value in r0; nil where the program may end without one.
func (c *checker) nothingHeld(s *state, i int, result *value, where string) bool {
	for _, h := range s.held {
		if h.kind == spinLock || h.kind == irqState {
			thing, back := c.thing(h)
			return c.refuseWith(s, i, mistake.LockHeld, "call "+back+" before", "%s is still held %s", thing, where)
		}
	}
	if h, open := c.openSection(s); open {
		thing, back := c.thing(h)
		return c.refuseWith(s, i, mistake.LockHeld, "call "+back+" before", "%s is still held %s", thing, where)
	}
	for _, h := range s.held {
		inResult := h.kind == reference && c.mayReturn(result, h)
		if h.kind == reference && !(inResult && c.takesResult()) {
			thing, back := c.thing(h)
			if back != "" {
				back = "release it with " + back
			} else {
				back = "release it on every path, or pass it to a function that keeps it"
			}
			note := ""
			if inResult {
				note = "Linux accepts this, because r0 still points to it, but nothing releases it later"
				if c.isRecord(h) {
					note += ": readers of the ring buffer see no record after this one"
				}
			}
			return c.refuseNoting(s, i, mistake.UnreleasedReference, note, back, "%s is still held %s", thing, where)
		}
	}
	return true
}

// mayReturn reports whether the kernel lets a member end while it holds h: if r0 points to it (check_reference_leak,
// kernel/bpf/verifier.c, Linux 6.18). This is for members that return a pointer, but the kernel does not look at the prototype there.
func (c *checker) mayReturn(result *value, h held) bool {
	return result != nil && c.Type == linux.ProgTypeStructOps && (result.ref == h.id || result.of == h.id)
}

// takesResult reports whether the kernel takes over what a member returns, as far as that is known and counts here.
func (c *checker) takesResult() bool { return !c.Strict || c.proto == nil || c.proto.result.pointer }

// isRecord reports whether h is memory that was reserved in a ring buffer.
func (c *checker) isRecord(h held) bool {
	if h.insn < 0 || !c.code[h.insn].IsHelperCall() {
		return false
	}
	row := linux.HelperByID(int32(c.code[h.insn].Imm))
	return row.Result == linux.ResultRecord || row.Takes(linux.ArgNewDynptr)
}

// unsleepable names the section that forbids the program to sleep now, if there is one.
func (c *checker) unsleepable(s *state) string {
	if thing := c.heldThing(s, func(h held) bool { return h.kind != reference }); thing != "" {
		return thing
	}
	if h, open := c.openSection(s); open {
		thing, _ := c.thing(h)
		return thing
	}
	return ""
}

// theLock names the spin lock that is held.
func (c *checker) theLock(s *state) string {
	return c.heldThing(s, func(h held) bool { return h.kind == spinLock })
}

// thingOf names the thing that is held under one of the ids.
func (c *checker) thingOf(s *state, ids ...uint32) string {
	return cmp.Or(c.heldThing(s, func(h held) bool { return slices.Contains(ids, h.id) }), "the acquired object")
}

// heldThing names the first held thing for which meant is true; "" if there is none.
func (c *checker) heldThing(s *state, meant func(held) bool) string {
	n := slices.IndexFunc(s.held, meant)
	if n < 0 {
		return ""
	}
	thing, _ := c.thing(s.held[n])
	return thing
}

// openSection is the section that is open, if there is one: an RCU section, or one without preemption.
func (c *checker) openSection(s *state) (h held, open bool) {
	switch {
	case s.rcu > 0:
		return held{insn: s.entered[rcuSection]}, true
	case s.preempt > 0:
		return held{insn: s.entered[preemptSection]}, true
	}
	return held{}, false
}

// thing names a held thing and the function that releases it: "the socket of bpf_sk_lookup_tcp (instruction 5)".
func (c *checker) thing(h held) (thing, back string) {
	if h.insn < 0 {
		return c.argumentText(-1 - h.insn), ""
	}
	in := &c.code[h.insn]
	name := ""
	switch {
	case in.IsHelperCall():
		name = linux.HelperByID(int32(in.Imm)).Name
	case in.IsKfuncCall():
		if p := c.kernel[kernelID(in)]; p != nil {
			name = p.name
		}
	}
	gives, ok := linux.HoldingOf(name)
	if !ok {
		return "the object acquired at " + c.place(h.insn), ""
	}
	return fmt.Sprintf("the %s of %s (%s)", gives.Thing, name, c.place(h.insn)), gives.String()
}

// place names an instruction, for messages about another one.
func (c *checker) place(i int) string { return c.placeOfSlot(c.slotAt(i)) }

func (c *checker) placeOfSlot(slot int) string {
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

// pointerText names a pointer in messages, with its origin if it was acquired or is an argument.
func (c *checker) pointerText(s *state, v *value) string {
	if v.ref != 0 && s.holds(v.ref) {
		return c.thingOf(s, v.ref)
	}
	if v.param > 0 {
		return c.argumentText(int(v.param - 1))
	}
	return v.kind.String()
}

// pointerTo names a pointer to a struct in messages. The name is "" when the struct is not known.
func pointerTo(name string) string {
	if name == "" {
		return "a pointer"
	}
	return "a pointer to a struct " + name
}

// pathText names the last place at which a path could have gone another way. One exit may be the end of many paths.
func (c *checker) pathText(s *state) string {
	if s.via == 0 || c.Line == nil {
		return ""
	}
	return ", on a path from the comparison at " + c.place(s.via-1)
}

// byteCount is a size in messages.
func byteCount(n int64) string { return phrase.Count(n, "byte") }
