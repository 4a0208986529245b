package mistakes

// A Lack is a rule that has no program here.
type Lack struct {
	Rule string // its Pattern
	Why  string // what stands against one
}

// Without lists the rules of which this kernel cannot be brought to give the message, with the reason.
func Without() []Lack { return without[:] }

var without = [...]Lack{}
