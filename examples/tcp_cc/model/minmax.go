package model

// Minmax is the kernel's windowed maximum (lib/win_minmax.c, Kathleen Nichols' algorithm): the largest value of the latest win units of
// time, in constant space. It keeps three candidates from different parts of the window, each later and smaller than the one before. When
// the first one is too old, the second one replaces it. The result may be too small, because values between the candidates are lost. It is
// never older than the window.
type Minmax [3]struct{ T, V uint32 }

// Get returns the maximum.
func (m *Minmax) Get() uint32 { return m[0].V }

// Reset forgets everything except this value.
func (m *Minmax) Reset(t, v uint32) {
	for i := range m {
		m[i].T, m[i].V = t, v
	}
}

// RunningMax adds a value.
func (m *Minmax) RunningMax(win, t, v uint32) {
	if v >= m[0].V || t-m[2].T > win { // a new maximum, or nothing is left of the window
		m.Reset(t, v)
		return
	}
	if v >= m[1].V {
		m[1].T, m[1].V = t, v
		m[2] = m[1]
	} else if v >= m[2].V {
		m[2].T, m[2].V = t, v
	}

	switch age := t - m[0].T; {
	case age > win:
		m.shift(t, v)
		if t-m[0].T > win { // the second was too old as well; the third was not, as seen above
			m.shift(t, v)
		}
	case m[1].T == m[0].T && age > win/4:
		// A quarter of the window without a second candidate: take this one, however small.
		m[1].T, m[1].V = t, v
		m[2] = m[1]
	case m[2].T == m[1].T && age > win/2:
		m[2].T, m[2].V = t, v
	}
}

// shift drops the first candidate and appends one.
func (m *Minmax) shift(t, v uint32) {
	m[0], m[1] = m[1], m[2]
	m[2].T, m[2].V = t, v
}
