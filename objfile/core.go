package objfile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// A coreKind says what a relocation asks about the kernel's types (enum bpf_core_relo_kind, include/uapi/linux/bpf.h).
type coreKind uint32

const (
	fieldOffset  coreKind = 0
	fieldSize    coreKind = 1
	fieldExists  coreKind = 2
	fieldSigned  coreKind = 3
	fieldLeft    coreKind = 4 // how far a bit field is shifted to the left, and then to the right
	fieldRight   coreKind = 5
	typeLocal    coreKind = 6 // the id in the object's types
	typeTarget   coreKind = 7
	typeExists   coreKind = 8
	typeSize     coreKind = 9
	enumExists   coreKind = 10
	enumValue    coreKind = 11
	typeMatches  coreKind = 12
	coreKindsEnd coreKind = 13
)

func (k coreKind) isType() bool { return k >= typeLocal && k <= typeSize || k == typeMatches }

// coreTypes are types of a kernel that were found, for all objects that are linked for it.
type coreTypes struct {
	mu         sync.Mutex
	candidates map[coreName][]coreCandidate
}

// A coreName is what a type of an object must share with one of the kernel.
type coreName struct {
	kind btf.Kind
	name string // without a flavour
}

type coreCandidate struct {
	id  btf.ID
	typ cbtf.Type
}

// relocateField answers one relocation and changes the instruction.
func (l *linker) relocateField(at int, s slot, r coreRelocation) error {
	if r.kind >= coreKindsEnd {
		return fmt.Errorf("an unknown kind of relocation, %d", r.kind)
	}
	if r.kind == typeLocal {
		return l.patch(at, s, coreAnswer{value: uint64(r.typ)})
	}
	local := l.decoded.Type(r.typ)
	if local == nil {
		return fmt.Errorf("a relocation names type %d, which does not exist", r.typ)
	}
	if l.kernel.Types == nil {
		return ErrNeedsTypes
	}
	path, err := accessPath(r.access)
	if err != nil {
		return err
	}
	candidates, err := l.candidates(r.typ, local)
	if err != nil {
		return err
	}
	q := question{linker: l, relocation: r, path: path, local: local}
	answer, err := q.answer(candidates)
	if err != nil {
		return err
	}
	return l.patch(at, s, answer)
}

// accessPath reads "0:1:2".
func accessPath(text string) ([]int, error) {
	var path []int
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || len(path) >= mostPath {
			return nil, fmt.Errorf("a relocation has the access %.64q", text)
		}
		path = append(path, int(n))
	}
	return path, nil
}

// mostPath is the limit of members on the way to a field (BPF_CORE_SPEC_MAX_LEN).
const mostPath = 64

// candidates are the types of the kernel that may be meant by a type of the object: of the same kind and name, apart from a flavour.
func (l *linker) candidates(id btf.ID, local cbtf.Type) ([]coreCandidate, error) {
	kind, err := l.Types.Kind(id)
	if err != nil {
		return nil, err
	}
	found, err := l.kernel.named(coreName{kind, withoutFlavour(local.TypeName())})
	if err != nil || kind != btf.KindEnum && kind != btf.KindEnum64 {
		return found, err
	}
	other := btf.KindEnum + btf.KindEnum64 - kind
	more, err := l.kernel.named(coreName{other, withoutFlavour(local.TypeName())})
	return slices.Concat(found, more), err
}

// named are the kernel's types of a kind and name.
func (k *Kernel) named(name coreName) ([]coreCandidate, error) {
	k.core.mu.Lock()
	defer k.core.mu.Unlock()
	if found, ok := k.core.candidates[name]; ok {
		return found, nil
	}
	ids, err := k.Types.LookupAll(name.kind, name.name)
	if err != nil {
		return nil, err
	}
	var found []coreCandidate
	for _, id := range ids {
		set, err := k.Types.Decode(id)
		if err != nil {
			return nil, err
		}
		found = append(found, coreCandidate{id, set.Type(id)})
	}
	if k.core.candidates == nil {
		k.core.candidates = map[coreName][]coreCandidate{}
	}
	k.core.candidates[name] = found
	return found, nil
}

// A coreAnswer is what the kernel's types say to a relocation.
type coreAnswer struct {
	value uint64
	none  bool // there is no answer: the instruction becomes a call of linux.FailedRelocation

	size  int  // of a field: the width with which it is read, in bytes; 0 if the width stays
	wrong bool // an access would have the wrong width: the field has another size and a sign
}

// A question is a relocation with what it needs.
type question struct {
	*linker
	relocation coreRelocation
	path       []int
	local      cbtf.Type
}

// answer asks the candidates. Those that do not fit are left out, and the others must agree.
func (q *question) answer(candidates []coreCandidate) (coreAnswer, error) {
	var answer coreAnswer
	found := false
	for _, target := range candidates {
		a, fits, err := q.ask(target)
		switch {
		case err != nil:
			return coreAnswer{}, err
		case !fits:
		case found && a.value != answer.value && q.relocation.kind != typeTarget:
			return coreAnswer{}, fmt.Errorf("the kernel has several types %s, and they disagree about a relocation", target.typ.TypeName())
		case !found:
			answer, found = a, true
		}
	}
	if found {
		return answer, nil
	}
	switch k := q.relocation.kind; {
	case k == fieldExists, k == enumExists, k.isType():
		return coreAnswer{}, nil // 0
	}
	return coreAnswer{none: true}, nil
}

