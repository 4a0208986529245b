package objfile

import (
	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
)

// matches reports whether a type of the kernel has all that the object's type has, with the same types (bpf_core_types_match). Behind
// pointers only names are compared.
func matches(local, target cbtf.Type, depth int) bool {
	return matchesBehind(local, target, false, depth)
}

func matchesBehind(local, target cbtf.Type, behind bool, depth int) bool {
	if depth > mostNesting {
		return false
	}
	local, target = btf.Underlying(local), btf.Underlying(target)
	if !sameName(local.TypeName(), target.TypeName()) {
		return false
	}
	switch l := local.(type) {
	case *cbtf.Void:
		_, ok := target.(*cbtf.Void)
		return ok
	case *cbtf.Fwd:
		switch target.(type) {
		case *cbtf.Struct, *cbtf.Union, *cbtf.Fwd:
			return behind
		}
		return false
	case *cbtf.Enum:
		t, ok := target.(*cbtf.Enum)
		return ok && enumeratorsMatch(l, t)
	case *cbtf.Struct:
		t, ok := target.(*cbtf.Struct)
		if behind {
			return ok || isForward(target, cbtf.FwdStruct)
		}
		return ok && membersMatch(l.Members, t.Members, depth)
	case *cbtf.Union:
		t, ok := target.(*cbtf.Union)
		if behind {
			return ok || isForward(target, cbtf.FwdUnion)
		}
		return ok && membersMatch(l.Members, t.Members, depth)
	case *cbtf.Int:
		t, ok := target.(*cbtf.Int)
		return ok && l.Size == t.Size && isSigned(l) == isSigned(t)
	case *cbtf.Pointer:
		t, ok := target.(*cbtf.Pointer)
		return ok && matchesBehind(l.Target, t.Target, true, depth+1)
	case *cbtf.Array:
		t, ok := target.(*cbtf.Array)
		return ok && l.Nelems == t.Nelems && matchesBehind(l.Type, t.Type, behind, depth+1)
	case *cbtf.FuncProto:
		t, ok := target.(*cbtf.FuncProto)
		if !ok || len(l.Params) != len(t.Params) {
			return false
		}
		for n := range l.Params {
			if !matchesBehind(l.Params[n].Type, t.Params[n].Type, behind, depth+1) {
				return false
			}
		}
		return matchesBehind(l.Return, t.Return, behind, depth+1)
	}
	return false
}

// enumeratorsMatch reports whether all enumerators of local are in target.
func enumeratorsMatch(local, target *cbtf.Enum) bool {
	if local.Size != target.Size {
		return false
	}
	has := map[string]bool{}
	for _, v := range target.Values {
		has[withoutFlavour(v.Name)] = true
	}
	for _, v := range local.Values {
		if !has[withoutFlavour(v.Name)] {
			return false
		}
	}
	return true
}

// membersMatch reports whether all members of local are in target.
func membersMatch(local, target []cbtf.Member, depth int) bool {
	for _, l := range local {
		found := false
		for _, t := range target {
			if found = l.Name == t.Name && matchesBehind(l.Type, t.Type, false, depth+1); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
