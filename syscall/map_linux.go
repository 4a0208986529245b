package syscall

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MapCreate creates a map.
func MapCreate(a *MapCreateAttr) (*FD, error) {
	object := quoted(a.Name)
	attr := mapCreateAttr{
		mapType:               uint32(a.Type),
		keySize:               a.KeySize,
		valueSize:             a.ValueSize,
		maxEntries:            a.MaxEntries,
		mapFlags:              uint32(a.Flags),
		numaNode:              a.NUMANode,
		mapName:               objectName(a.Name),
		btfKeyTypeID:          a.BTFKeyTypeID,
		btfValueTypeID:        a.BTFValueTypeID,
		btfVmlinuxValueTypeID: a.BTFVmlinuxValueTypeID,
		mapExtra:              a.Extra,
	}
	var module uint32
	for _, part := range [...]struct {
		fd   *FD
		what string
		to   *uint32
	}{
		{a.InnerMap, "inner map", &attr.innerMapFD},
		{a.BTF, "BTF of the map", &attr.btfFD},
		{a.ValueTypeBTFObjFD, "BTF of the module", &module},
	} {
		num, done, err := optional(part.fd, part.what)
		if err != nil {
			return nil, &Error{Command: CmdMapCreate, Object: object, Errno: err}
		}
		defer done()
		*part.to = num
	}
	if a.ValueTypeBTFObjFD != nil {
		attr.mapFlags |= uint32(MapVTypeBTFObjFD)
		attr.valueTypeBTFObjFD = int32(module)
	}
	fd, err := bpfFD(CmdMapCreate, &attr)
	if err != nil {
		return nil, fail(request{command: CmdMapCreate, mapType: a.Type}, object, err)
	}
	if sizes, err := elemSizes(a.Type, a.KeySize, a.ValueSize); err == nil {
		fd.sizes = &sizes
	}
	return fd, nil
}

// MapLookup copies the value of a key into value, whose length must be the map's value size; for per-CPU maps that is the value
// size rounded up to 8, times the number of possible CPUs. If the key is missing, the error is [fs.ErrNotExist].
func MapLookup(m *FD, key, value []byte) error {
	return mapElem(CmdMapLookup, m, key, value, 0)
}

// MapUpdate sets the value of a key. For a struct_ops map this passes the programs to the kernel, which is possible once. The map then
// holds them. Unless the map was created with MapLink, this also registers it.
func MapUpdate(m *FD, key, value []byte, flags uint64) error {
	return mapElem(CmdMapUpdate, m, key, value, flags)
}

// MapDelete removes a key. It unregisters a struct_ops map that was created without MapLink.
func MapDelete(m *FD, key []byte) error {
	return mapElem(CmdMapDelete, m, key, nil, 0)
}

// MapGetNextKey copies the key after key into next; the first key if key is nil or not in the map. After the last one, the
// error is [fs.ErrNotExist].
func MapGetNextKey(m *FD, key, next []byte) error {
	return mapElem(CmdMapGetNextKey, m, key, next, 0)
}

// MapLookupAndDelete takes an element out of a map: its value is copied into
// value, and the key is removed. A queue or stack has no key: key is empty, and
// the element is the next one. flags is UpdateLock or 0; hashes take it since
// Linux 5.14.
func MapLookupAndDelete(m *FD, key, value []byte, flags uint64) error {
	return mapElem(CmdMapTake, m, key, value, flags)
}

// MapLookupFlags is MapLookup with flags: UpdateLock copies the value under its
// bpf_spin_lock.
func MapLookupFlags(m *FD, key, value []byte, flags uint64) error {
	return mapElem(CmdMapLookup, m, key, value, flags)
}

