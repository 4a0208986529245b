package usermap

import (
	"bytes"
	"maps"
	"slices"
)

// A Snapshot is what a map has had at some time.
type Snapshot struct {
	values, keys []byte
	slots        map[string]int
	free, order  []int
	used         int
	records      []Record
	taken        int
}

// Snapshot copies what the map has.
func (m *Map) Snapshot() *Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &Snapshot{values: bytes.Clone(m.values), keys: bytes.Clone(m.keys), slots: maps.Clone(m.slots), free: slices.Clone(m.free),
		order: slices.Clone(m.order), used: m.used}
	if m.ring != nil {
		m.ring.mu.Lock()
		defer m.ring.mu.Unlock()
		s.taken = m.ring.taken
		for _, r := range m.ring.records {
			s.records = append(s.records, Record{Data: bytes.Clone(r.Data), ring: r.ring, state: r.state})
		}
	}
	return s
}

// Restore makes the map what it was at the time of a snapshot. Values stay where they are in memory as far as the map has not grown.
func (m *Map) Restore(s *Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.values) >= len(s.values) {
		m.values = m.values[:len(s.values)]
		copy(m.values, s.values)
	} else {
		m.values = bytes.Clone(s.values)
	}
	m.keys, m.slots, m.used = bytes.Clone(s.keys), maps.Clone(s.slots), s.used
	m.free, m.order = slices.Clone(s.free), slices.Clone(s.order)
	if m.ring != nil {
		m.ring.mu.Lock()
		defer m.ring.mu.Unlock()
		m.ring.taken, m.ring.records = s.taken, nil
		for _, r := range s.records {
			m.ring.records = append(m.ring.records, &Record{Data: bytes.Clone(r.Data), ring: m.ring, state: r.state})
		}
	}
}
