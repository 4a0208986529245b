package verifierlog

import "strings"

// Some calls end the life of pointers: packets move, resources are given back, sections end. The verifier takes the pointers away in all
// places and prints none of that; the log shows it when such a place is read the next time.

// checkType looks whether the message speaks of a number where the log last had a pointer.
func (s *slicer) checkType(last int, before *Snapshot) {
	if !isAboutNumber(s.reason) {
		return
	}
	for _, cell := range s.wantedNow() {
		s.checkStale(last, cell, before.known[cell], "scalar()")
	}
}

// isAboutNumber reports whether a message says that something is a number, which kernels before 5.18 called "inv".
func isAboutNumber(reason string) bool {
	for _, part := range [...]string{"'scalar'", "'inv'", "type=scalar ", "type=inv "} {
		if strings.Contains(reason, part) {
			return true
		}
	}
	return false
}

// checkStale compares a value as it was last printed with what it was read as. When a pointer was lost on the way, it puts the call that took it
// into the slice.
func (s *slicer) checkStale(at, cell int, printed, read string) {
	was, is := ParseValue(printed), ParseValue(read)
	const life = RCU | Trusted
	if !was.Kind.IsPointer() || !(is.Kind == Scalar || is.Kind == was.Kind && was.Flags&life != 0 && is.Flags&life == 0) {
		return
	}
	i := s.invalidator(at, cell, was)
	if i < 0 {
		return
	}
	s.include(i, "", Note{Kind: TakenAway, Callee: s.operandsOf(i).callee, Place: placeOf(cell).String(), Was: printed})
}

// invalidator returns the call that took a pointer: the one that was given what the pointer belongs to; else the last one. It looks no further
// than to where the pointer was made.
func (s *slicer) invalidator(at, cell int, was Value) int {
	lastCall := -1
	for i, before := range s.path.Backward() {
		if i >= at {
			continue
		}
		if before.known[cell] == "" {
			break
		}
		if o := s.operandsOf(i); o.operation != kernelCall {
			continue
		}
		if lastCall < 0 {
			lastCall = i
		}
		if s.givenAway(before, s.path.steps[i].frame, was) {
			return i
		}
	}
	return lastCall
}

// givenAway reports whether an argument of a call is, or points to, what a pointer belongs to.
func (s *slicer) givenAway(before *Snapshot, frame int, was Value) bool {
	if was.Ref == 0 && was.DynptrID == 0 {
		return false
	}
	belongs := func(v Value) bool {
		return was.Ref != 0 && v.Ref == was.Ref || was.DynptrID != 0 && v.DynptrID == was.DynptrID
	}
	for n := 1; n <= 5; n++ {
		if belongs(before.Value(register(frame, n))) {
			return true
		}
		for _, cell := range stackCells(before, frame, n, 0, 8) {
			if belongs(ParseValue(before.known[cell])) {
				return true
			}
		}
	}
	return false
}
