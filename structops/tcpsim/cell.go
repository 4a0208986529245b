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

// find points cells to the fields of an object, by their paths. A field that the kernel does not have gets memory of its own: no program
// of that kernel asks for it. A field of another size is an error.
func find(object *vm.Struct, cells map[string]any) error {
	memory := object.Bytes("")
	if err := object.Err(); err != nil {
		return err
	}
	for path, to := range cells {
		f, ok := object.Field(path)
		var at []byte
		size := uint32(0)
		if ok {
			at, size = memory[f.Offset:f.Offset+f.Size], f.Size
		}
		switch to := to.(type) {
		case *cell8:
			if at == nil {
				at, size = make([]byte, 1), 1
			}
			if size != 1 {
				return fmt.Errorf("%s.%s has %d bytes; the simulator expects 1", object.Name(), path, size)
			}
			to.b = (*[1]byte)(at)
		case *cell32:
			if at == nil {
				at, size = make([]byte, 4), 4
			}
			if size != 4 {
				return fmt.Errorf("%s.%s has %d bytes; the simulator expects 4", object.Name(), path, size)
			}
			to.b = (*[4]byte)(at)
		case *cell64:
			if at == nil {
				at, size = make([]byte, 8), 8
			}
			if size != 8 {
				return fmt.Errorf("%s.%s has %d bytes; the simulator expects 8", object.Name(), path, size)
			}
			to.b = (*[8]byte)(at)
		case *cellBits:
			if at == nil {
				to.b, to.mask = new([1]byte), 0xff
				break
			}
			to.b, to.shift, to.mask = (*[1]byte)(at[f.BitOffset/8:]), uint8(f.BitOffset%8), 0xff
			if f.BitSize != 0 {
				to.mask = 1<<f.BitSize - 1
			}
			if f.BitSize+f.BitOffset%8 > 8 || f.BitSize == 0 && size != 1 {
				return fmt.Errorf("%s.%s is not within one byte", object.Name(), path)
			}
		}
	}
	return nil
}
