//go:build linux

package structops_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A registered implementation is a link, a map, its programs and their types.
// These tests note the ids of all of them, and wait until the kernel has
// released them. Names would not be enough, because types and links have
// none, and counts would include objects of other processes.

// kinds opens the kinds of objects by id.
var kinds = map[string]func(uint32) (*syscall.FD, error){
	"link": syscall.LinkFDByID, "map": syscall.MapFDByID, "program": syscall.ProgFDByID, "types": syscall.BTFFDByID,
}

// objects are the ids of what makes up an implementation, by kind.
type objects map[string][]uint32

// objectsOf finds the objects of the implementation that a process holds a
// link to. It opens nobody else's links, which would keep them alive.
func objectsOf(t *testing.T, pid int, name string) objects {
	t.Helper()
	o := make(objects)
	for link, table := range linksOf(t, pid) {
		fd, err := syscall.MapFDByID(table)
		if err != nil {
			t.Fatal(err)
		}
		info, err := syscall.MapInfoByFD(fd)
		if err != nil {
			t.Fatal(err)
		}
		if info.Name == syscall.SanitizeName(name) {
			o["link"] = append(o["link"], link)
			o["map"] = append(o["map"], table)
			o["types"] = append(o["types"], info.BTFID)
			o["program"] = append(o["program"], programsIn(t, fd, info)...)
		}
		fd.Close()
	}
	for _, id := range o["program"] {
		fd, err := syscall.ProgFDByID(id)
		if err != nil {
			t.Fatal(err)
		}
		info, err := syscall.ProgInfoByFD(fd)
		fd.Close()
		if err != nil {
			t.Fatal(err)
		}
		o["types"] = append(o["types"], info.BTFID)
	}
	return o
}

// linksOf are the links to struct_ops maps that a process holds, each with its
// map, as /proc tells.
func linksOf(t *testing.T, pid int) map[uint32]uint32 {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fdinfo", pid)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	links := make(map[uint32]uint32)
	for _, file := range files {
		text, err := os.ReadFile(dir + "/" + file.Name())
		if err != nil {
			continue // closed in the meantime
		}
		_, rest, _ := strings.Cut(string(text), "link_type:\tstruct_ops")
		var link, table uint32
		for line := range strings.Lines(rest) { // most lines are others, which scan as nothing
			fmt.Sscanf(line, "link_id:\t%d", &link)
			fmt.Sscanf(line, "map_id:\t%d", &table)
		}
		if link != 0 && table != 0 {
			links[link] = table
		}
	}
	return links
}

// programsIn are the programs in a map: reading the struct gives their ids
// where the callbacks are.
func programsIn(t *testing.T, fd *syscall.FD, info *syscall.MapInfo) []uint32 {
	t.Helper()
	target, err := prog.Host()
	if err != nil {
		t.Fatal(err)
	}
	defer target.BTF.Close()
	typ, err := structops.ReadInterface(target.BTF, "tcp_congestion_ops")
	if err != nil {
		t.Fatal(err)
	}
	value := make([]byte, info.ValueSize)
	if err := syscall.MapLookup(fd, make([]byte, 4), value); err != nil {
		t.Fatal(err)
	}
	var ids []uint32
	for _, m := range typ.Members {
		if m.Proto == nil {
			continue
		}
		if id := binary.NativeEndian.Uint64(value[typ.Offset+m.Offset:]); id != 0 {
			ids = append(ids, uint32(id))
		}
	}
	return ids
}

// left are those of the objects that the kernel has still.
func (o objects) left() string {
	var still []string
	for _, kind := range slices.Sorted(maps.Keys(o)) {
		for _, id := range o[kind] {
			fd, err := kinds[kind](id)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			fd.Close()
			still = append(still, fmt.Sprintf("%s %d (%v)", kind, id, err))
		}
	}
	return strings.Join(still, ", ")
}

// wantComplete fails unless the objects are all that an implementation with
// three programs has.
func wantComplete(t *testing.T, o objects) {
	t.Helper()
	if len(o["link"]) != 1 || len(o["map"]) != 1 || len(o["program"]) != 3 || len(o["types"]) != 4 {
		t.Fatalf("a registered implementation of three programs has %v", o)
	}
}

// wantGone waits until the kernel has let go of the objects, which it does when nothing can be running the programs any more.
func wantGone(t *testing.T, o objects) {
	t.Helper()
	eventually(t, "end of all objects", func() bool { return o.left() == "" }, o.left)
}

func TestCloseLetsGoOfAllObjects(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	kerneltest.NoLeaks(t)
	name := uniqueName()
	link, err := structops.Register(fixed(name, 7))
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	first := objectsOf(t, os.Getpid(), name)
	wantComplete(t, first)
	if err := link.Replace(fixed(name, 8)); err != nil {
		t.Fatal(err)
	}
	second := objectsOf(t, os.Getpid(), name)
	wantComplete(t, second)
	if second["link"][0] != first["link"][0] || second["map"][0] == first["map"][0] {
		t.Errorf("an update keeps the link and changes the map: it was %v, it is %v", first, second)
	}
	delete(first, "link")
	wantGone(t, first) // what was replaced does not wait for Close
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, second)
}

func TestKilledProcessLeavesNoObjects(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 4)
	name := uniqueName()
	cmd := startChild(t, name, "")
	o := objectsOf(t, cmd.Process.Pid, name)
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	cmd.Wait() // says that it was killed
	wantComplete(t, o)
	wantGone(t, o)
	wantUnlisted(t, name)
}

// TestFailedRegistrationLeavesNoObjects: whichever step fails, the programs and maps of the attempt are released.
func TestFailedRegistrationLeavesNoObjects(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	taken := uniqueName()
	link, err := structops.Register(fixed(taken, 7))
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	for _, tt := range []struct {
		step string
		name string
		with structops.Members
	}{
		{"verify the last program", uniqueName(), structops.Members{"sndbuf_expand": dsl.Assembly("bad",
			dsl.LoadMem(isa.DW, isa.R1, isa.R1, 0), dsl.LoadMem(isa.W, isa.R0, isa.R1, 30_000), dsl.Exit())}},
		{"set the members", uniqueName(), structops.Members{"flags": 1 << 30}},
		{"register", taken, nil},
	} {
		// Programs named like nothing else: the attempt's map has the name of
		// the implementation, which may be another's.
		program := dsl.Assembly(fmt.Sprintf("p_%s", uniqueName()[2:]), dsl.Mov64Imm(isa.R0, 2), dsl.Exit())
		ops := structops.Ops{Type: "tcp_congestion_ops", License: "GPL", Members: structops.Members{"name": tt.name, "ssthresh": program,
			"undo_cwnd": program, "cong_avoid": program}}
		maps.Copy(ops.Members, tt.with)
		wantMaps := 0
		if tt.name == taken {
			wantMaps = 1
		}
		if second, err := structops.Register(ops); err == nil {
			second.Close()
			t.Errorf("%s: it was registered", tt.step)
		}
		eventually(t, tt.step+": end of what was loaded",
			func() bool { return programsNamed(t, program.Name) == 0 && mapsNamed(t, tt.name) == wantMaps },
			func() string {
				return fmt.Sprintf("there are %d programs and %d maps, want none and %d", programsNamed(t, program.Name),
					mapsNamed(t, tt.name), wantMaps)
			})
	}
}