// mapElem runs a command on an element. The kernel is told no lengths: it reads and writes as many bytes as the map says, so the
// lengths are checked here.
func mapElem(cmd Command, m *FD, key, value []byte, flags uint64) error {
	num, err := m.acquire("map")
	if err != nil {
		return &Error{Command: cmd, Errno: err}
	}
	defer m.release()
	object := "fd " + strconv.Itoa(num)
	sizes, err := m.mapSizes()
	if err != nil {
		return err
	}
	wantValue := sizes.value
	switch cmd {
	case CmdMapDelete:
		wantValue = 0
	case CmdMapGetNextKey:
		wantValue = sizes.key
	}
	if len(key) != sizes.key && !(cmd == CmdMapGetNextKey && key == nil) {
		return &Error{Command: cmd, Object: object, Errno: fmt.Errorf("key of %d bytes, want %d: %w", len(key), sizes.key, fs.ErrInvalid)}
	}
	if len(value) != wantValue {
		what := "value"
		if cmd == CmdMapGetNextKey {
			what = "next key"
		}
		return &Error{Command: cmd, Object: object,
			Errno: fmt.Errorf("%s of %d bytes, want %d: %w", what, len(value), wantValue, fs.ErrInvalid)}
	}
	attr := mapElemAttr{mapFD: uint32(num), key: bytesPointer(key), value: bytesPointer(value), flags: flags}
	if err := bpfZero(cmd, &attr); err != nil {
		return fail(request{command: cmd}, object, err)
	}
	return nil
}

// MapFreeze forbids user space to write to a map from now on. Programs may still write, unless the map has MapReadOnlyProg.
func MapFreeze(m *FD) error {
	return onFD(request{command: CmdMapFreeze}, m, "map")
}

// mapSizes returns the sizes of the map's elements. It asks the kernel once. The caller has acquired f.
func (f *FD) mapSizes() (mapSizes, error) {
	f.mu.Lock()
	known := f.sizes
	f.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	info, err := MapInfoByFD(f)
	if err != nil {
		return mapSizes{}, err
	}
	sizes, err := elemSizes(info.Type, info.KeySize, info.ValueSize)
	if err != nil {
		return mapSizes{}, err
	}
	f.mu.Lock()
	f.sizes = &sizes
	f.mu.Unlock()
	return sizes, nil
}

// elemSizes returns how many bytes the kernel copies from and to user space for a map's key and value (bpf_map_value_size in
// kernel/bpf/syscall.c).
func elemSizes(t MapType, key, value uint32) (mapSizes, error) {
	sizes := mapSizes{key: int(key), value: int(value)}
	switch t {
	case MapTypePerCPUHash, MapTypePerCPUArray, MapTypeLRUPerCPUHash, MapTypePerCPUCgroupStorage:
		cpus, err := PossibleCPUs()
		if err != nil {
			return mapSizes{}, err
		}
		sizes.value = (sizes.value + 7) / 8 * 8 * cpus
	case MapTypeProgArray, MapTypePerfEventArray, MapTypeCgroupArray, MapTypeArrayOfMaps, MapTypeHashOfMaps:
		sizes.value = 4
	}
	return sizes, nil
}

// PossibleCPUs returns how many CPUs this machine may ever have. A per-CPU map keeps that many values for each key.
func PossibleCPUs() (int, error) {
	const path = "/sys/devices/system/cpu/possible"
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("number of possible CPUs: %w", err)
	}
	n, err := countCPUs(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("number of possible CPUs: %s: %w", path, err)
	}
	return n, nil
}

// countCPUs counts the CPUs of a list like "0-3" or "0,2-3". Per-CPU values are numbered up to the highest possible CPU,
// without holes on every known machine (num_possible_cpus), so counting is enough.
func countCPUs(list string) (int, error) {
	total := 0
	for _, part := range strings.Split(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 16)
		if err != nil {
			return 0, err
		}
		b, err := strconv.ParseUint(last, 10, 16)
		if err != nil {
			return 0, err
		}
		if b < a {
			return 0, fmt.Errorf("range %q: the end is below the start", part)
		}
		total += int(b-a) + 1
	}
	return total, nil
}

// MapInfoByFD returns what the kernel tells about a map.
func MapInfoByFD(m *FD) (*MapInfo, error) {
	var info mapInfo
	if err := objInfo(m, "map", &info); err != nil {
		return nil, err
	}
	return &MapInfo{
		Type:                  MapType(info.mapType),
		ID:                    info.id,
		KeySize:               info.keySize,
		ValueSize:             info.valueSize,
		MaxEntries:            info.maxEntries,
		Flags:                 MapFlags(info.mapFlags),
		Name:                  unix.ByteSliceToString(info.name[:]),
		BTFID:                 info.btfID,
		BTFKeyTypeID:          info.btfKeyTypeID,
		BTFValueTypeID:        info.btfValueTypeID,
		BTFVmlinuxValueTypeID: info.btfVmlinuxValueTypeID,
		BTFVmlinuxID:          info.btfVmlinuxID,
		Extra:                 info.mapExtra,
	}, nil
}
