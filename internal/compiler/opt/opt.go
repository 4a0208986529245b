package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// A Config says what the machine can do beyond the first level of its instruction set.
type Config struct {
	SignedLoads bool // ISA v4: a load may fill up with the sign
	NarrowJumps bool // ISA v3: a jump may compare the lower halves of registers, whatever the upper ones hold
}

// A pass changes a function; see doc.go for what each is about.
type pass struct {
	name string
	run  func(*work)
}

// passes run in this order. What stands twice finds more the second time, because
// of what ran in between; the order and the repetitions were chosen by the
// size of what comes out.
var passes = [...]pass{
	{"flow", flow},
	{"algebra", algebra},
	{"number", number},
	{"dead", dead},
	{"ranges", ranges},
	{"branches", branches},
	{"flow", flow},
	{"number", number},
	{"memory", memory},
	{"ranges", ranges},
	{"demand", demand},
	{"algebra", algebra},
	{"dead", dead},
	{"branches", branches},
	{"flow", flow},
	{"dead", dead},
	{"stores", stores},
	{"sink", sink},
}

// Run makes a function of the low level shorter and faster without changing
// what it does. The function must be well formed (ir.Func.Verify) and is so
// afterwards.
func Run(f *ir.Func, c Config) {
	w := &work{f: f, c: c}
	for i := range passes {
		passes[i].run(w)
	}
}
