package verifierlog

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// Deeper frames and lower slots than the kernel's limits are not kept.
const (
	mostFrames    = linux.MostFrames
	registerCount = 11
	slotCount     = linux.StackSize / 8
	cellCount     = registerCount + slotCount
)

// cells hold a value, as printed, for each place: for each frame first the registers, then the stack from the frame pointer down. "" means
// that the value is not known.
type cells [mostFrames * cellCount]string

// cellOf returns the index of a place, -1 if the place is not kept.
func cellOf(p Place) int {
	switch {
	case p.Frame < 0 || p.Frame >= mostFrames:
		return -1
	case p.Register >= 0 && p.Register < registerCount:
		return p.Frame*cellCount + p.Register
	case p.Register < 0 && p.Offset < 0 && p.Offset >= -8*slotCount:
		return p.Frame*cellCount + registerCount + (-p.Offset-1)/8
	}
	return -1
}

// placeOf is the inverse of cellOf.
func placeOf(cell int) Place {
	p := Place{Frame: cell / cellCount, Register: cell % cellCount}
	if p.Register >= registerCount {
		p.Offset = -8 * (p.Register - registerCount + 1)
		p.Register = -1
	}
	return p
}

func register(frame, n int) Place { return Place{Frame: frame, Register: n} }

// A Snapshot holds the registers and the stack at one point of a path, as far as the log shows them.
type Snapshot struct {
	Frame int // the running function
	known cells
	refs  string
}

// notShown is the text of a value that the log does not show: old kernels print states only at branches, and a log may begin in the
// middle. A place without a text was never written.
const notShown = "?"

// shown returns a text for readers.
func shown(text string) string {
	if text == notShown {
		return ""
	}
	return text
}

// Text returns a value as printed, "" when there is none or the log does not show it.
func (s *Snapshot) Text(p Place) string {
	if cell := cellOf(p); cell >= 0 {
		return shown(s.known[cell])
	}
	return ""
}

// Value returns a value; its kind is NoValue when there is none, and NotShown when the log does not show it.
func (s *Snapshot) Value(p Place) Value {
	if cell := cellOf(p); cell >= 0 {
		v := ParseValue(s.known[cell])
		v.Text = shown(v.Text) // the log has no such text
		return v
	}
	return Value{}
}

// hidden returns a bit for each register of the running function whose value the log does not show.
func (s *Snapshot) hidden() (registers uint16) {
	for n := range registerCount {
		if cell := cellOf(register(s.Frame, n)); cell >= 0 && s.known[cell] == notShown {
			registers |= 1 << n
		}
	}
	return registers
}

// Places returns the places that have a value: frame by frame, registers by number, then the stack from the highest offset down.
func (s *Snapshot) Places() []Place {
	var places []Place
	for cell, text := range s.known {
		if shown(text) != "" {
			places = append(places, placeOf(cell))
		}
	}
	return places
}

// References returns the ids of held references.
func (s *Snapshot) References() []string {
	if s.refs == "" {
		return nil
	}
	return strings.Split(s.refs, ",")
}

// list returns the state of the running function in the form of a Report.
func (s *Snapshot) list() (registers []Register, stack []Slot) {
	for _, p := range s.Places() {
		switch {
		case p.Frame != s.Frame:
		case p.Register >= 0:
			registers = append(registers, Register{p.Register, s.Text(p)})
		default:
			stack = append(stack, Slot{p.Offset, s.Text(p)})
		}
	}
	return registers, stack
}
