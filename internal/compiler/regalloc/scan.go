package regalloc

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A piece is a part of a value's life that it spends in one register, or that waits for one. Its spans are those of the value, lo…hi-1,
// cut to from…to.
type piece struct {
	v        V
	from, to moment
	lo, hi   int32 // in lives.ranges
	now      int32 // the span at the current place of the scan
	prev     int32 // the value's piece before it, or -1
	next     int32 // … and the one after it
	reg      isa.Register
	dead     bool // it was dropped before it began
	first    bool // it begins with the definition
}

// A sleeper is a piece in a hole of its life: the value is not needed, and the register is free.
type sleeper struct {
	wake  moment // the end of the hole
	piece int32
}

// A scan gives registers to pieces.
type scan struct {
	*lives
	pieces []piece
	order  []int32 // pieces with a register, by from
	head   []int32 // by V: its first piece, or -1
	tail   []int32 // by V: its last piece, or -1
	waits  []int32 // pieces that were cut off: a heap, ordered by from and then by number
	slot   []bool  // by V: it needs a slot
	pref   []isa.Register

	active   [numRegs]int32     // the piece in the register, or -1
	asleep   [numRegs][]sleeper // by wake
	blocking [numRegs]int32     // the first blocking that is not over
	limit    [numRegs]moment    // temporary: how long the register would stay free if active left it
}

