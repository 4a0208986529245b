package linux

import (
	"fmt"
	"strings"
)

// MapFlags are given when a map is created. Which bits a kernel knows grows with its version; an unknown bit is EINVAL.
type MapFlags uint32

// The flags of BPF_MAP_CREATE (include/uapi/linux/bpf.h, 6.18), BPF_F_… there.
const (
	MapNoPrealloc    MapFlags = 1 << 0
	MapNoCommonLRU   MapFlags = 1 << 1
	MapNUMANode      MapFlags = 1 << 2
	MapReadOnly      MapFlags = 1 << 3 // user space may not write
	MapWriteOnly     MapFlags = 1 << 4 // user space may not read
	MapStackBuildID  MapFlags = 1 << 5
	MapZeroSeed      MapFlags = 1 << 6
	MapReadOnlyProg  MapFlags = 1 << 7 // programs may not write
	MapWriteOnlyProg MapFlags = 1 << 8 // programs may not read
	MapClone         MapFlags = 1 << 9
	MapMmapable      MapFlags = 1 << 10
	MapPreserveElems MapFlags = 1 << 11
	MapInnerMap      MapFlags = 1 << 12
	MapLink          MapFlags = 1 << 13 // a struct_ops map that is registered by a link (6.4+)
	MapPathFD        MapFlags = 1 << 14
	MapVTypeBTFObjFD MapFlags = 1 << 15 // ValueTypeBTFObjFD is set (6.9+)
	MapTokenFD       MapFlags = 1 << 16
	MapSegvOnFault   MapFlags = 1 << 17
	MapNoUserConv    MapFlags = 1 << 18
)

// AllMapFlags are the flags above.
const AllMapFlags = MapNoUserConv<<1 - 1

// Sets of flags, for the rows of types of maps: HTAB_CREATE_FLAG_MASK (kernel/bpf/hashtab.c), ARRAY_CREATE_FLAG_MASK
// (kernel/bpf/arraymap.c), BPF_LOCAL_STORAGE_CREATE_FLAG_MASK (kernel/bpf/bpf_local_storage.c), RINGBUF_CREATE_FLAG_MASK
// (kernel/bpf/ringbuf.c, 6.18; bit 19 is BPF_F_RB_OVERWRITE since 6.19).
const (
	accessFlags   = MapReadOnly | MapWriteOnly | programAccess
	programAccess = MapReadOnlyProg | MapWriteOnlyProg
	hashFlags     = MapNoPrealloc | MapNoCommonLRU | MapNUMANode | accessFlags | MapZeroSeed
	arrayFlags    = MapNUMANode | accessFlags
	storageFlags  = MapNoPrealloc | MapClone
	ringFlags     = MapNUMANode | 1<<19
)

// mapFlagNames has the flags of the constants above by their bits.
var mapFlagNames = [...]string{
	"MapNoPrealloc", "MapNoCommonLRU", "MapNUMANode", "MapReadOnly", "MapWriteOnly", "MapStackBuildID", "MapZeroSeed", "MapReadOnlyProg",
	"MapWriteOnlyProg", "MapClone", "MapMmapable", "MapPreserveElems", "MapInnerMap", "MapLink", "MapPathFD", "MapVTypeBTFObjFD",
	"MapTokenFD", "MapSegvOnFault", "MapNoUserConv",
}

// String lists the flags by the names of their constants: MapReadOnly|MapMmapable. Flags without a name are a number.
func (f MapFlags) String() string {
	if f == 0 {
		return "0"
	}
	var names []string
	for bit, name := range mapFlagNames {
		if f&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	if rest := f &^ AllMapFlags; rest != 0 {
		names = append(names, fmt.Sprintf("%#x", uint32(rest)))
	}
	return strings.Join(names, "|")
}
