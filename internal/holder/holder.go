// Package holder says who keeps a map, a program or a link of the kernel: a process that has it open, or a file that it is pinned to.
// Errors use it, where a name or a place is taken.
package holder

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpfsmith/bpfsmith/syscall"
)

// An Object is an object of the kernel, by its id.
type Object struct {
	Kind Kind
	ID   uint32
}

// A Kind is a kind of object, as /proc/PID/fdinfo names its id.
type Kind string

// The kinds.
const (
	Map     Kind = "map_id"
	Program Kind = "prog_id"
	Link    Kind = "link_id"
)

// Of describes a holder of one of the objects: "this process", "process 12 (tcp_cc)", or "nobody but the file /sys/fs/bpf/cubic, where it
// is pinned". It is "" when there is none, or when this process may not see it. The fdinfo of a link of a kernel interface has the id of
// its map, too, so the id of the map finds both.
func Of(objects ...Object) string {
	return cmp.Or(process(objects), pin(objects))
}

// process describes a process that has an object open.
func process(objects []Object) string {
	files, err := filepath.Glob("/proc/[0-9]*/fdinfo/*")
	if err != nil {
		return ""
	}
	lines := make([][]byte, len(objects))
	for i, o := range objects {
		lines[i] = fmt.Appendf(nil, "%s:\t%d\n", o.Kind, o.ID)
	}
	for _, file := range files {
		info, err := os.ReadFile(file)
		if err != nil {
			continue // closed in the meantime, or of another user
		}
		for _, line := range lines {
			if !bytes.Contains(info, line) {
				continue
			}
			pid := strings.Split(file, "/")[2]
			if pid == fmt.Sprint(os.Getpid()) {
				return "this process"
			}
			comm, _ := os.ReadFile("/proc/" + pid + "/comm")
			return fmt.Sprintf("process %s (%s)", pid, bytes.TrimSpace(comm))
		}
	}
	return ""
}

// mostFiles limits the search in BPF file systems.
const mostFiles = 10_000

// pin describes a file that an object is pinned to.
func pin(objects []Object) string {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	found, seen := "", 0
	for line := range strings.Lines(string(mounts)) {
		// 36 35 0:32 / /sys/fs/bpf rw,nosuid - bpf bpf rw (Documentation/filesystems/proc.rst)
		place, kind, ok := strings.Cut(line, " - ")
		fields := strings.Fields(place)
		if !ok || !strings.HasPrefix(kind, "bpf ") || len(fields) < 5 {
			continue
		}
		err := filepath.WalkDir(fields[4], func(path string, entry fs.DirEntry, err error) error {
			if seen++; seen > mostFiles {
				return fs.SkipAll
			}
			if err == nil && entry.Type().IsRegular() && isPinned(path, objects) {
				found = "nobody but the file " + path + ", where it is pinned"
				return fs.SkipAll
			}
			return nil
		})
		if err != nil || found != "" {
			break
		}
	}
	return found
}

// isPinned reports whether a file is a pin of an object. For a link of a kernel interface the id of its map counts, too.
func isPinned(path string, objects []Object) bool {
	fd, err := syscall.ObjGet(path, 0)
	if err != nil {
		return false
	}
	defer fd.Close()
	var ids []Object
	if info, err := syscall.LinkInfoByFD(fd); err == nil {
		ids = []Object{{Link, info.ID}, {Program, info.ProgID}, {Map, info.MapID}}
	} else if info, err := syscall.MapInfoByFD(fd); err == nil {
		ids = []Object{{Map, info.ID}}
	} else if info, err := syscall.ProgInfoByFD(fd); err == nil {
		ids = []Object{{Program, info.ID}}
	}
	for _, o := range objects {
		for _, id := range ids {
			if o == id && o.ID != 0 {
				return true
			}
		}
	}
	return false
}
