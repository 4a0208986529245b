package random

// Shrink makes a program smaller while it still fails, and returns the smallest one. It tries at most tries programs.
func Shrink(p *Program, tries int, fails func(*Program) bool) *Program {
	for changed := true; changed; {
		changed = false
		for n := 0; ; n++ {
			s := &shrinker{at: n}
			smaller := s.program(p)
			if !s.done {
				break
			}
			if tries--; tries < 0 {
				return p
			}
			if fails(smaller) {
				p, changed = smaller, true
				n-- // the statement that is there now has not been tried
			}
		}
	}
	return p
}

// A shrinker copies a program with one change: number at of all possible changes.
type shrinker struct {
	at     int
	done   bool
	scope  map[int]bool // names that exist
	loops  int
	blocks map[int]bool
	f      *Func
}

// now reports whether it is this change's turn.
func (s *shrinker) now() bool {
	s.at--
	if s.at == -1 {
		s.done = true
		return true
	}
	return false
}

func (s *shrinker) program(p *Program) *Program {
	c := &Program{Level: p.Level, IDs: p.IDs}
	for _, f := range p.Funcs {
		to := *f
		s.f = &to
		s.scope, s.blocks, s.loops = make(map[int]bool), make(map[int]bool), 0
		for _, param := range f.Params {
			s.scope[param.ID] = true
		}
		to.Body = s.statements(f.Body, false)
		to.Result = s.expr(f.Result)
		c.Funcs = append(c.Funcs, &to)
	}
	return c
}

// statements copies a list. Names that are made in it do not exist after it.
func (s *shrinker) statements(list []*Stmt, block bool) []*Stmt {
	before := make(map[int]bool, len(s.scope))
	for id := range s.scope {
		before[id] = true
	}
	var out []*Stmt
	if len(list) > 3 && s.now() {
		list = list[len(list)/2:]
	}
	if len(list) > 3 && s.now() {
		list = list[:len(list)/2]
	}
	for _, from := range list {
		if (from.Kind != Nothing || len(list) > 1) && s.now() {
			continue
		}
		switch from.Kind { // flatten
		case If, Switch, For, ForUpTo, While, Block:
			flat := false
			for _, body := range from.Bodies {
				if s.now() {
					out = append(out, s.inline(from, body)...)
					flat = true
					break
				}
			}
			if flat {
				continue
			}
		}
		if to := s.statement(from); to != nil {
			out = append(out, to)
		}
	}
	if block {
		if len(out) == 0 {
			out = append(out, &Stmt{Kind: Nothing})
		}
		s.scope = before
	}
	return out
}

// inline copies a body into the list of its statement. Its names stay.
func (s *shrinker) inline(from *Stmt, body []*Stmt) []*Stmt {
	return s.statements(body, false)
}

// statement copies a statement. It returns nil when a name that it needs is gone.
func (s *shrinker) statement(from *Stmt) *Stmt {
	to := *from
	switch from.Kind {
	case Set, Inc:
		if !s.scope[from.ID] {
			return nil
		}
	case Break, Continue:
		if s.loops == 0 {
			return nil
		}
	case Leave:
		if !s.blocks[from.ID] {
			return nil
		}
	case For, ForUpTo, While:
		if from.N > 1 && s.now() {
			to.N = 1
		}
	}
	if from.Kind == ForUpTo && s.now() {
		to.Kind = For
	}
	if from.X != nil {
		to.X = s.expr(from.X)
	}
	to.Args = s.exprs(from.Args)
	to.Place, to.From = s.place(from.Place), s.place(from.From)
	if from.Kind == While {
		s.scope[from.ID] = true
	}
	to.Conds = s.exprs(from.Conds)
	if from.Kind == If && len(from.Bodies) > 1 && s.now() { // the last arm
		to.Bodies = from.Bodies[:len(from.Bodies)-1]
		to.Conds = to.Conds[:min(len(to.Conds), len(to.Bodies))]
	}
	if from.Kind == Switch && len(from.Cases) > 1 && s.now() {
		to.Cases, to.Bodies = from.Cases[1:], from.Bodies[1:]
	}
	switch from.Kind {
	case For, ForUpTo, While:
		s.loops++
		s.scope[from.ID] = true
		to.Bodies = s.bodies(to.Bodies)
		s.loops--
		delete(s.scope, from.ID)
	case Block:
		s.blocks[from.ID] = true
		to.Bodies = s.bodies(to.Bodies)
		delete(s.blocks, from.ID)
	default:
		to.Bodies = s.bodies(to.Bodies)
	}
	switch from.Kind {
	case Let, Declare, Call:
		s.scope[from.ID] = true
	}
	if from.Kind >= AtomicAdd {
		s.scope[from.ID] = true
	}
	return &to
}

func (s *shrinker) bodies(list [][]*Stmt) [][]*Stmt {
	var out [][]*Stmt
	for _, b := range list {
		out = append(out, s.statements(b, true))
	}
	return out
}

func (s *shrinker) exprs(list []*Expr) []*Expr {
	var out []*Expr
	for _, e := range list {
		out = append(out, s.expr(e))
	}
	return out
}

func (s *shrinker) place(p *Place) *Place {
	if p == nil {
		return nil
	}
	to := *p
	if p.Index != nil {
		to.Index = s.expr(p.Index)
	}
	if p.Big && s.now() {
		to.Big = false
	}
	return &to
}

// expr copies an expression, or one that is simpler.
func (s *shrinker) expr(e *Expr) *Expr {
	if e.Op == Name && !s.scope[e.ID] {
		return &Expr{Op: Const, Type: e.Type}
	}
	if e.Type != Bool && !(e.Op == Const && e.Value <= 1) {
		for n := range uint64(2) {
			if s.now() {
				return &Expr{Op: Const, Type: e.Type, Value: n}
			}
		}
	}
	if e.Op == Const {
		if e.Value > 1 && e.Value < 1<<32 && s.now() {
			return &Expr{Op: Const, Type: e.Type, Value: e.Value / 2, Raw: e.Raw}
		}
	}
	for _, a := range e.Args {
		if a.Type == e.Type && s.now() {
			return s.expr(a)
		}
	}
	to := *e
	to.Args = s.exprs(e.Args)
	to.Place = s.place(e.Place)
	return &to
}
