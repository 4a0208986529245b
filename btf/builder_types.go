package btf

import (
	"fmt"
	"math"
)

// Bool adds a boolean of one byte.
func (b *Builder) Bool(name string) ID {
	const boolean = 1 << 26 // BTF_INT_BOOL
	return b.add(KindInt, name, 0, 1, boolean|8)
}

// Array adds an array of n elements; index is the type of its indices, an
// integer.
func (b *Builder) Array(elem, index ID, n uint32) ID {
	return b.add(KindArray, "", 0, 0, uint32(elem), uint32(index), n)
}

// A Member is a member of a struct or union.
type Member struct {
	Name   string // "" for an anonymous struct or union
	Type   ID
	Offset uint32 // bytes from the start
}

// Struct adds a struct of that many bytes. Bytes without a member are padding.
func (b *Builder) Struct(name string, size uint32, members ...Member) ID {
	return b.composite(KindStruct, name, size, members)
}

// Union adds a union of that many bytes.
func (b *Builder) Union(name string, size uint32, members ...Member) ID {
	return b.composite(KindUnion, name, size, members)
}

func (b *Builder) composite(kind Kind, name string, size uint32, members []Member) ID {
	words := make([]uint32, 1, 1+3*len(members))
	words[0] = size
	for _, m := range members {
		if m.Offset > math.MaxUint32/8 {
			b.err = fmt.Errorf("member %q at byte %d: BTF has offsets up to bit %d", m.Name, m.Offset, uint32(math.MaxUint32))
		}
		words = append(words, b.String(m.Name), uint32(m.Type), 8*m.Offset)
	}
	return b.add(kind, name, len(members), words...)
}

// Typedef adds another name for a type.
func (b *Builder) Typedef(name string, target ID) ID {
	return b.add(KindTypedef, name, 0, uint32(target))
}

// Const adds a type that is not written.
func (b *Builder) Const(target ID) ID { return b.add(KindConst, "", 0, uint32(target)) }

// An Enumerator is a name for a number.
type Enumerator struct {
	Name  string
	Value int32
}

// Enum adds an enumeration of 4 bytes.
func (b *Builder) Enum(name string, values ...Enumerator) ID {
	words := make([]uint32, 1, 1+2*len(values))
	words[0] = 4
	for _, v := range values {
		words = append(words, b.String(v.Name), uint32(v.Value))
	}
	return b.add(KindEnum, name, len(values), words...)
}

// Var adds a global variable, for a Datasec.
func (b *Builder) Var(name string, t ID) ID {
	const global = 1 // BTF_VAR_GLOBAL_ALLOCATED
	return b.add(KindVar, name, 0, uint32(t), global)
}

// A Variable is the place of a variable in a data section.
type Variable struct {
	Var    ID
	Offset uint32 // bytes
	Size   uint32 // bytes
}

// Datasec adds a section of variables: the value of the map that holds them.
// Its name begins with a dot, ".data" for example.
func (b *Builder) Datasec(name string, size uint32, variables ...Variable) ID {
	words := make([]uint32, 1, 1+3*len(variables))
	words[0] = size
	for _, v := range variables {
		words = append(words, uint32(v.Var), v.Offset, v.Size)
	}
	return b.add(KindDatasec, name, len(variables), words...)
}

// TypeTag adds a tag to a type that is pointed to: "kptr" for example.
func (b *Builder) TypeTag(tag string, target ID) ID {
	return b.add(KindTypeTag, tag, 0, uint32(target))
}

// DeclTag adds a tag to a struct (member is -1) or to one of its members.
func (b *Builder) DeclTag(tag string, target ID, member int) ID {
	return b.add(KindDeclTag, tag, 0, uint32(target), uint32(int32(member)))
}
