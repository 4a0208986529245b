package verify

// room is memory for states. One is in use for each path that is followed. One is kept for each branch, until its other side is
// followed, and for each place where paths meet.
type room struct {
	states []*state // not in use
	paths  *path    // not in use, a list

	// Pieces of memory from which new ones are cut.
	pathPiece []path
	visits    []visit
	forgotten *visit // a list
	frames    []savedFrame
	values    []value
	slots     []slot
	size      int // of the next piece
}

// cut takes n items from a piece. When the piece is used up, it allocates a new one, larger each time.
func cut[T any](r *room, piece *[]T, n int) []T {
	if len(*piece) < n {
		r.size = min(max(8, r.size*3/2), 2048)
		*piece = make([]T, max(n, r.size))
	}
	list := (*piece)[:n:n]
	*piece = (*piece)[n:]
	return list
}

// state returns a state to write to. Its old contents mean nothing.
func (r *room) state() *state {
	if n := len(r.states); n > 0 {
		s := r.states[n-1]
		r.states = r.states[:n-1]
		return s
	}
	return new(state)
}

// release takes back the state of a path that ended. No other state shares its parts.
func (r *room) release(s *state) { r.states = append(r.states, s) }

// clone copies a state.
func (r *room) clone(s *state) *state {
	c := r.state()
	frames, holds := c.frames, c.held
	*c = *s
	c.frames = framesFor(frames, len(s.frames))
	for i := range c.frames {
		f := &c.frames[i]
		own := f.stack
		*f = s.frames[i]
		f.stack = append(own[:0], f.stack...)
	}
	c.held = append(holds[:0], s.held...)
	return c
}

// framesFor are n frames in which the room for stacks is kept.
func framesFor(frames []frame, n int) []frame {
	for cap(frames) < n {
		frames = append(frames[:cap(frames)], frame{})
	}
	return frames[:n]
}

// path returns a path to write to. Its slices may be used again.
func (r *room) path() *path {
	if p := r.paths; p != nil {
		r.paths = p.next
		return p
	}
	return &cut(r, &r.pathPiece, 1)[0]
}

// visit returns a visit to write to. Its slices may be used again.
func (r *room) visit() *visit {
	if v := r.forgotten; v != nil {
		r.forgotten = v.before
		return v
	}
	return &cut(r, &r.visits, 1)[0]
}

// forget takes back a visit that no path comes from any more.
func (r *room) forget(v *visit) {
	v.before, r.forgotten = r.forgotten, v
}

// reuse takes back a path that is being followed.
func (r *room) reuse(p *path) {
	p.next, r.paths = r.paths, p
}

// fit is room for n items: in old, if that is large enough.
func fit[T any](r *room, piece *[]T, old []T, n int) []T {
	if cap(old) < n {
		return cut(r, piece, n)
	}
	return old[:n]
}
