package verifierlog

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// written has the calls for which packages dsl and maps have a method. The rows of internal/linux say what a call releases or ends.
var written = [...]struct {
	call, method string
	body         bool // the method makes the call itself, at the end of the body that it is given
}{
	{"bpf_ringbuf_submit", "ring.Submit(f, r)", false},
	{"bpf_ringbuf_discard", "ring.Discard(f, r)", false},
	{"bpf_spin_unlock", "f.Locked(lock, body)", true},
	{"bpf_rcu_read_unlock", "f.RCU(body)", true},
	{"bpf_iter_num_destroy", "f.Range(n, body)", true},
}

// givingBack says in the words of package dsl how something that is held is given back: "ring.Submit(f, r) or ring.Discard(f, r)".
func givingBack(h linux.Holding) string {
	var calls []string
	by := ""
	for _, name := range h.Back {
		text := call(name, h)
		for _, w := range written {
			switch {
			case w.call != name:
			case w.body:
				by = w.method
			default:
				text = w.method
			}
		}
		calls = append(calls, text)
	}
	text := strings.Join(calls, " or ")
	if text == "" {
		text = "the function for its type"
	}
	if h.Or != "" {
		text += ", or " + h.Or
	}
	if by != "" {
		text += ". " + by + " does this itself: exit the program after it, not inside"
	}
	return text
}

// call writes a call that takes what is held: f.Kernel("bpf_task_release", task).
func call(name string, h linux.Holding) string {
	method, args := "Kernel", 1
	if id, ok := linux.HelperID(name); ok {
		method, args = "Helper", len(linux.HelperByID(id).Args)
	} else if strings.HasSuffix(name, "_impl") {
		args = 2 // the last one is for the kernel, which sets it
	} else if linux.FunctionNamed(name).Has(linux.FuncLeavesRCU | linux.FuncAllowsPreemption) {
		args = 0
	}
	text := "f." + method + "(\"" + name + "\""
	if args > 0 {
		text += ", " + variable(h.Thing) + strings.Repeat(", 0", args-1)
	}
	return text + ")"
}

// variable is the name of a variable for a thing: "mask" for a CPU mask, "iterator" for an iterator of tasks.
func variable(thing string) string {
	thing, _, _ = strings.Cut(thing, " of ")
	return thing[strings.LastIndexByte(thing, ' ')+1:]
}
