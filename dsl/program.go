package dsl

import "iter"

// A Program is one BPF function: what is bound to a member of a kernel struct,
// attached to a hook, or called by another program. Compiling does not change
// it, so one Program may be compiled for many targets, and from several
// goroutines at once.
type Program struct {
	Name      string     // what the kernel and messages call it
	Proto     *Prototype // what it takes and gives, or nil when not declared
	Sleepable bool
	Global    bool   // verified by itself when others call it; see GlobalFunc
	Items     []Item // in order; labels and instructions only. None when made with Func
	Pos       Position

	written *written // of those made with Func
}

// New makes a program of its items. Declarations (Proto, Sleepable) may stand
// anywhere among them.
func New(name string, items ...Item) *Program {
	p := &Program{Name: name, Pos: Here(0), Items: make([]Item, 0, len(items))}
	for i := range items {
		switch item := &items[i]; item.Kind {
		case Declared:
			if item.more != nil {
				p.Proto = item.more.proto
			}
		case sleepableHere:
			p.Sleepable = true
		default:
			p.Items = append(p.Items, *item)
		}
	}
	return p
}

// Symbols ranges over the names that the program, and those it calls, look up
// in the target's BTF: structs, enums and kernel functions. Some come several
// times.
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
				case FieldLoad, FieldStore, FieldStoreImm, FieldAddress, KernelCall:
					if !yield(item.Name) {
						return
					}
				}
			}
		}
	}
}

// Maps ranges over the maps that the program, and those it calls, use: each
// once, in the order of their first mention.
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
				for _, spec := range body.Maps {
					if !once(spec) {
						return
					}
				}
			}
			for i := range program.Items {
				if !once(program.Items[i].Map()) {
					return
				}
			}
		}
	}
}

// Programs lists the program and all that it calls, directly or not: itself
// first, the others in the order of their first mention.
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
			for _, sub := range body.Subs {
				mention(sub)
			}
		}
		items := all[i].Items
		for n := range items {
			mention(items[n].Sub())
		}
	}
	return all
}
