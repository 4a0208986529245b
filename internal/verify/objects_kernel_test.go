//go:build linux

package verify_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// ownStructs are the types of the programs of TestObjects.
type ownStructs struct {
	structs map[string]*cbtf.Struct
	ids     map[cbtf.Type]btf.ID
}

func (o *ownStructs) ID(t cbtf.Type) (btf.ID, bool) { id, ok := o.ids[t]; return id, ok }

func (o *ownStructs) Tags(t cbtf.Type) (tags []btf.DeclTag) {
	if s, ok := t.(*cbtf.Struct); ok {
		for n, m := range s.Members {
			for _, tag := range m.Tags {
				tags = append(tags, btf.DeclTag{Tag: tag, Component: n})
			}
		}
	}
	return tags
}

func (o *ownStructs) Named(name string) (*cbtf.Struct, btf.ID) {
	return o.structs[name], o.ids[o.structs[name]]
}

func (o *ownStructs) record(id btf.ID) (verify.Record, bool) {
	for _, s := range o.structs {
		if o.ids[s] == id {
			return verify.Record{Name: s.Name, Size: int64(s.Size), Fields: verify.FieldsOf(s, o)}, true
		}
	}
	return verify.Record{}, false
}

// An objectLab has what programs for allocated objects need: types, maps, functions of the kernel.
type objectLab struct {
	t     *testing.T
	types *btf.Types
	own   ownStructs
	btf   *syscall.FD
	maps  map[int32]verify.Map
	fd    map[string]int32
	body  btf.ID // of a function of the program
}

// Offsets in the structs of newObjectLab.
const (
	nodeKey, nodeList, nodeTree, nodeCount, nodeSize         = 0, 8, 32, 64, 72
	lockAt, firstHead, secondHead, tree, ownKptr, holderSize = 0, 8, 24, 40, 56, 80
	taskKptr, weakKptr                                       = 64, 72
)

