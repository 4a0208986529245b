package dsl

import (
	"fmt"
	"iter"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/record"
)

// A Program is one BPF function. It is bound to a member of a kernel struct,
// attached to a hook, or called by another program. Compiling does not change
// it, so one Program may be compiled for many targets, and from several
// goroutines at once.
type Program struct {
	Name      string     // what the kernel and messages call it
	Proto     *Prototype // its parameters and result, or nil when not declared
	Sleepable bool
	Global    bool // verified by itself when others call it; see GlobalFunc
	Pos       Position

	code // items; for programs made with Func, what the Go function wrote
}

type code = record.Code

// Assembly makes a program from items: instructions, labels, and instructions with names. Declarations (Proto, Sleepable) may be anywhere
// among them.
func Assembly(name string, items ...Item) *Program {
	p := &Program{Name: name, Pos: Here(0)}
	p.Append(items...)
	return p
}

// Append adds items at the end. It is needed for programs that call each other.
func (p *Program) Append(items ...Item) {
	p.Items = slices.Grow(p.Items, len(items))
	for i := range items {
		switch item := &items[i]; item.Kind {
		case record.Declared:
			before := p.Proto
			p.Proto, _ = item.To().(*Prototype)
			if before != nil && p.Proto != nil && p.Proto.Err == nil {
				p.Proto.Err = fmt.Errorf("the prototype is declared twice, at %v and %v", before.Pos, p.Proto.Pos)
			}
		case record.Sleepable:
			p.Sleepable = true
		default:
			p.Items = append(p.Items, item.item)
		}
	}
}

// Symbols ranges over the names that the program, and the programs that it calls, look up in the target's BTF: structs, enums and kernel
// functions. A name may come several times.
func (p *Program) Symbols() iter.Seq[string] {
	return func(yield func(string) bool) {
		for n, program := range p.Programs() {
			if body := program.Body(n > 0); body != nil {
				for _, name := range body.IR.Names {
					if name.Name != "" && !yield(name.Name) {
						return
					}
				}
			}
			for i := range program.Items {
				switch item := &program.Items[i]; item.Kind {
				case record.FieldLoad, record.FieldStore, record.FieldStoreImm, record.FieldAddress, record.KernelCall:
					if !yield(item.Name()) {
						return
					}
				}
			}
		}
	}
}

// Maps ranges over the maps that the program, and the programs that it calls, use. Each map comes once, in the order of first use.
func (p *Program) Maps() iter.Seq[*MapSpec] {
	return func(yield func(*MapSpec) bool) {
		seen := make(map[*MapSpec]bool)
		once := func(spec *MapSpec) bool {
			if spec == nil || seen[spec] {
				return true
			}
			seen[spec] = true
			return yield(spec)
		}
		for n, program := range p.Programs() {
			if body := program.Body(n > 0); body != nil {
				for _, m := range body.Maps {
					if spec, _ := m.To.(*MapSpec); !once(spec) {
						return
					}
				}
			}
			for i := range program.Items {
				if !once(specOf(&program.Items[i])) {
					return
				}
			}
		}
	}
}

// Programs lists the program and all programs that it calls, directly or not. The program itself is first, the others are in the order of
// first use.
func (p *Program) Programs() []*Program {
	all := []*Program{p}
	seen := map[*Program]bool{p: true}
	mention := func(sub *Program) {
		if sub != nil && !seen[sub] {
			seen[sub] = true
			all = append(all, sub)
		}
	}
	for i := 0; i < len(all); i++ {
		if body := all[i].Body(i > 0); body != nil {
			for _, m := range body.Subs {
				sub, _ := m.To.(*Program)
				mention(sub)
			}
		}
		items := all[i].Items
		for n := range items {
			mention(subOf(&items[n]))
		}
	}
	return all
}

func subOf(i *record.Item) *Program {
	p, _ := i.To().(*Program)
	return p
}

func specOf(i *record.Item) *MapSpec {
	m, _ := i.To().(*MapSpec)
	return m
}
