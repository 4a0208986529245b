package tcpsim

import (
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/vm"
)

// Cells are fields of an object of the kernel, found once. The simulator keeps what it knows of a connection in the object itself, where
// programs see it.
type (
	cell8  struct{ b *[1]byte }
	cell32 struct{ b *[4]byte }
	cell64 struct{ b *[8]byte }

	// cellBits is a bit field within one byte, or a whole byte.
	cellBits struct {
		b     *[1]byte
		shift uint8
		mask  uint8
	}
)

func (c cell8) get() uint8       { return c.b[0] }
func (c cell8) set(v uint8)      { c.b[0] = v }
func (c cell8) on(v uint8)       { c.b[0] |= v }
func (c cell8) off(v uint8)      { c.b[0] &^= v }
func (c cell8) has(v uint8) bool { return c.b[0]&v != 0 }

func (c cell32) get() uint32  { return binary.LittleEndian.Uint32(c.b[:]) }
func (c cell32) set(v uint32) { binary.LittleEndian.PutUint32(c.b[:], v) }
func (c cell32) add(v uint32) { c.set(c.get() + v) }
func (c cell32) sub(v uint32) { c.set(c.get() - v) }

func (c cell64) get() uint64  { return binary.LittleEndian.Uint64(c.b[:]) }
func (c cell64) set(v uint64) { binary.LittleEndian.PutUint64(c.b[:], v) }

func (c cellBits) get() uint8  { return c.b[0] >> c.shift & c.mask }
func (c cellBits) set(v uint8) { c.b[0] = c.b[0]&^(c.mask<<c.shift) | v&c.mask<<c.shift }

// A cell is found in an object by the path of its field.
type cell interface {
	size() uint32    // in bytes
	point(at []byte) // at memory of that size
}

func (*cell8) size() uint32    { return 1 }
func (*cell32) size() uint32   { return 4 }
func (*cell64) size() uint32   { return 8 }
func (*cellBits) size() uint32 { return 1 }

func (c *cell8) point(at []byte)    { c.b = (*[1]byte)(at) }
func (c *cell32) point(at []byte)   { c.b = (*[4]byte)(at) }
func (c *cell64) point(at []byte)   { c.b = (*[8]byte)(at) }
func (c *cellBits) point(at []byte) { c.b, c.mask = (*[1]byte)(at), 0xff }

// find points cells to the fields of an object, by their paths. A field that the kernel does not have gets memory of its own: no program
// of that kernel asks for it. A field of another size is an error.
func find(object *vm.Struct, cells map[string]cell) error {
	memory := object.Bytes("")
	if err := object.Err(); err != nil {
		return err
	}
	for path, c := range cells {
		f, ok := object.Field(path)
		bits, isBits := c.(*cellBits)
		switch {
		case !ok:
			c.point(make([]byte, c.size()))
		case isBits && f.BitSize > 0:
			if f.BitSize+f.BitOffset%8 > 8 {
				return fmt.Errorf("%s.%s is not within one byte", object.Name(), path)
			}
			bits.point(memory[f.Offset+f.BitOffset/8:][:1])
			bits.shift, bits.mask = uint8(f.BitOffset%8), 1<<f.BitSize-1
		case f.Size != c.size():
			return fmt.Errorf("%s.%s has %d bytes; the simulator expects %d", object.Name(), path, f.Size, c.size())
		default:
			c.point(memory[f.Offset : f.Offset+f.Size])
		}
	}
	return nil
}
