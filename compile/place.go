package compile

// checkPlace reports a place that the kernel does not have: a type or attach type that does not exist, or a name that its types lack. A
// target that is not checked may be a newer kernel than this package knows.
func checkPlace(u *unit) {
	if u.target.Place == nil || u.target.Unchecked {
		return
	}
	if f := u.target.Place.Missing(u.target.BTF); f != nil {
		f.Position = u.program.Pos
		u.note(u.program, f.Kind, *f)
	}
}
