package btfgen

import (
	"fmt"
	"math"

	"github.com/bpfsmith/bpfsmith/btf"

	cbtf "github.com/cilium/ebpf/btf"
)

// collectEnums finds enums and names their constants.
func (g *generator) collectEnums() error {
	names, _, err := g.expand(g.options.Enums, btf.KindEnum, btf.KindEnum64)
	if err != nil {
		return err
	}
	taken := make(map[string]bool) // Go names on the level of the package
	for _, s := range g.structs {
		taken[s.goName] = true
	}
	for _, fn := range g.functions {
		taken[fn.goName] = true
	}
	for _, name := range names {
		id, err := g.find(name, btf.KindEnum, btf.KindEnum64)
		if err != nil {
			return err
		}
		set, err := g.types.Decode(id)
		if err != nil {
			return err
		}
		decoded := set.Type(id).(*cbtf.Enum)
		e := &enum{c: name}
		for _, v := range decoded.Values {
			c := constant{c: v.Name, goName: camelWithInitialisms(g.stripped(v.Name)), value: goValue(v.Value, decoded.Signed)}
			if taken[c.goName] {
				c.goName = camelWithInitialisms(v.Name)
			}
			if taken[c.goName] {
				return fmt.Errorf("enum %s: the Go name %s of %s is taken", name, c.goName, v.Name)
			}
			taken[c.goName] = true
			e.constants = append(e.constants, c)
		}
		g.enums = append(g.enums, e)
	}
	return nil
}

// goValue writes a constant in Go. A constant that does not fit an int of 32 bits gets a type, so that it can be an operand on 32-bit
// machines too.
func goValue(v uint64, signed bool) string {
	n := int64(v)
	switch {
	case signed && n >= math.MinInt32 && n <= math.MaxInt32:
		return fmt.Sprint(n)
	case signed:
		return fmt.Sprintf("int64(%d)", n)
	case v <= math.MaxInt32:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("uint64(%#x)", v)
}
