package structops

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
		if process := holder(id); process != "" {
			text += ", held by " + process
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

// holder describes a process that holds a map or a link to it; "" when there is none (the map may be only pinned), or when this process
// may not see it.
func holder(mapID uint32) string {
	files, err := filepath.Glob("/proc/[0-9]*/fdinfo/*")
	if err != nil {
		return ""
	}
	line := fmt.Appendf(nil, "map_id:\t%d\n", mapID)
	for _, file := range files {
		info, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(info, line) {
			continue
		}
		pid := strings.Split(file, "/")[2]
		if pid == fmt.Sprint(os.Getpid()) {
			return "this process"
		}
		comm, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("process %s (%s)", pid, bytes.TrimSpace(comm))
	}
	return ""
}
