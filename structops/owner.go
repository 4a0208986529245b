package structops

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/holder"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// owner says who has registered the plan's name, as far as can be seen.
func (p *Plan) owner() string {
	for id, err := range syscall.AllMapIDs() {
		if err != nil {
			return ""
		}
		if name, ok := p.Type.registeredBy(id); !ok || name != p.Name {
			continue
		}
		text := fmt.Sprintf("%q is registered by BPF map %d", p.Name, id)
		if by := holder.Of(holder.Object{Kind: holder.Map, ID: id}); by != "" {
			text += ", held by " + by
		}
		return text + "; choose another name, or end that one"
	}
	return fmt.Sprintf("%q is an algorithm of the kernel itself, built in or a module; choose another name", p.Name)
}

// Registered maps the names of the implementations in BPF that the kernel has now to the ids of their maps, whoever registered them. What
// the kernel itself implements, built in or in a module, is not among them. It needs CAP_SYS_ADMIN (BPF_MAP_GET_NEXT_ID).
func (t *Interface) Registered() (map[string]uint32, error) {
	registered := make(map[string]uint32)
	for id, err := range syscall.AllMapIDs() {
		if err != nil {
			return nil, err
		}
		if name, ok := t.registeredBy(id); ok {
			registered[name] = id
		}
	}
	return registered, nil
}

// registeredBy is the name of the implementation that a map has registered: by itself, or through a link. It is not enough that the map
// holds an implementation: ours does that too when its registration fails.
func (t *Interface) registeredBy(id uint32) (name string, ok bool) {
	fd, err := syscall.MapFDByID(id)
	if err != nil {
		return "", false // gone in the meantime
	}
	defer fd.Close()
	info, err := syscall.MapInfoByFD(fd)
	if err != nil || info.Type != syscall.MapTypeStructOps || info.BTFVmlinuxValueTypeID != uint32(t.ValueID) {
		return "", false
	}
	state, name, err := t.readValue(fd)
	return name, err == nil && (state == stateInUse || state == stateReady && linked(id))
}

// linked reports whether some link holds a map.
func linked(mapID uint32) bool {
	for info := range holder.Links() {
		if info.Type == syscall.LinkTypeStructOps && info.MapID == mapID {
			return true
		}
	}
	return false
}
