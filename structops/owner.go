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

// holdsName reports whether a map holds a finished implementation of the
// plan's type under the plan's name.
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
	return err == nil && name == p.Name && (state == stateInUse || state == stateReady)
}

// holder finds the process, other than this one, that holds a map or a link to
// it; "" when there is none, or when it may not be seen.
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