// allocate runs the scan.
func allocate(l *lives) (*scan, error) {
	f := l.f
	s := &scan{lives: l}
	s.pieces = make([]piece, 0, f.Values+f.Values/4)
	s.head = make([]int32, f.Values+1)
	s.tail = make([]int32, f.Values+1)
	s.slot = make([]bool, f.Values+1)
	s.pref = make([]isa.Register, f.Values+1)
	for v := range s.head {
		s.head[v], s.tail[v], s.pref[v] = -1, -1, AnyReg
	}
	for r := range s.active {
		s.active[r] = -1
	}
	starts := make([]V, 0, f.Values)
	for v := V(1); int(v) <= f.Values; v++ {
		if l.rangeAt[v+1] > l.rangeAt[v] {
			starts = append(starts, v)
		}
	}
	slices.SortStableFunc(starts, func(a, b V) int { return int(l.defAt[a] - l.defAt[b]) })
	for len(starts) > 0 || len(s.waits) > 0 {
		var cur int32
		if len(s.waits) > 0 && (len(starts) == 0 || s.pieces[s.waits[0]].from <= l.defAt[starts[0]]) {
			cur = s.pop()
			if s.pieces[cur].dead {
				continue
			}
		} else {
			v := starts[0]
			starts = starts[1:]
			if l.remat(v) {
				s.stack(v, l.defAt[v]) // it is made when it is needed
				continue
			}
			cur = s.add(piece{v: v, from: l.defAt[v], to: l.ranges[l.rangeAt[v+1]-1].to, lo: l.rangeAt[v],
				hi: l.rangeAt[v+1], first: true})
		}
		s.advance(s.pieces[cur].from)
		if err := s.place(cur); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add makes a piece.
func (s *scan) add(p piece) int32 {
	p.reg, p.next, p.prev, p.now = AnyReg, -1, s.tail[p.v], p.lo
	i := int32(len(s.pieces))
	s.pieces = append(s.pieces, p)
	if p.prev >= 0 {
		s.pieces[p.prev].next = i
	} else {
		s.head[p.v] = i
	}
	s.tail[p.v] = i
	return i
}

// rest makes a piece of what is left of v's life from the moment c on, which waits. Something must be left.
func (s *scan) rest(v V, c moment) {
	hi := s.rangeAt[v+1]
	lo := s.spanAt(s.rangeAt[v], hi, c)
	s.push(s.add(piece{v: v, from: max(c, s.ranges[lo].from), to: s.ranges[hi-1].to, lo: lo, hi: hi}))
}

// spanAt returns the first of the spans lo…hi-1 that ends after c, or hi.
func (s *scan) spanAt(lo, hi int32, c moment) int32 {
	for lo < hi {
		mid := int32(uint32(lo+hi) >> 1)
		if s.ranges[mid].to > c {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// useFrom returns the index of v's first use at c or later.
func (s *scan) useFrom(v V, c moment) int32 {
	lo, hi := s.useAt[v], s.useAt[v+1]
	for lo < hi {
		mid := int32(uint32(lo+hi) >> 1)
		if s.uses[mid].pos >= c {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// mustFrom returns the moment of v's first use at c or later that needs a register, or the largest number.
func (s *scan) mustFrom(v V, c moment) moment {
	for k := s.useFrom(v, c); k < s.useAt[v+1]; k++ {
		if s.uses[k].kind == useMust {
			return s.uses[k].pos
		}
	}
	return never
}

// hoist returns the best moment for a move of v between lo and hi: before the loops that hi is in and lo is not.
func (s *scan) hoist(v V, lo, hi moment) moment {
	best := hi
	for k := s.in[s.blockAt(hi)]; k >= 0 && s.loops[k].from > lo; k = s.loops[k].parent {
		if s.alive(v, s.loops[k].from) {
			best = s.loops[k].from
		}
	}
	return best
}

// alive reports whether v is alive at c.
func (s *scan) alive(v V, c moment) bool {
	k := s.spanAt(s.rangeAt[v], s.rangeAt[v+1], c)
	return k < s.rangeAt[v+1] && s.ranges[k].from <= c
}

// stack records that v has no register from c until it needs one again. Its last piece ends at c or before.
func (s *scan) stack(v V, c moment) {
	if !s.remat(v) {
		s.slot[v] = true
	}
	if m := s.mustFrom(v, c); m != never {
		s.rest(v, s.hoist(v, c, m))
	}
}

// keep returns until when piece p needs its register before c: until its last use.
func (s *scan) keep(p *piece, c moment) moment {
	to := p.from
	if s.mustStart(p) {
		to = p.from.next()
	}
	for k := s.useFrom(p.v, c+1) - 1; k >= s.useAt[p.v] && s.uses[k].pos >= max(p.from, to-perInstr+1); k-- {
		u := &s.uses[k]
		switch {
		case u.kind != useMust:
			to = max(to, u.pos)
		case u.pos < c:
			to = max(to, u.pos+perInstr)
		}
	}
	return min(to, c)
}

// mustStart reports whether p needs a register where it starts.
func (s *scan) mustStart(p *piece) bool {
	if p.first {
		return s.def[p.v] == defPlain
	}
	return s.mustAt(p.v, p.from)
}

// mustAt reports whether v needs a register at c.
func (s *scan) mustAt(v V, c moment) bool {
	for k := s.useFrom(v, c); k < s.useAt[v+1] && s.uses[k].pos == c; k++ {
		if s.uses[k].kind == useMust {
			return true
		}
	}
	return false
}

// shorten ends p at its last use before c. From there on the value is on the stack.
func (s *scan) shorten(p *piece, c moment) {
	p.to = s.keep(p, c)
	if p.to <= p.from {
		p.dead = true
	}
}

// advance moves active and asleep on to the moment pos.
func (s *scan) advance(pos moment) {
	for r := range s.active {
		if a := s.active[r]; a >= 0 {
			s.active[r] = -1
			s.wake(r, a, pos)
		}
		n := 0
		list := s.asleep[r]
		for n < len(list) && list[n].wake <= pos {
			n++
		}
		if n > 0 {
			// A sleeper that wakes may sleep again, and then comes after others. So all that wake are taken out first.
			var few [8]int32
			woken := few[:0]
			for _, sl := range list[:n] {
				woken = append(woken, sl.piece)
			}
			s.asleep[r] = append(list[:0], list[n:]...)
			for _, i := range woken {
				s.wake(r, i, pos)
			}
		}
		b := s.blocked[r]
		for int(s.blocking[r]) < len(b) && b[s.blocking[r]].to <= pos {
			s.blocking[r]++
		}
	}
}

// wake puts piece i of register r where it belongs at pos: active, asleep, or nowhere.
func (s *scan) wake(r int, i int32, pos moment) {
	p := &s.pieces[i]
	if p.dead || p.to <= pos {
		return
	}
	for p.now < p.hi && s.ranges[p.now].to <= pos {
		p.now++
	}
	if p.now == p.hi || s.ranges[p.now].from >= p.to {
		return
	}
	if from := s.ranges[p.now].from; from > pos {
		at, _ := slices.BinarySearchFunc(s.asleep[r], from, func(sl sleeper, from moment) int { return int(sl.wake - from) })
		s.asleep[r] = slices.Insert(s.asleep[r], at, sleeper{from, i})
		return
	}
	s.active[r] = i
}

// freeUntil returns until when register r would be free for p if its active piece left it, as a moment at which p can be split. It is
// p.to if the register is free for all of p's life, and p.from or less if it is not free at all.
func (s *scan) freeUntil(p *piece, r int) moment {
	c := p.to
	if k := s.blocking[r]; int(k) < len(s.blocked[r]) && s.blocked[r][k].from < c {
		c = s.meet(p, s.blocked[r][k:], c)
	}
	for _, sl := range s.asleep[r] {
		if sl.wake >= c {
			break
		}
		c = min(c, s.cross(p, &s.pieces[sl.piece], c))
	}
	if c < p.to {
		c = c.begin()
	}
	return c
}

// meet returns the first moment of p that is blocked, or c if that is earlier.
func (s *scan) meet(p *piece, list []blocking, c moment) moment {
	for k := p.lo; k < p.hi && s.ranges[k].from < c; k++ {
		from, to := max(s.ranges[k].from, p.from), min(s.ranges[k].to, p.to)
		lo, hi := 0, len(list)
		// The next one is mostly near, so look in doubling steps before halving the rest.
		for step := 1; lo+step < hi; step *= 2 {
			if list[lo+step].to > from {
				hi = lo + step + 1
				break
			}
			lo += step
		}
		for lo < hi {
			mid := (lo + hi) / 2
			if list[mid].to > from {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		list = list[lo:]
		if len(list) == 0 {
			return c
		}
		if list[0].from < to {
			return min(c, max(list[0].from, from))
		}
	}
	return c
}

// cross returns the first moment when both p and the sleeping q are alive, or c if that is earlier.
func (s *scan) cross(p, q *piece, c moment) moment {
	i, k := p.lo, q.now
	for i < p.hi && k < q.hi {
		a, b := s.ranges[i], s.ranges[k]
		from := max(a.from, p.from, b.from, q.from)
		if from >= c || from >= q.to {
			return c
		}
		if from < min(a.to, b.to) {
			return from
		}
		if a.to <= b.to {
			i++
		} else {
			k++
		}
	}
	return c
}

// give gives register r to piece i.
func (s *scan) give(i int32, r isa.Register) {
	p := &s.pieces[i]
	p.reg = r
	s.pref[s.rep(p.v)] = r
	s.order = append(s.order, i)
	s.active[r] = -1
	s.wake(int(r), i, p.from)
}

// cut ends piece i at c and lets the rest wait. The rest may find another register.
func (s *scan) cut(i int32, c moment) {
	p := &s.pieces[i]
	p.to = c
	s.rest(p.v, c)
}

// push adds a piece to those that wait.
func (s *scan) push(i int32) {
	h := append(s.waits, i)
	for k := len(h) - 1; k > 0; {
		up := (k - 1) / 2
		if !s.before(h[k], h[up]) {
			break
		}
		h[k], h[up] = h[up], h[k]
		k = up
	}
	s.waits = h
}

// pop removes and returns the first of those that wait.
func (s *scan) pop() int32 {
	h := s.waits
	top := h[0]
	n := len(h) - 1
	h[0] = h[n]
	h = h[:n]
	for k := 0; ; {
		c := 2*k + 1
		if c >= n {
			break
		}
		if c+1 < n && s.before(h[c+1], h[c]) {
			c++
		}
		if !s.before(h[c], h[k]) {
			break
		}
		h[k], h[c] = h[c], h[k]
		k = c
	}
	s.waits = h
	return top
}

// before is the order in which waiting pieces get their turn.
func (s *scan) before(i, k int32) bool {
	p, q := &s.pieces[i], &s.pieces[k]
	return p.from < q.from || p.from == q.from && i < k
}

// errFull is the error for an instruction that needs more registers than there are.
func (s *scan) errFull(p *piece) error {
	b := s.blockAt(p.from)
	return fmt.Errorf("block %d instruction %d: no register for value %d", b, s.instrIn(b, p.from), p.v)
}
