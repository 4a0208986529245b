package structops

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"

	cbtf "github.com/cilium/ebpf/btf"
)

// An Interface is a kernel struct that programs can implement, as it is in a kernel's BTF.
type Interface struct {
	Name      string
	ID        btf.ID // of the struct: what programs are loaded for
	ValueID   btf.ID // of the map value around it, bpf_struct_ops_<name>
	ValueSize int    // bytes
	Offset    int    // of the struct within the value, in bytes
	Members   []Member
	HasLink   bool // the kernel registers through links (Linux 6.4)
	known     *linux.OpsType
}

// A Member is one member of an ops struct: a callback or data.
type Member struct {
	Name   string
	Index  int // within the struct, as programs are loaded for it
	Offset int // within the struct, in bytes
	Size   int // bytes
	Type   cbtf.Type
	Proto  *cbtf.FuncProto // of a callback; nil for data
	Params []place.Param   // of a callback

	bits int // width of a bit field, 0 for others
}

// Declaration spells the member in C, with parameter names where they are
// known: "u32 (*ssthresh)(struct sock *sk)".
func (m Member) Declaration() string {
	if m.Proto == nil {
		return btf.Declaration(m.Type, m.Name)
	}
	return btf.Declaration(&cbtf.Pointer{Target: m.named()}, m.Name)
}

// Prototype is Declaration without the name: "u32 (*)(struct sock *sk)".
func (m Member) Prototype() string {
	if m.Proto == nil {
		return btf.Declaration(m.Type, "")
	}
	return btf.Declaration(&cbtf.Pointer{Target: m.named()}, "")
}

// DeclarationWith is Declaration with other names for the parameters.
func (m Member) DeclarationWith(names []string) string {
	m.Params = slices.Clone(m.Params)
	for i := range min(len(names), len(m.Params)) {
		m.Params[i].Name = names[i]
	}
	return m.Declaration()
}

// named is the prototype with the parameter names that were found.
func (m Member) named() *cbtf.FuncProto {
	p := &cbtf.FuncProto{Return: m.Proto.Return, Params: make([]cbtf.FuncParam, len(m.Params))}
	for i, param := range m.Params {
		p.Params[i] = cbtf.FuncParam{Name: param.Name, Type: param.Type}
	}
	return p
}

// Member finds a member by name.
func (t *Interface) Member(name string) (Member, bool) {
	i := slices.IndexFunc(t.Members, func(m Member) bool { return m.Name == name })
	if i < 0 {
		return Member{}, false
	}
	return t.Members[i], true
}

// linkStruct is a type that a kernel has exactly when it can register through links.
const linkStruct = "bpf_struct_ops_link"

// typeNames are the names that are looked up when a type is read. They are found together with all others, in one pass over the BTF.
func typeNames(name string) []string {
	k := linux.OpsTypeNamed(name)
	names := []string{name, linux.OpsValuePrefix + name, linkStruct}
	for _, f := range slices.Concat(k.Writable, k.Newer.Fields) {
		names = append(names, f.Struct)
	}
	for _, c := range k.Casts {
		names = append(names, c.From, c.To)
	}
	for _, p := range k.Params {
		names = append(names, stubNames(k, p.Member)...)
	}
	for _, c := range k.Changed {
		names = append(names, stubNames(k, c.Member)...)
	}
	for _, r := range k.Unsupported {
		names = append(names, stubNames(k, r.Member)...)
	}
	return names
}

// stubNames are the functions whose parameters have names and annotations for the parameters of a member.
func stubNames(k *linux.OpsType, member string) []string {
	names := []string{k.Name + "__" + member} // where the kernel looks for annotations
	if k.Stubs != "" && k.Stubs != k.Name+"__" {
		names = append(names, k.Stubs+member)
	}
	return names
}

