package linux

import "iter"

// OpsTypeNames ranges over the ops structs that have a row.
func OpsTypeNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for n := range opsTypes {
			if !yield(opsTypes[n].Name) {
				return
			}
		}
	}
}

// Names reports whether the row names a member. A row names only members that it says something about, but also some that other kernels
// have.
func (t *OpsType) Names(member string) bool {
	for _, names := range append([][]string{t.Required, t.Settable, t.Sleepable}, t.RequiredOne...) {
		for _, name := range names {
			if name == member {
				return true
			}
		}
	}
	return t.ParamNames(member) != nil || t.Variants(member) != nil || t.WhyUnsupported(member) != ""
}
