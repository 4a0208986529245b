package verifierlog

import "strings"

// Some calls make pointers invalid: the packet may move, a resource is released, a section ends. The verifier changes such pointers in all
// places to numbers, and prints nothing about it. The log shows the number only when the place is read the next time.

// checkType finds out whether the message speaks of a number where the log last had a pointer.
func (s *slicer) checkType(last int, before *Snapshot) {
	if !isAboutNumber(s.reason) {
		return
	}
	for _, cell := range s.wantedNow() {
		s.checkStale(last, cell, before.known[cell], "scalar()")
	}
}

// isAboutNumber reports whether a message says that something is a number. Kernels before 5.18 call numbers "inv".
func isAboutNumber(reason string) bool {
	for _, part := range [...]string{"'scalar'", "'inv'", "type=scalar ", "type=inv "} {
		if strings.Contains(reason, part) {
			return true
		}
	}
	return false
}

// checkStale compares the last printed value of a place with the value that was read. When a pointer became a number in between, it adds
// the call that made it invalid to the slice.
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

// invalidator returns the call that made a pointer invalid: the call that got the object of the pointer as an argument, or else the last
// call. It looks back at most to the instruction that made the pointer.
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

// givenAway reports whether an argument of a call is the object of a pointer, or points to it.
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
