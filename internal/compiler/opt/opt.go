package opt

import "github.com/bpfsmith/bpfsmith/internal/compiler/ir"

// A Config says what the machine can do beyond the first level of its instruction set.
type Config struct {
	SignedLoads bool // ISA v4: a load may extend the sign
	NarrowJumps bool // ISA v3: a jump may compare the lower halves of registers and ignore the upper ones
}

// A pass changes a function. doc.go says what each one does.
type pass struct {
	name string
	run  func(*work)
}

// passes run in this order. A pass that is listed twice finds more the second time, because of what ran in between. The order and the
// repetitions were chosen by the size of the result.
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

// Run makes a function of the low level shorter and faster without changing what it does. The function must be well formed
// (ir.Func.Verify), and it is well formed afterwards.
func Run(f *ir.Func, c Config) {
	w := &work{f: f, c: c}
	for i := range passes {
		passes[i].run(w)
	}
}