// ReadInterface reads an ops struct from a kernel's BTF. A ___flavour suffix of the name is dropped: C programs use it to distinguish
// several definitions of a type. The error wraps btf.ErrNotFound when the kernel has no such interface.
//
// The names in also are looked up in the same pass over the BTF, so that asking
// for them afterwards costs nothing.
func ReadInterface(types *btf.Types, name string, also ...string) (*Interface, error) {
	name, _, _ = strings.Cut(name, "___")
	if err := types.Find(append(typeNames(name), also...)...); err != nil {
		return nil, err
	}
	t := &Interface{Name: name, known: linux.OpsTypeNamed(name)}
	var err error
	t.ValueID, err = types.Lookup(btf.KindStruct, linux.OpsValuePrefix+name)
	if isNotFound(err) {
		return nil, fmt.Errorf("this kernel has no interface %q for programs (%s): %w", name,
			place.InterfaceHelp(name, place.Interfaces(types)), err)
	}
	if err != nil {
		return nil, err
	}
	if t.ID, err = types.Lookup(btf.KindStruct, name); err != nil {
		return nil, err
	}
	data, err := types.FieldOf(t.ValueID, linux.OpsValuePrefix+name, "data")
	if err != nil {
		return nil, err
	}
	if data.Type != t.ID {
		return nil, fmt.Errorf("%s%s.data is not a struct %s: %w", linux.OpsValuePrefix, name, name, btf.ErrMalformed)
	}
	size, err := types.Size(t.ValueID)
	if err != nil {
		return nil, err
	}
	t.Offset, t.ValueSize = int(data.Offset), int(size)
	_, err = types.Lookup(btf.KindStruct, linkStruct)
	t.HasLink = err == nil
	set, err := types.Decode(t.ID)
	if err != nil {
		return nil, err
	}
	var stubs []string
	for i, raw := range set.Type(t.ID).(*cbtf.Struct).Members { // of KindStruct
		m := Member{Name: raw.Name, Index: i, Offset: int(raw.Offset.Bytes()), Type: raw.Type, bits: int(raw.BitfieldSize)}
		if p, ok := btf.Underlying(raw.Type).(*cbtf.Pointer); ok {
			m.Size = 8
			m.Proto, _ = btf.Underlying(p.Target).(*cbtf.FuncProto)
		} else if m.Size, err = cbtf.Sizeof(raw.Type); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", name, raw.Name, err)
		}
		if m.Proto != nil {
			stubs = append(stubs, stubNames(t.known, m.Name)...)
		}
		t.Members = append(t.Members, m)
	}
	if err := types.Find(stubs...); err != nil { // of known types all were found above
		return nil, err
	}
	protos, err := readStubs(types, stubs)
	if err != nil {
		return nil, err
	}
	for i := range t.Members {
		if m := &t.Members[i]; m.Proto != nil {
			m.Params = params(t.known, *m, protos)
		}
	}
	return t, nil
}

// readStubs returns the prototypes of those functions that the kernel has.
func readStubs(types *btf.Types, names []string) (map[string]*cbtf.FuncProto, error) {
	ids := make(map[string]btf.ID)
	for _, name := range names {
		id, err := types.Lookup(btf.KindFunc, name)
		if errors.Is(err, btf.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		ids[name] = id
	}
	set, err := types.Decode(slices.Collect(maps.Values(ids))...)
	if err != nil {
		return nil, err
	}
	protos := make(map[string]*cbtf.FuncProto, len(ids))
	for name, id := range ids {
		if proto, ok := set.Type(id).(*cbtf.Func).Type.(*cbtf.FuncProto); ok { // of KindFunc
			protos[name] = proto
		}
	}
	return protos, nil
}

// params gives a callback's parameters the names and annotations of the kernel's stub, or without a stub the names that we know.
// Prototypes in an ops struct have no names.
func params(k *linux.OpsType, m Member, stubs map[string]*cbtf.FuncProto) []place.Param {
	params := make([]place.Param, len(m.Proto.Params))
	names := k.ParamNames(m.Name)
	for _, variant := range k.Variants(m.Name) {
		if len(variant.Params) == len(params) {
			names = variant.Params
		}
	}
	for i, p := range m.Proto.Params {
		params[i] = place.Param{Name: p.Name, Type: p.Type}
		if p.Name == "" && len(names) == len(params) {
			params[i].Name = names[i]
		}
	}
	for _, stub := range stubNames(k, m.Name) {
		proto, ok := stubs[stub]
		if !ok || !sameParams(proto, m.Proto) {
			continue // bpf_tcp_ca_init, say, is no stub: it starts the whole interface
		}
		for i, p := range proto.Params {
			name, nullable := strings.CutSuffix(p.Name, "__nullable")
			name, ref := strings.CutSuffix(name, "__ref")
			if name != "" {
				params[i].Name = name
			}
			// Only the function that the kernel itself looks for decides what may be nil, and what must be released
			// (kernel/bpf/bpf_struct_ops.c, find_stub_func_proto).
			asked := stub == k.Name+"__"+m.Name
			params[i].Nullable, params[i].Ref = nullable && asked, ref && asked
		}
		break
	}
	return params
}

// sameParams reports whether two prototypes take the same types.
func sameParams(a, b *cbtf.FuncProto) bool {
	return slices.EqualFunc(a.Params, b.Params, func(p, q cbtf.FuncParam) bool {
		return btf.Declaration(p.Type, "") == btf.Declaration(q.Type, "")
	})
}
