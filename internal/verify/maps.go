package verify

import (
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
)

// resolve looks up the maps that instructions name, before the walk (resolve_pseudo_ldimm64).
func (c *checker) resolve() bool {
	for fd, m := range c.Maps {
		c.mapOf[fd] = int16(len(c.maps))
		c.maps = append(c.maps, m)
	}
	for n := range c.maps {
		if inner := c.maps[n].Inner; inner != nil {
			if c.inner == nil {
				c.inner = map[int16]int16{}
			}
			c.inner[int16(n)] = int16(len(c.maps))
			c.maps = append(c.maps, *inner)
		}
	}
	for i := range c.code {
		in := &c.code[i]
		c.patient = c.patient || c.loops(i)
		c.kernelCalls = c.kernelCalls || in.IsKfuncCall()
		if !in.IsWide() || c.Maps == nil {
			continue
		}
		fd := int32(in.Imm)
		switch in.Src {
		case isa.PseudoMapFD, isa.PseudoMapValue:
			n := c.mapIndex(fd)
			if n < 0 {
				c.report(c.slotAt(i), mistake.BadMap, "descriptor "+fmt.Sprint(int64(fd))+" is not a map")
				return false
			}
			if m := &c.maps[n]; c.Sleepable && m.Type.Info().NotSleeping {
				c.report(c.slotAt(i), mistake.BadMap, "programs that may sleep cannot use the map "+m.Name+" of type "+m.Type.String())
				return false
			} else if fieldNamed(m.Fields, spinLockField) != nil && c.Type.Info().NoSpinLock {
				c.report(c.slotAt(i), mistake.BadMap, "programs of type "+c.Type.String()+" cannot use the map "+m.Name+", because its "+
					"values have a spin lock")
				return false
			}
			for _, f := range c.maps[n].Fields {
				if name := f.Name; c.Type.Forbids(name) {
					c.report(c.slotAt(i), mistake.BadMap, "programs of type "+c.Type.String()+" cannot use the map "+c.maps[n].Name+
						", because its values have a "+name)
					return false
				}
			}
			if off := uint32(in.Imm >> 32); in.Src == isa.PseudoMapValue && off >= max(c.maps[n].Value, 1) &&
				c.maps[n].Type == linux.MapTypeArray {
				c.report(c.slotAt(i), mistake.MapBounds, "offset "+fmt.Sprint(int64(off))+" is outside of the "+
					"value of "+c.maps[n].Name+", which has "+byteCount(int64(c.maps[n].Value)))
				return false
			}
		}
	}
	return true
}

// loadConstant follows a 64-bit load of a number, a map, a map's value or a function.
func (c *checker) loadConstant(s *state, i int) bool {
	in := &c.code[i]
	if in.Dst == isa.R10 {
		return c.refuse(s, i, mistake.FramePointer, "r10 is written, but the frame pointer is read-only")
	}
	dst := &s.top().regs[in.Dst]
	switch in.Src {
	case isa.PseudoNumber:
		*dst = constant(uint64(in.Imm))
	case isa.PseudoMapFD, isa.PseudoMapIndex:
		*dst = pointer(mapItself)
		dst.m = c.mapIndex(int32(in.Imm))
		if in.Src == isa.PseudoMapIndex {
			dst.m, dst.vague = -1, true
		}
	case isa.PseudoMapValue, isa.PseudoMapIndexValue:
		*dst = pointer(mapValue)
		dst.m = c.mapIndex(int32(in.Imm))
		if in.Src == isa.PseudoMapIndexValue {
			dst.m = -1
		}
		dst.off = int64(uint32(in.Imm >> 32))
		if dst.m < 0 || c.maps[dst.m].Type == linux.MapTypeArena {
			*dst = unclear()
		}
	case isa.PseudoFunc:
		*dst = pointer(function)
		dst.fn = int16(c.functionOf(c.to(i)))
	default:
		*dst = unclear()
	}
	return true
}

// mapIndex finds a map by its descriptor; -1 if nothing is known about it.
func (c *checker) mapIndex(fd int32) int16 {
	if n, ok := c.mapOf[fd]; ok {
		return n
	}
	return -1
}

func (c *checker) accessMap(s *state, i int, r isa.Register, p value, off, size int64, write bool) bool {
	if p.m < 0 {
		return true
	}
	m := &c.maps[p.m]
	switch {
	case write && m.Flags&uint32(linux.MapReadOnlyProg) != 0:
		return c.refuse(s, i, mistake.ReadOnlyMemory, "the map %s is read-only for programs", m.Name)
	case !write && m.Flags&uint32(linux.MapWriteOnlyProg) != 0:
		return c.refuse(s, i, mistake.ReadOnlyMemory, "the map %s is write-only for programs", m.Name)
	}
	if !c.inside(s, i, r, p, off, size, int64(m.Value), mistake.MapBounds, "the map's value") {
		return false
	}
	if p.fixed() {
		if f := fieldWithin(m.Fields, p.off+off, p.off+off+size); f != nil {
			if f.Name != Kptr {
				return c.refuse(s, i, mistake.SpecialField, "%s of the value cannot be read or written like memory", f.text())
			}
			if size != 8 {
				return c.refuse(s, i, mistake.SpecialField, "a kptr must be read and written with 8 bytes, not with %d", size)
			}
		}
	}
	return true
}

// hasLock reports whether there is a spin lock beside a map's value. Then it counts from which look-up a pointer is.
func (c *checker) hasLock(v *value) bool {
	if v.m < 0 {
		return true
	}
	return slices.ContainsFunc(c.maps[v.m].Fields, func(f Field) bool { return f.isLock() })
}
