package btfgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"

	cbtf "github.com/cilium/ebpf/btf"
)

// deepest is how many levels of structs within structs are opened: their members get accessors. For structs below, only the address is
// offered.
const deepest = 2

// closed are structs that only the kernel should use: locks, lists, timers. Their addresses are offered, but no accessors for their
// members.
var closed = [...]string{
	"spinlock", "raw_spinlock", "qspinlock", "mutex", "rw_semaphore", "lockdep_map", "seqcount_spinlock", "seqcount_raw_spinlock",
	"seqcount",
	"list_head", "hlist_node", "hlist_head", "hlist_nulls_node", "hlist_bl_node", "rb_node", "rb_root", "rb_root_cached", "llist_node",
	"plist_node", "xarray",
	"timer_list", "hrtimer", "work_struct", "delayed_work", "wait_queue_head", "callback_head", "completion", "rcu_work", "irq_work",
	"posix_cputimers",
}

// packetPointers are members of contexts that are declared as numbers, but in which programs find pointers into the packet.
var packetPointers = [...]string{
	"xdp_md.data", "xdp_md.data_end", "xdp_md.data_meta", "__sk_buff.data", "__sk_buff.data_end", "__sk_buff.data_meta",
}

// collectTypes names the structs first and then finds their members, because the names decide which members lead to typed pointers.
func (g *generator) collectTypes() error {
	var ids []btf.ID
	taken := make(map[string]string)
	for _, t := range g.options.Types {
		if g.byName(t.Name) != nil {
			return fmt.Errorf("type %s is asked for twice", t.Name)
		}
		id, err := g.find(t.Name, btf.KindStruct, btf.KindUnion)
		if err != nil {
			return err
		}
		s := &structType{c: t.Name, goName: t.Go, keyword: "struct", context: t.Context, names: make(map[string]bool)}
		if s.goName == "" {
			s.goName = camelWithInitialisms(g.stripped(t.Name))
		}
		if other, clash := taken[s.goName]; clash {
			return fmt.Errorf("%s and %s would both be the Go type %s: name one, as in --type %s=Name", other, t.Name, s.goName, t.Name)
		}
		taken[s.goName] = t.Name
		ids = append(ids, id)
		g.structs = append(g.structs, s)
	}
	set, err := g.types.Decode(ids...)
	if err != nil {
		return err
	}
	for i, s := range g.structs {
		s.decl = set.Type(ids[i])
		if _, union := s.decl.(*cbtf.Union); union {
			s.keyword = "union"
		}
	}
	if err := g.addPassed(taken); err != nil {
		return err
	}
	for _, s := range g.structs {
		g.collectMembers(s)
	}
	for _, s := range g.structs {
		g.collectCasts(s)
	}
	return nil
}

// collectMembers finds the members that get accessors: the struct's own members, and then those of the structs that it begins with.
// These keep their own names too, if the names are free.
func (g *generator) collectMembers(s *structType) {
	level := []embedded{{name: s.c}}
	types := []cbtf.Type{s.decl}
	for len(level) > 0 {
		var next []embedded
		var nextTypes []cbtf.Type
		var found []*member
		for i, e := range level {
			w := walk{generator: g, in: s, found: &found}
			w.members(membersOf(types[i]), e.path, "", 0, 0)
			next = append(next, w.first...)
			nextTypes = append(nextTypes, w.firstTypes...)
		}
		for _, m := range found {
			g.add(s, m, len(level) > 0 && level[0].path != "")
		}
		s.embeds = append(s.embeds, next...)
		level, types = next, nextTypes
	}
}

// add gives a struct a member. If two members have the same name, the one that is deeper inside is left out; otherwise the second gets
// a number.
func (g *generator) add(s *structType, m *member, promoted bool) {
	if !g.matches(g.options.Members, s.c+"."+m.path) {
		return
	}
	if reserved(m.goName) {
		m.goName += "Field"
	}
	if s.names[m.goName] && promoted {
		return
	}
	base := m.goName
	for n := 2; s.names[m.goName]; n++ {
		m.goName = fmt.Sprintf("%s%d", base, n)
	}
	s.names[m.goName] = true
	m.writes = m.access != asAddress && m.access != asPacket && g.matches(g.options.Set, s.c+"."+m.path) && !s.names["Set"+m.goName]
	if m.writes {
		s.names["Set"+m.goName] = true
	}
	s.members = append(s.members, m)
}