func newObjectLab(t *testing.T) *objectLab {
	kerneltest.RequireLinux(t, 6, 18)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { types.Close() })
	u32 := &cbtf.Int{Name: "u32", Size: 4}
	long := &cbtf.Int{Name: "long", Size: 8, Encoding: cbtf.Signed}
	kernels := func(name string, word *cbtf.Int, count uint32) *cbtf.Struct {
		s := &cbtf.Struct{Name: name, Size: word.Size * count}
		for n := range count {
			s.Members = append(s.Members, cbtf.Member{Name: string(rune('a' + n)), Type: word, Offset: cbtf.Bits(8 * word.Size * n)})
		}
		return s
	}
	lock, resilient := kernels("bpf_spin_lock", u32, 1), kernels("bpf_res_spin_lock", u32, 1)
	head, list := kernels("bpf_list_head", long, 2), kernels("bpf_list_node", long, 3)
	root, leaf := kernels("bpf_rb_root", long, 2), kernels("bpf_rb_node", long, 4)
	node := &cbtf.Struct{Name: "own_node", Size: nodeSize, Members: []cbtf.Member{{Name: "key", Type: long},
		{Name: "l", Type: list, Offset: 8 * nodeList}, {Name: "r", Type: leaf, Offset: 8 * nodeTree},
		{Name: "count", Type: kernels("bpf_refcount", u32, 1), Offset: 8 * nodeCount}}}
	plain := &cbtf.Struct{Name: "plain", Size: 32, Members: []cbtf.Member{{Name: "key", Type: long}, {Name: "l", Type: list,
		Offset: 8 * 8}}}
	numbers := &cbtf.Struct{Name: "numbers", Size: 8, Members: []cbtf.Member{{Name: "key", Type: long}}}
	tagged := func(tag string, to *cbtf.Struct) cbtf.Type {
		return &cbtf.Pointer{Target: &cbtf.TypeTag{Type: to, Value: tag}}
	}
	task := &cbtf.Struct{Name: "task_struct", Size: 8, Members: []cbtf.Member{{Name: "x", Type: long}}}
	holder := &cbtf.Struct{Name: "holder", Size: holderSize, Members: []cbtf.Member{{Name: "lock", Type: lock},
		{Name: "first", Type: head, Offset: 8 * firstHead, Tags: []string{"contains:own_node:l"}},
		{Name: "second", Type: head, Offset: 8 * secondHead, Tags: []string{"contains:plain:l"}},
		{Name: "tree", Type: root, Offset: 8 * tree, Tags: []string{"contains:own_node:r"}},
		{Name: "own", Type: tagged("kptr", node), Offset: 8 * ownKptr},
		{Name: "task", Type: tagged("kptr", task), Offset: 8 * taskKptr},
		{Name: "weak", Type: tagged("kptr_untrusted", task), Offset: 8 * weakKptr}}}
	strong := &cbtf.Struct{Name: "strong", Size: 24, Members: []cbtf.Member{{Name: "lock", Type: resilient},
		{Name: "list", Type: head, Offset: 64, Tags: []string{"contains:own_node:l"}}}}
	body := &cbtf.Func{Name: "body", Linkage: cbtf.StaticFunc, Type: &cbtf.FuncProto{Return: u32}}
	b, err := cbtf.NewBuilder([]cbtf.Type{node, plain, numbers, holder, strong, body}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &objectLab{t: t, types: types, maps: map[int32]verify.Map{}, fd: map[string]int32{},
		own: ownStructs{map[string]*cbtf.Struct{}, map[cbtf.Type]btf.ID{}}}
	add := func(typ cbtf.Type) btf.ID {
		id, err := b.Add(typ)
		if err != nil {
			t.Fatal(err)
		}
		return btf.ID(id)
	}
	for _, s := range []*cbtf.Struct{node, plain, numbers, holder, strong, task} {
		l.own.structs[s.Name], l.own.ids[s] = s, add(s)
	}
	l.body = add(body)
	key := add(u32)
	l.btf = loadTypes(t, b)
	created := map[string]*syscall.FD{}
	for _, s := range []*cbtf.Struct{holder, strong} {
		fd, err := syscall.MapCreate(&syscall.MapCreateAttr{Type: syscall.MapTypeArray, KeySize: 4, ValueSize: s.Size, MaxEntries: 2,
			Name: s.Name, BTF: l.btf, BTFKeyTypeID: uint32(key), BTFValueTypeID: uint32(l.own.ids[s])})
		if err != nil {
			t.Fatal(s.Name, err)
		}
		t.Cleanup(func() { fd.Close() })
		created[s.Name], l.fd[s.Name] = fd, int32(fd.Int())
		l.maps[int32(fd.Int())] = verify.Map{Name: s.Name, Type: syscall.MapTypeArray, Key: 4, Value: s.Size, Max: 2,
			Fields: verify.FieldsOf(s, &l.own)}
	}
	inner := l.maps[l.fd["holder"]]
	fd, err := syscall.MapCreate(&syscall.MapCreateAttr{Type: syscall.MapTypeArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 1,
		Name: "outer", InnerMap: created["holder"]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fd.Close() })
	l.fd["outer"] = int32(fd.Int())
	l.maps[int32(fd.Int())] = verify.Map{Name: "outer", Type: syscall.MapTypeArrayOfMaps, Key: 4, Value: 4, Max: 1, Inner: &inner}
	return l
}

// kernel calls a function of the kernel.
func (l *objectLab) kernel(name string) isa.Instruction {
	id, err := l.types.Lookup(btf.KindFunc, name)
	if err != nil {
		l.t.Fatal(err)
	}
	return isa.CallKfunc(int32(id), 0)
}

// leave ends the program if a register is 0.
func leave(r isa.Register) []isa.Instruction {
	return []isa.Instruction{isa.JNE64Imm(r, 0, 2), isa.Mov64Imm(isa.R0, 0), isa.Exit()}
}

// element sets a register to the first value of a map.
func (l *objectLab) element(name string, to isa.Register) []isa.Instruction {
	return slices.Concat([]isa.Instruction{isa.StoreImm(isa.W, isa.R10, -4, 0), isa.LoadMapFD(isa.R1, l.fd[name]),
		isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -4), isa.CallHelper(1)}, leave(isa.R0), []isa.Instruction{isa.Mov64Reg(to,
		isa.R0)})
}

// inner sets a register to the first value of a map in a map.
func (l *objectLab) inner(to isa.Register) []isa.Instruction {
	return slices.Concat(l.element("outer", to), []isa.Instruction{isa.StoreImm(isa.W, isa.R10, -4, 0), isa.Mov64Reg(isa.R1, to),
		isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -4), isa.CallHelper(1)}, leave(isa.R0), []isa.Instruction{isa.Mov64Reg(to,
		isa.R0)})
}

