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
		if !p.holdsName(id) {
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

// holdsName reports whether a map has the plan's name registered: by itself, or
// through a link. It is not enough that the map holds an implementation: ours
// does that too when its registration fails.
func (p *Plan) holdsName(id uint32) bool {
	fd, err := syscall.MapFDByID(id)
	if err != nil {
		return false // gone in the meantime
	}
	defer fd.Close()
	info, err := syscall.MapInfoByFD(fd)
	if err != nil || info.Type != syscall.MapTypeStructOps || info.BTFVmlinuxValueTypeID != uint32(p.Type.ValueID) {
		return false
	}
	state, name, err := p.Type.readValue(fd)
	return err == nil && name == p.Name && (state == stateInUse || state == stateReady && linked(id))
}

// linked reports whether some link holds a map.
func linked(mapID uint32) bool {
	for id, err := range syscall.AllLinkIDs() {
		if err != nil {
			return false
		}
		fd, err := syscall.LinkFDByID(id)
		if err != nil {
			continue // gone in the meantime
		}
		info, err := syscall.LinkInfoByFD(fd)
		fd.Close()
		if err == nil && info.Type == syscall.LinkTypeStructOps && info.MapID == mapID {
			return true
		}
	}
	return false
}