// A walk goes through the members of one struct.
type walk struct {
	*generator
	in         *structType
	found      *[]*member
	first      []embedded // structs at the beginning of the struct
	firstTypes []cbtf.Type
}

func membersOf(t cbtf.Type) []cbtf.Member {
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Struct:
		return t.Members
	case *cbtf.Union:
		return t.Members
	}
	return nil
}

// members records the members of a struct at a path. prefix is the beginning of their Go names, depth is how many structs were opened
// on the way.
func (w *walk) members(members []cbtf.Member, path, prefix string, offset cbtf.Bits, depth int) {
	for _, m := range members {
		at := offset + m.Offset
		under := btf.Underlying(m.Type)
		if m.Name == "" {
			w.members(membersOf(under), path, prefix, at, depth)
			continue
		}
		if strings.HasPrefix(m.Name, "__cacheline_group_") { // marks without a size
			continue
		}
		full := path
		if full != "" {
			full += "."
		}
		full += m.Name
		name := prefix + camel(m.Name)
		note := func(a access, result, target string) *member {
			decl := btf.Declaration(m.Type, full)
			if m.BitfieldSize != 0 {
				decl += fmt.Sprintf(" : %d", m.BitfieldSize)
			}
			n := &member{goName: name, path: full, decl: decl, access: a, result: result, target: target}
			*w.found = append(*w.found, n)
			return n
		}
		switch t := under.(type) {
		case *cbtf.Struct, *cbtf.Union:
			w.nested(m, under, full, name, at, depth, note)
		case *cbtf.Array:
			a := note(asAddress, "dsl.Ptr", structOf(t.Type))
			a.goName += "Addr"
			if n, isBool := number(t.Type, 0); n != "" && !isBool {
				note(asElement, n, "")
			}
			for _, inner := range membersOf(t.Type) { // rtt_min.s[0].v
				if n, isBool := number(inner.Type, uint32(inner.BitfieldSize)); n != "" && !isBool && inner.Name != "" && depth < deepest {
					e := note(asElement, n, "")
					e.goName, e.inner = name+camel(inner.Name), inner.Name
				}
			}
		case *cbtf.Pointer:
			target := btf.PointedTo(m.Type)
			goType, _ := w.pointerTo(target)
			note(asPointer, goType, target)
		default:
			n, isBool := number(m.Type, uint32(m.BitfieldSize))
			switch {
			case slices.Contains(packetPointers[:], w.in.c+"."+full) && w.in.context:
				note(asPacket, "dsl.Ptr", "")
			case isBool:
				note(asBool, "Bool", "")
			case n != "":
				note(asNumber, n, "")
			}
		}
	}
}

// nested records a struct within a struct: its address and its members. A struct at the very beginning is opened later, and its members
// keep their own names.
func (w *walk) nested(m cbtf.Member, t cbtf.Type, path, name string, at cbtf.Bits, depth int, note func(a access, result,
	target string) *member) {
	_, isStruct := t.(*cbtf.Struct)
	beginning := at == 0 && depth == 0 && isStruct && t.TypeName() != ""
	goType, _ := w.pointerTo(t.TypeName())
	address := note(asAddress, goType, t.TypeName())
	if goType == "dsl.Ptr" {
		address.goName += "Addr"
	}
	switch {
	case slices.Contains(closed[:], t.TypeName()):
	case goType != "dsl.Ptr" && !beginning: // the struct's own type has accessors
	case beginning:
		w.first = append(w.first, embedded{t.TypeName(), path})
		w.firstTypes = append(w.firstTypes, t)
	case depth < deepest:
		w.members(membersOf(t), path, name, at, depth+1)
	}
}

// structOf is the name of a struct or union; "" for other types.
func structOf(t cbtf.Type) string {
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Struct, *cbtf.Union:
		return t.TypeName()
	}
	return ""
}

// collectCasts reserves the names of the casts between structs that begin with each other.
func (g *generator) collectCasts(s *structType) {
	for _, e := range s.embeds {
		if inner := g.byName(e.name); inner != nil {
			s.names["As"+inner.goName] = true
			inner.names["As"+s.goName] = true
		}
	}
}

// begins reports whether the struct has that name, or begins with a struct of that name.
func (s *structType) begins(c string) bool {
	return s.c == c || slices.ContainsFunc(s.embeds, func(e embedded) bool { return e.name == c })
}
