package btf

import "iter"

// A DeclTag is a tag on a declaration (btf_decl_tag in clang).
type DeclTag struct {
	Tag       string
	Target    ID  // the struct, variable, typedef or function that has it
	Component int // a member or parameter, from 0; -1 for the whole
}

// DeclTags ranges over the tags of all declarations, in the order of their ids. It reads the whole blob.
func (t *Types) DeclTags() iter.Seq[DeclTag] {
	return func(yield func(DeclTag) bool) {
		if t.base != nil {
			for tag := range t.base.DeclTags() {
				if !yield(tag) {
					return
				}
			}
		}
		if _, err := t.end(); err != nil {
			return
		}
		for pos := 0; pos < len(t.records); {
			r := t.at(uint32(pos))
			if r.kind() == KindDeclTag && !yield(DeclTag{t.string(r.name()), r.ref(), int(int32(word(r.extra(), 0)))}) {
				return
			}
			pos += r.len()
		}
	}
}

// Kind is the kind of a type.
func (t *Types) Kind(id ID) (Kind, error) {
	if id == 0 {
		return KindVoid, nil
	}
	r, err := t.record(id)
	if err != nil {
		return 0, err
	}
	return r.kind(), nil
}

// LookupAll gives the ids of all types of that kind and name, in their order: a kernel may have several structs of one name, in different
// files of C. None is not an error.
func (t *Types) LookupAll(kind Kind, name string) ([]ID, error) {
	var ids []ID
	if t.base != nil {
		var err error
		if ids, err = t.base.LookupAll(kind, name); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.find([]string{name}); err != nil {
		return nil, err
	}
	for _, n := range t.names[name] {
		if n.kind == kind {
			ids = append(ids, n.id)
		}
	}
	return ids, nil
}