// ask asks one candidate. fits is false if it does not have what the relocation names.
func (q *question) ask(candidate coreCandidate) (a coreAnswer, fits bool, err error) {
	target := candidate.typ
	switch k := q.relocation.kind; {
	case k.isType():
		if k == typeMatches && !matches(q.local, target, 0) || k != typeMatches && !alike(q.local, target, 0) {
			return a, false, nil
		}
		return q.aboutType(candidate)
	case k == enumExists, k == enumValue:
		return q.aboutEnumerator(target)
	}
	local, err := localField(q.local, q.path)
	if err != nil {
		return a, false, err
	}
	field, ok := local.in(target)
	if !ok {
		return a, false, nil
	}
	return q.aboutField(local, field)
}

func (q *question) aboutType(target coreCandidate) (a coreAnswer, fits bool, err error) {
	switch q.relocation.kind {
	case typeExists, typeMatches:
		return coreAnswer{value: 1}, true, nil
	case typeSize:
		size, err := cbtf.Sizeof(target.typ)
		return coreAnswer{value: uint64(size)}, err == nil, nil //nolint:nilerr // a type without a size does not fit
	}
	return coreAnswer{value: uint64(target.id)}, true, nil
}

func (q *question) aboutEnumerator(target cbtf.Type) (a coreAnswer, fits bool, err error) {
	local, ok := btf.Underlying(q.local).(*cbtf.Enum)
	if !ok || len(q.path) != 1 || q.path[0] >= len(local.Values) {
		return a, false, errors.New("a relocation names an enumerator that does not exist")
	}
	enum, ok := btf.Underlying(target).(*cbtf.Enum)
	if !ok {
		return a, false, nil
	}
	for _, v := range enum.Values {
		if withoutFlavour(v.Name) == withoutFlavour(local.Values[q.path[0]].Name) {
			if q.relocation.kind == enumExists {
				return coreAnswer{value: 1}, true, nil
			}
			return coreAnswer{value: v.Value}, true, nil
		}
	}
	return a, false, nil
}

func (q *question) aboutField(local, field *corePath) (a coreAnswer, fits bool, err error) {
	if q.relocation.kind == fieldExists {
		return coreAnswer{value: 1}, true, nil
	}
	place, err := field.place()
	if err != nil {
		return a, false, err
	}
	switch q.relocation.kind {
	case fieldOffset:
		a.value = uint64(place.offset)
		was, err := local.place()
		if err != nil || place.bits > 0 || was.bits > 0 || was.size == place.size {
			return a, true, err
		}
		a.size, a.wrong = place.size, !mayWiden(local.typ, field.typ)
	case fieldSize:
		a.value = uint64(place.size)
	case fieldSigned:
		a.value = isSigned(field.typ)
	case fieldLeft:
		a.value = uint64(64 - (place.begin + place.width() - 8*place.offset))
		if q.Order == isa.BigEndian {
			a.value = uint64(8*(8-place.size) + place.begin - 8*place.offset)
		}
	case fieldRight:
		a.value = uint64(64 - place.width())
	}
	return a, true, nil
}

func isSigned(t cbtf.Type) uint64 {
	switch t := btf.Underlying(t).(type) {
	case *cbtf.Int:
		if t.Encoding&cbtf.Signed != 0 {
			return 1
		}
	case *cbtf.Enum:
		if t.Signed {
			return 1
		}
	}
	return 0
}

// mayWiden reports whether a field may be read with another width than that of the object: pointers, and numbers without a sign.
func mayWiden(local, target cbtf.Type) bool {
	switch l := btf.Underlying(local).(type) {
	case *cbtf.Pointer:
		_, ok := btf.Underlying(target).(*cbtf.Pointer)
		return ok
	case *cbtf.Int:
		t, ok := btf.Underlying(target).(*cbtf.Int)
		return ok && l.Encoding&cbtf.Signed == 0 && t.Encoding&cbtf.Signed == 0
	}
	return false
}

// patch puts an answer into an instruction.
func (l *linker) patch(at int, s slot, a coreAnswer) error {
	wide := s.isWide()
	if wide && slotSize*(at+2) > len(l.code) {
		return errors.New("a 64-bit load is cut off")
	}
	class := s.op.Class()
	memory := class == isa.ClassLDX || class == isa.ClassST || class == isa.ClassSTX
	if a.none || memory && (a.wrong || a.value > math.MaxInt16) {
		l.put(at, slot{op: opCall, imm: linux.FailedRelocation})
		if wide {
			l.put(at+1, slot{op: opCall, imm: linux.FailedRelocation})
		}
		return nil
	}
	switch {
	case wide:
		s.imm = int32(a.value)
		l.put(at, s)
		l.put(at+1, slot{imm: int32(a.value >> 32)})
	case memory:
		s.off = int16(a.value)
		if a.size > 0 {
			size, ok := map[int]isa.Opcode{1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}[a.size]
			if !ok {
				l.put(at, slot{op: opCall, imm: linux.FailedRelocation})
				return nil
			}
			s.op = s.op&^0x18 | size
		}
		l.put(at, s)
	default: // a number in an operation
		s.imm = int32(a.value)
		l.put(at, s)
	}
	return nil
}