// allocate sets a register to a new object.
func (l *objectLab) allocate(name string, to isa.Register) []isa.Instruction {
	return slices.Concat(l.allocateUnchecked(name, to, "bpf_obj_new_impl"), leave(to))
}

func (l *objectLab) allocateUnchecked(name string, to isa.Register, by string) []isa.Instruction {
	return []isa.Instruction{isa.LoadImm64(isa.R1, int64(l.own.ids[l.own.structs[name]])), isa.Mov64Imm(isa.R2, 0), l.kernel(by),
		isa.Mov64Reg(to, isa.R0)}
}

// at calls with r1 = base + offset, and the rest of the arguments.
func at(base isa.Register, offset int32, rest ...isa.Instruction) []isa.Instruction {
	return append([]isa.Instruction{isa.Mov64Reg(isa.R1, base), isa.Add64Imm(isa.R1, offset)}, rest...)
}

func lock(r isa.Register) []isa.Instruction   { return at(r, lockAt, isa.CallHelper(93)) }
func unlock(r isa.Register) []isa.Instruction { return at(r, lockAt, isa.CallHelper(94)) }

// push adds a node to a list.
func (l *objectLab) push(base isa.Register, head int32, object isa.Register, node int32) []isa.Instruction {
	return at(base, head, isa.Mov64Reg(isa.R2, object), isa.Add64Imm(isa.R2, node), isa.Mov64Imm(isa.R3, 0), isa.Mov64Imm(isa.R4, 0),
		l.kernel("bpf_list_push_front_impl"))
}

