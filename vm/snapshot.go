package vm

import (
	"bytes"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/usermap"
)

// A Snapshot is what programs can change in a machine: its memory, and the maps that they use. With it, a run can be repeated from the
// same state; package [github.com/bpfsmith/bpfsmith/vm/debug] steps back in this way.
type Snapshot struct {
	regions  []region
	contents [][]byte // of the regions' memory, without that of maps
	removed  []int
	maps     []*usermap.Snapshot // of the maps that were lent
	lent     []lentMap
	timers   map[uint64]timer
	sched    Scheduling
	packet   *Packet
	state    Packet // of packet
}

// Snapshot copies the state. It must not be called while the machine runs. packet is the one that the program will run on, or nil.
func (m *Machine) Snapshot(packet *Packet) *Snapshot {
	s := &Snapshot{regions: slices.Clone(m.regions), removed: slices.Clone(m.removed), lent: slices.Clone(m.lent), packet: packet}
	for _, r := range m.regions {
		s.contents = append(s.contents, bytes.Clone(r.memory()))
	}
	s.timers = make(map[uint64]timer)
	for addr, t := range m.timers {
		s.timers[addr] = *t
	}
	s.sched = m.Scheduling.clone()
	for _, l := range m.lent {
		s.maps = append(s.maps, l.content.Snapshot())
	}
	if packet != nil {
		s.state = *packet
		s.state.frame, s.state.fields = bytes.Clone(packet.frame), bytes.Clone(packet.fields)
	}
	return s
}

// memory is the memory of a region; nil if it is that of a map.
func (r *region) memory() []byte {
	if r.elements != nil {
		return nil
	}
	return r.read
}

// Restore makes the machine what it was at the time of the snapshot. It must not be called while the machine runs.
func (m *Machine) Restore(s *Snapshot) {
	m.regions, m.removed, m.lent = slices.Clone(s.regions), slices.Clone(s.removed), slices.Clone(s.lent)
	for n := range m.regions {
		copy(m.regions[n].memory(), s.contents[n])
	}
	m.timers = make(map[uint64]*timer)
	for addr, t := range s.timers {
		m.timers[addr] = &t
	}
	m.Scheduling = s.sched.clone()
	for n, l := range s.lent {
		l.content.Restore(s.maps[n])
	}
	if s.packet != nil {
		*s.packet = s.state
		s.packet.frame, s.packet.fields = bytes.Clone(s.state.frame), bytes.Clone(s.state.fields)
	}
	m.depth = 0
	m.bindings = nil // maps may have been lent since
}
