package verify

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// lost says why a value that was a pointer is a number now (see value.lose), and what to do.
func (c *checker) lost(v *value) (why, help string) {
	at := int(-v.gone - 1)
	if c.marks[at].what == branches {
		return fmt.Sprintf("it is nil on this path: the comparison at %s leads here when it is nil", c.place(at)),
			"use the pointer only where it is not nil; perhaps the comparison is the wrong way round"
	}
	if name := c.calledAt(at); linux.EndsLock(name) {
		return fmt.Sprintf("it is the address of a node of a list or tree, whose lock was released at %s", c.place(at)),
			"use the node while the lock is held, or remove it from the list or tree: then the program owns it"
	}
	return fmt.Sprintf("it is an old address in the packet: %s, at %s, may have moved the packet", c.calledAt(at), c.place(at)),
		"after the call, get the addresses of the packet from the context again, and compare them with its end again"
}

// numberFrom says which call returned the number in a register, when that is so on every path: " that bpf_ktime_get_ns returned at …".
// It is "" when the number comes from elsewhere.
func (c *checker) numberFrom(i int, r isa.Register) string {
	for !c.marks[i].is(first) {
		i--
		in := &c.code[i]
		switch {
		case in.IsCall() && r == isa.R0:
			return fmt.Sprintf(" that %s, at %s, returned", c.calledAt(i), c.place(i))
		case in.IsCall() && clobbered.Has(r):
			return ""
		case !in.Writes().Has(r):
		case *in == isa.Mov64Reg(r, in.Src):
			r = in.Src
		default:
			return ""
		}
	}
	return ""
}

// calledAt names what an instruction calls.
func (c *checker) calledAt(i int) string {
	in := &c.code[i]
	switch {
	case in.IsHelperCall():
		return linux.HelperByID(int32(in.Imm)).Name
	case in.IsKfuncCall():
		if p := c.kernel[kernelID(in)]; p != nil {
			return p.name
		}
	case in.IsSubprogramCall():
		if f := c.globalAt(c.functionOf(c.to(i))); f != nil {
			return f.called()
		}
	}
	return "the call"
}