// drop frees an object.
func (l *objectLab) drop(object isa.Register) []isa.Instruction {
	return []isa.Instruction{isa.Mov64Reg(isa.R1, object), isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_obj_drop_impl")}
}

// dropIf frees what r0 points to, if it is not nil; offset is where in the object it points.
func (l *objectLab) dropIf(offset int32) []isa.Instruction {
	return []isa.Instruction{isa.JEQ64Imm(isa.R0, 0, 4), isa.Mov64Reg(isa.R1, isa.R0), isa.Add64Imm(isa.R1, -offset),
		isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_obj_drop_impl")}
}

var finish = []isa.Instruction{isa.Mov64Imm(isa.R0, 0), isa.Exit()}

// verdicts asks the kernel and the check.
func (l *objectLab) verdicts(code []isa.Instruction, functions ...int) (findings []mistake.Finding, log string, err error) {
	raw, bad := isa.Append(nil, isa.Native, code...)
	if bad != nil {
		l.t.Fatal(bad)
	}
	attr := syscall.ProgLoadAttr{Type: syscall.ProgTypeSchedCls, Instructions: raw, License: "GPL", BTF: l.btf}
	var info bytes.Buffer
	p := verify.Program{Code: code, Types: l.types, Maps: l.maps, Own: l.own.record}
	p.Type = syscall.ProgTypeSchedCls
	for _, slot := range append([]int{0}, functions...) {
		_ = binary.Write(&info, binary.NativeEndian, [2]uint32{uint32(slot), uint32(l.body)})
		p.Functions = append(p.Functions, verify.Function{Slot: slot})
	}
	attr.FuncInfo = info.Bytes()
	findings, complete := verify.Check(p)
	if !complete {
		l.t.Error("not complete")
	}
	fd, err := syscall.ProgLoad(&attr)
	if err == nil {
		fd.Close()
	}
	var refused *syscall.LoadError
	if errors.As(err, &refused) {
		log = refused.Log
	}
	return findings, log, err
}

// TestObjects: lists, trees, locks and kptrs. The check finds what the kernel refuses, at the same instruction, and nothing in what it
// accepts.
func TestObjects(t *testing.T) {
	l := newObjectLab(t)
	node, list, held := isa.R7, int32(nodeList), isa.R6
	with := func(parts ...[]isa.Instruction) []isa.Instruction {
		return slices.Concat(append(append([][]isa.Instruction{l.element("holder", held)}, parts...), finish)...)
	}
	pop := func(base isa.Register, head int32) []isa.Instruction {
		return at(base, head, l.kernel("bpf_list_pop_front"))
	}
	load := func(dst, base isa.Register, off int16) []isa.Instruction {
		return []isa.Instruction{isa.LoadMem(isa.DW, dst, base, off)}
	}
	store := func(base isa.Register, off int16) []isa.Instruction {
		return []isa.Instruction{isa.StoreImm(isa.DW, base, off, 0)}
	}
	move := func(dst, src isa.Register) []isa.Instruction { return []isa.Instruction{isa.Mov64Reg(dst, src)} }
	exchange := func(base isa.Register, off int32, v isa.Instruction) []isa.Instruction {
		return at(base, off, v, isa.CallHelper(194))
	}
	resLock := func(r isa.Register) []isa.Instruction { return at(r, 0, l.kernel("bpf_res_spin_lock")) }
	resUnlock := func(r isa.Register) []isa.Instruction { return at(r, 0, l.kernel("bpf_res_spin_unlock")) }
	resilient := func(parts ...[]isa.Instruction) []isa.Instruction {
		return slices.Concat(append(append([][]isa.Instruction{l.element("strong", held)}, parts...), finish)...)
	}
	ifLocked := []isa.Instruction{isa.JEQ64Imm(isa.R0, 0, 2), isa.Mov64Imm(isa.R0, 0), isa.Exit()}
	refcount := func(r isa.Register) []isa.Instruction {
		return []isa.Instruction{isa.Mov64Reg(isa.R1, r), isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_refcount_acquire_impl")}
	}
	taskOf := []isa.Instruction{isa.Mov64Imm(isa.R1, 1), l.kernel("bpf_task_from_pid"), isa.Mov64Reg(isa.R7, isa.R0)}
	release := []isa.Instruction{isa.JEQ64Imm(isa.R0, 0, 2), isa.Mov64Reg(isa.R1, isa.R0), l.kernel("bpf_task_release")}
	for name, tt := range map[string]struct {
		code  []isa.Instruction
		taken bool
	}{
		"a node is pushed": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, list), unlock(held)), true},
		"the second head":  {with(l.allocate("plain", node), lock(held), l.push(held, secondHead, node, list), unlock(held)), true},
		"no lock is held":  {with(l.allocate("own_node", node), l.push(held, firstHead, node, list)), false},
		"the lock of another look-up is held": {with(l.element("holder", isa.R8), l.allocate("own_node", node), lock(isa.R8),
			l.push(held, firstHead, node, list), unlock(isa.R8)), false},
		"the lock of an inner map is held": {with(l.inner(isa.R8), l.allocate("own_node", node), lock(isa.R8),
			l.push(held, firstHead, node, list), unlock(isa.R8)), false},
		"an inner map has all": {with(l.inner(isa.R8), l.allocate("own_node", node), lock(isa.R8),
			l.push(isa.R8, firstHead, node, list), unlock(isa.R8)), true},
		"another lock is released":    {with(l.element("holder", isa.R8), lock(held), unlock(isa.R8)), false},
		"a lock that is not taken":    {with(unlock(held)), false},
		"a lock that is not released": {with(lock(held)), false},
		"a lock is taken twice":       {with(lock(held), lock(held), unlock(held)), false},
		"a lock where there is none":  {with(at(held, 4, isa.CallHelper(93)), unlock(held)), false},
		"a call under a lock":         {with(lock(held), []isa.Instruction{isa.CallHelper(7)}, unlock(held)), false},
		"a head of other nodes": {with(l.allocate("own_node", node), lock(held), l.push(held, secondHead, node, list),
			unlock(held)), false},
		"there is no head": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead+8, node, list),
			unlock(held)), false},
		"a tree is no list": {with(l.allocate("own_node", node), lock(held), l.push(held, tree, node, list), unlock(held)),
			false},
		"there is no node": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, 0), unlock(held)),
			false},
		"a leaf is no list node": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, nodeTree),
			unlock(held)), false},
		"a node is pushed twice": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, list),
			l.push(held, firstHead, node, list), unlock(held)), false},
		"a node that may be nil": {with(l.allocateUnchecked("own_node", node, "bpf_obj_new_impl"), lock(held),
			l.push(held, firstHead, node, list), unlock(held)), false},
		"a node is read under the lock": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, list),
			load(isa.R8, node, 0),
			unlock(held)), true},
		"a node is read after the lock": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, list), unlock(held),
			load(isa.R8, node, 0)), false},
		"a node is freed that a list owns": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, list),
			unlock(held),
			l.drop(node)), false},
		"a node is popped and freed": {with(lock(held), pop(held, firstHead), move(isa.R8, isa.R0), unlock(held), move(isa.R0,
			isa.R8), l.dropIf(list)), true},
		"a node is popped and kept": {with(lock(held), pop(held, firstHead), unlock(held)), false},
		"a popped node may be nil": {with(lock(held), pop(held, firstHead), move(isa.R8, isa.R0), unlock(held), load(isa.R1,
			isa.R8, 0)), false},
		"the middle of an object is freed": {with(lock(held), pop(held, firstHead), move(isa.R8, isa.R0), unlock(held), move(isa.R0,
			isa.R8), l.dropIf(0)), false},
		"the first node is read": {with(lock(held), at(held, firstHead, l.kernel("bpf_list_front")),
			[]isa.Instruction{isa.JEQ64Imm(isa.R0, 0, 1), isa.LoadMem(isa.DW, isa.R1, isa.R0, -nodeList)}, unlock(held)), true},
		"the first node is freed": {with(lock(held), at(held, firstHead, l.kernel("bpf_list_front")), move(isa.R8, isa.R0), unlock(held),
			move(isa.R0, isa.R8), l.dropIf(list)), false},
		"an object is kept":               {with(l.allocate("own_node", node)), false},
		"an object is freed twice":        {with(l.allocate("own_node", node), l.drop(node), l.drop(node)), false},
		"an object is read and written":   {with(l.allocate("own_node", node), load(isa.R1, node, 0), store(node, 0), l.drop(node)), true},
		"an object is read after its end": {with(l.allocate("own_node", node), load(isa.R1, node, nodeSize), l.drop(node)), false},
		"a node is read like memory":      {with(l.allocate("own_node", node), load(isa.R1, node, nodeList), l.drop(node)), false},
		"a node is written like memory":   {with(l.allocate("own_node", node), store(node, nodeTree), l.drop(node)), false},
		"a head is read like memory":      {with(load(isa.R1, held, secondHead)), false},
		"a lock is read like memory":      {with([]isa.Instruction{isa.LoadMem(isa.W, isa.R1, held, lockAt)}), false},
		"an object that is passed as memory": {with(l.allocate("own_node", node), []isa.Instruction{isa.Mov64Reg(isa.R1, node),
			isa.Mov64Imm(isa.R2, 4), isa.Mov64Imm(isa.R3, 0), isa.Mov64Imm(isa.R4, 0), isa.Mov64Imm(isa.R5, 0), isa.CallHelper(28)},
			l.drop(node)), false},
		"a type that is no struct": {with([]isa.Instruction{isa.LoadImm64(isa.R1, int64(l.body)), isa.Mov64Imm(isa.R2, 0),
			l.kernel("bpf_obj_new_impl"), isa.Mov64Reg(node, isa.R0)}, leave(node), l.drop(node)), false},
		"another reference": {with(l.allocate("own_node", node), refcount(node), move(isa.R8, isa.R0), l.drop(node),
			l.drop(isa.R8)), true},
		"another reference is kept": {with(l.allocate("own_node", node), refcount(node), l.drop(node)), false},
		"an object that is not counted": {with(l.allocate("plain", node), refcount(node), move(isa.R8, isa.R0), l.drop(node),
			l.drop(isa.R8)),
			false},
		"another reference to a node of a list": {with(l.allocate("own_node", node), lock(held), l.push(held, firstHead, node, list),
			refcount(node),
			move(isa.R8, isa.R0), unlock(held), move(isa.R0, isa.R8), l.dropIf(0)), true},
		"another reference to a node of a list, which may be nil": {with(l.allocate("own_node", node), lock(held),
			l.push(held, firstHead, node, list), refcount(node), move(isa.R8, isa.R0), unlock(held), l.drop(isa.R8)), false},
		"an object of each CPU": {with(l.allocateUnchecked("numbers", node, "bpf_percpu_obj_new_impl"), leave(node),
			[]isa.Instruction{isa.Mov64Reg(isa.R1, node), isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_percpu_obj_drop_impl")}), true},
		"an object of each CPU is read": {with(l.allocateUnchecked("numbers", node, "bpf_percpu_obj_new_impl"), leave(node),
			load(isa.R1, node, 0)), false},
		"an object of each CPU is freed like others": {with(l.allocateUnchecked("numbers", node, "bpf_percpu_obj_new_impl"), leave(node),
			l.drop(node)), false},
		"an object of each CPU with a node": {with(l.allocateUnchecked("plain", node, "bpf_percpu_obj_new_impl"), leave(node),
			[]isa.Instruction{isa.Mov64Reg(isa.R1, node), isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_percpu_obj_drop_impl")}), false},

		"an object is put into a kptr": {with(l.allocate("own_node", node), exchange(held, ownKptr, isa.Mov64Reg(isa.R2, node)),
			l.dropIf(0)), true},
		"what was in a kptr is kept": {with(l.allocate("own_node", node), exchange(held, ownKptr, isa.Mov64Reg(isa.R2,
			node))), false},
		"a kptr is emptied": {with(exchange(held, ownKptr, isa.Mov64Imm(isa.R2, 0)), l.dropIf(0)), true},
		"an object of another type": {with(l.allocate("plain", node), exchange(held, ownKptr, isa.Mov64Reg(isa.R2, node)),
			l.dropIf(0)), false},
		"an object for a task": {with(l.allocate("own_node", node), exchange(held, taskKptr, isa.Mov64Reg(isa.R2,
			node)), release), false},
		"an object is used that a kptr has": {with(l.allocate("own_node", node), exchange(held, ownKptr, isa.Mov64Reg(isa.R2, node)),
			l.dropIf(0), load(isa.R1, node, 0)), false},
		"a number for a kptr":      {with(exchange(held, ownKptr, isa.Mov64Imm(isa.R2, 5)), l.dropIf(0)), false},
		"there is no kptr":         {with(exchange(held, tree, isa.Mov64Imm(isa.R2, 0)), l.dropIf(0)), false},
		"a kptr that owns nothing": {with(exchange(held, weakKptr, isa.Mov64Imm(isa.R2, 0)), l.dropIf(0)), false},
		"a task is put into a kptr": {with(taskOf, leave(isa.R7), exchange(held, taskKptr, isa.Mov64Reg(isa.R2, isa.R7)),
			release), true},
		"a task that may be nil":               {with(taskOf, exchange(held, taskKptr, isa.Mov64Reg(isa.R2, isa.R7)), release), false},
		"a kptr is read":                       {with(load(isa.R1, held, taskKptr), leave(isa.R1), load(isa.R1, isa.R1, 0)), true},
		"a kptr is read, which may be nil":     {with(load(isa.R1, held, taskKptr), load(isa.R1, isa.R1, 0)), false},
		"a kptr is read with 4 bytes":          {with([]isa.Instruction{isa.LoadMem(isa.W, isa.R1, held, taskKptr)}), false},
		"a kptr is written":                    {with(store(held, taskKptr)), false},
		"a kptr that owns nothing is written":  {with(store(held, weakKptr)), true},
		"a number in a kptr that owns nothing": {with([]isa.Instruction{isa.StoreImm(isa.DW, held, weakKptr, 5)}), false},
		"a task in a kptr that owns nothing": {with(load(isa.R1, held, taskKptr), leave(isa.R1),
			[]isa.Instruction{isa.StoreMem(isa.DW, held, weakKptr, isa.R1)}), true},
		"the stack in a kptr": {with([]isa.Instruction{isa.StoreMem(isa.DW, held, weakKptr, isa.R10)}), false},
		"an atomic operation on a kptr": {with([]isa.Instruction{isa.Mov64Imm(isa.R1, 0), isa.AtomicAdd64(held, weakKptr, isa.R1)}),
			false},
		"a task that a kptr owns is released": {with(load(isa.R1, held, taskKptr), leave(isa.R1),
			[]isa.Instruction{l.kernel("bpf_task_release")}), false},
		"a task of a kptr is acquired": {with(load(isa.R1, held, taskKptr), leave(isa.R1),
			[]isa.Instruction{l.kernel("bpf_task_acquire")}, release), true},
		"a task of a kptr that owns nothing is acquired": {with(load(isa.R1, held, weakKptr), leave(isa.R1),
			[]isa.Instruction{l.kernel("bpf_task_acquire")}, release), false},

		"a resilient lock":                          {resilient(resLock(held), ifLocked, resUnlock(held)), true},
		"a resilient lock whose result is not read": {resilient(resLock(held), resUnlock(held)), false},
		"a resilient lock is kept":                  {resilient(resLock(held), ifLocked), false},
		"a resilient lock is taken twice":           {resilient(resLock(held), ifLocked, resLock(held), resUnlock(held)), false},
		"two resilient locks": {resilient(l.element("strong", isa.R8), resLock(held), ifLocked, resLock(isa.R8),
			[]isa.Instruction{isa.JNE64Imm(isa.R0, 0, 3)}, resUnlock(isa.R8), resUnlock(held)), true},
		"two resilient locks in the wrong order": {resilient(l.element("strong", isa.R8), resLock(held), ifLocked, resLock(isa.R8),
			[]isa.Instruction{isa.JNE64Imm(isa.R0, 0, 3)}, resUnlock(held), resUnlock(isa.R8)), false},
		"another resilient lock is released": {resilient(l.element("strong", isa.R8), resLock(held), ifLocked, resUnlock(isa.R8)), false},
		"a list with a resilient lock": {resilient(l.allocate("own_node", node), resLock(held),
			slices.Concat([]isa.Instruction{isa.JEQ64Imm(isa.R0, 0, 5)}, l.drop(node), finish), l.push(held, 8, node, list),
			resUnlock(held)), true},
		"a spin lock is no resilient lock": {with(at(held, 0, l.kernel("bpf_res_spin_lock")), ifLocked, resUnlock(held)), false},
		"a resilient lock is no spin lock": {resilient(lock(held), unlock(held)), false},
		"a resilient lock with flags": {resilient(at(held, 0, isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -16),
			l.kernel("bpf_res_spin_lock_irqsave")), ifLocked, at(held, 0, isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2, -16),
			l.kernel("bpf_res_spin_unlock_irqrestore"))), true},
		"a resilient lock with flags that are not restored": {resilient(at(held, 0, isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2,
			-16),
			l.kernel("bpf_res_spin_lock_irqsave")), ifLocked, resUnlock(held)), false},
		"flags of a resilient lock that are restored alone": {resilient(at(held, 0, isa.Mov64Reg(isa.R2, isa.R10), isa.Add64Imm(isa.R2,
			-16),
			l.kernel("bpf_res_spin_lock_irqsave")), ifLocked, []isa.Instruction{isa.Mov64Reg(isa.R1, isa.R10), isa.Add64Imm(isa.R1, -16),
			l.kernel("bpf_local_irq_restore")}), false},
	} {
		l.compare(name, tt.code, tt.taken)
	}
}

// compare compares the verdicts on a program with each other and with what is expected.
func (l *objectLab) compare(name string, code []isa.Instruction, taken bool, functions ...int) {
	l.t.Helper()
	findings, log, err := l.verdicts(code, functions...)
	if (err == nil) != taken {
		l.t.Errorf("%s: the kernel: %v\n%s", name, err, log)
	}
	switch {
	case taken && len(findings) > 0:
		l.t.Errorf("%s: %v", name, findings)
	case !taken && len(findings) == 0:
		l.t.Errorf("%s: nothing is found; the kernel: %v", name, err)
	case !taken:
		if r := verifierlog.Explain(log, verifierlog.Program{}); r.Insn >= 0 && !slices.ContainsFunc(findings,
			func(f mistake.Finding) bool { return f.Insn == r.Insn }) {
			l.t.Errorf("%s: %v; the kernel says %q at %d", name, findings, r.Reason, r.Insn)
		}
	}
}

// TestTrees: nodes are added to a tree with a function that compares them, found, and removed.
func TestTrees(t *testing.T) {
	l := newObjectLab(t)
	held, node := isa.R6, isa.R7
	compare := []isa.Instruction{isa.LoadMem(isa.DW, isa.R1, isa.R1, -nodeTree), isa.LoadMem(isa.DW, isa.R2, isa.R2, -nodeTree),
		isa.Mov64Imm(isa.R0, 0), isa.JGE64Reg(isa.R1, isa.R2, 1), isa.Mov64Imm(isa.R0, 1), isa.Exit()}
	add := func(rest ...[]isa.Instruction) []isa.Instruction {
		after := slices.Concat(append(rest, finish)...)
		return slices.Concat(l.element("holder", held), l.allocate("own_node", node), lock(held), at(held, tree, isa.Mov64Reg(isa.R2,
			node),
			isa.Add64Imm(isa.R2, nodeTree), isa.LoadFunc(isa.R3, int32(len(after)+4)), isa.Mov64Imm(isa.R4, 0), isa.Mov64Imm(isa.R5, 0),
			l.kernel("bpf_rbtree_add_impl")), after)
	}
	slots := func(code []isa.Instruction) (n int) {
		for i := range code {
			n += code[i].Slots()
		}
		return n
	}
	first := at(held, tree, l.kernel("bpf_rbtree_first"))
	remove := at(held, tree, isa.Mov64Reg(isa.R2, isa.R0), l.kernel("bpf_rbtree_remove"))
	skip := func(part []isa.Instruction) []isa.Instruction {
		return append([]isa.Instruction{isa.JEQ64Imm(isa.R0, 0, int16(slots(part)))}, part...)
	}
	keep := []isa.Instruction{isa.Mov64Reg(isa.R8, isa.R0)}
	again := []isa.Instruction{isa.Mov64Reg(isa.R0, isa.R8)}
	for name, tt := range map[string]struct {
		code  []isa.Instruction
		body  []isa.Instruction
		taken bool
	}{
		"a node is added":                {add(unlock(held)), compare, true},
		"the lock is not released":       {add(), compare, false},
		"the function returns a pointer": {add(unlock(held)), []isa.Instruction{isa.Mov64Reg(isa.R0, isa.R1), isa.Exit()}, false},
		"the function returns 2":         {add(unlock(held)), []isa.Instruction{isa.Mov64Imm(isa.R0, 2), isa.Exit()}, false},
		"the function reads after the node": {add(unlock(held)), []isa.Instruction{isa.LoadMem(isa.DW, isa.R0, isa.R1, nodeSize),
			isa.Exit()}, false},
		"the function frees a node": {add(unlock(held)), append(append([]isa.Instruction{isa.Add64Imm(isa.R1, -nodeTree),
			isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_obj_drop_impl")}, finish...), finish...)[:5], false},
		"the first node is removed and freed": {add(first, skip(append(remove, keep...)), unlock(held), finish), compare, false},
		"the first node is removed": {add(first, keep, skip(remove), keep, unlock(held), again, l.dropIf(nodeTree)), compare,
			true},
		"the added node is removed and freed": {add(at(held, tree, isa.Mov64Reg(isa.R2, node), isa.Add64Imm(isa.R2, nodeTree),
			l.kernel("bpf_rbtree_remove")), keep, unlock(held), again, l.dropIf(nodeTree)), compare, true},
		"the added node is removed and may be nil": {add(at(held, tree, isa.Mov64Reg(isa.R2, node), isa.Add64Imm(isa.R2, nodeTree),
			l.kernel("bpf_rbtree_remove")), keep, unlock(held), []isa.Instruction{isa.Mov64Reg(isa.R1, isa.R8), isa.Add64Imm(isa.R1,
			-nodeTree),
			isa.Mov64Imm(isa.R2, 0), l.kernel("bpf_obj_drop_impl")}), compare, false},
		"a node is removed without the lock": {add(unlock(held), at(held, tree, isa.Mov64Reg(isa.R2, node), isa.Add64Imm(isa.R2, nodeTree),
			l.kernel("bpf_rbtree_remove")), keep, again, l.dropIf(nodeTree)), compare, false},
		"the root's left node is read": {add(at(held, tree, l.kernel("bpf_rbtree_root")), skip(at(held, tree, isa.Mov64Reg(isa.R2, isa.R0),
			l.kernel("bpf_rbtree_left"))), skip([]isa.Instruction{isa.LoadMem(isa.DW, isa.R1, isa.R0, -nodeTree)}), unlock(held)),
			compare, true},
		"the root may be nil": {add(at(held, tree, l.kernel("bpf_rbtree_root"), isa.LoadMem(isa.DW, isa.R1, isa.R0, 0)), unlock(held)),
			compare,
			false},
	} {
		l.compare(name, append(tt.code, tt.body...), tt.taken, slots(tt.code))
	}
}
