package linux

import "strconv"

// A MapType is a kind of map: its data structure and the rules for its keys and values (enum bpf_map_type,
// include/uapi/linux/bpf.h, 6.18).
type MapType uint32

// The types of maps. A new one needs a constant and a row of mapTypes; `go generate ./syscall` gives it its public name.
const (
	MapTypeUnspec              MapType = 0
	MapTypeHash                MapType = 1
	MapTypeArray               MapType = 2
	MapTypeProgArray           MapType = 3
	MapTypePerfEventArray      MapType = 4
	MapTypePerCPUHash          MapType = 5
	MapTypePerCPUArray         MapType = 6
	MapTypeStackTrace          MapType = 7
	MapTypeCgroupArray         MapType = 8
	MapTypeLRUHash             MapType = 9
	MapTypeLRUPerCPUHash       MapType = 10
	MapTypeLPMTrie             MapType = 11
	MapTypeArrayOfMaps         MapType = 12
	MapTypeHashOfMaps          MapType = 13
	MapTypeDevMap              MapType = 14
	MapTypeSockMap             MapType = 15
	MapTypeCPUMap              MapType = 16
	MapTypeXSKMap              MapType = 17
	MapTypeSockHash            MapType = 18
	MapTypeCgroupStorage       MapType = 19
	MapTypeReusePortSockArray  MapType = 20
	MapTypePerCPUCgroupStorage MapType = 21
	MapTypeQueue               MapType = 22
	MapTypeStack               MapType = 23
	MapTypeSKStorage           MapType = 24
	MapTypeDevMapHash          MapType = 25
	MapTypeStructOps           MapType = 26
	MapTypeRingBuf             MapType = 27
	MapTypeInodeStorage        MapType = 28
	MapTypeTaskStorage         MapType = 29
	MapTypeBloomFilter         MapType = 30
	MapTypeUserRingBuf         MapType = 31
	MapTypeCgrpStorage         MapType = 32
	MapTypeArena               MapType = 33
)

// A MapInfo is what is known about a map type.
type MapInfo struct {
	Name   string // as in bpftool: the kernel's name, in lower case and without its prefix
	Since  Version
	Key    Key
	Lookup Lookup

	Flags MapFlags // what it may be created with; 0 if that is not known
	Must  MapFlags // what it must be created with

	Restricted  bool // only helpers whose row names the type accept it (check_map_func_compatibility, kernel/bpf/verifier.c)
	NotSleeping bool // programs that may sleep cannot use it (check_map_prog_compatibility, kernel/bpf/verifier.c)
	NetAdmin    bool // creating it needs CAP_NET_ADMIN and CAP_BPF (map_create, kernel/bpf/syscall.c)
	NoTypes     bool // it accepts no BTF of keys and values (map_check_btf, kernel/bpf/syscall.c)
}

// A Key says what the keys of a map type are.
type Key uint8

const (
	KeyNone   Key = iota // there are none: key_size is 0
	KeyAny               // bytes of any size
	KeyIndex             // a number of 4 bytes; below max_entries, except for devmap_hash
	KeyPrefix            // a length in bits, 4 bytes, and then bytes
	// for programs a pointer to one of the kernel's objects, for user space a descriptor of 4 bytes; there is no maximum
	KeyObject
	KeyCgroup // a cgroup and a type of attachment; there is no maximum
)

// A Lookup says what bpf_map_lookup_elem, or the get function of a storage, returns for a map type.
type Lookup uint8

const (
	LookupUnknown Lookup = iota // it differs, or is not known
	LookupValue                 // a pointer to the value, or nil
	// as LookupValue, but never nil for a constant index below max_entries (since Linux 6.14, get_constant_map_key)
	LookupElement
)

// mapTypes has the types of maps by their numbers.
var mapTypes = [...]MapInfo{
	MapTypeUnspec: {Name: "unspec"},
	MapTypeHash:   {Name: "hash", Since: "3.19", Key: KeyAny, Lookup: LookupValue, Flags: hashFlags},
	MapTypeArray: {Name: "array", Since: "3.19", Key: KeyIndex, Lookup: LookupElement,
		Flags: arrayFlags | MapMmapable | MapInnerMap},
	MapTypeProgArray: {Name: "prog_array", Since: "4.2", Key: KeyIndex, Restricted: true, NoTypes: true,
		Flags: arrayFlags &^ programAccess},
	MapTypePerfEventArray: {Name: "perf_event_array", Since: "4.3", Key: KeyIndex, Restricted: true, NotSleeping: true,
		Flags: arrayFlags&^programAccess | MapPreserveElems},
	MapTypePerCPUHash:  {Name: "percpu_hash", Since: "4.6", Key: KeyAny, Lookup: LookupValue, Flags: hashFlags},
	MapTypePerCPUArray: {Name: "percpu_array", Since: "4.6", Key: KeyIndex, Lookup: LookupElement, Flags: arrayFlags},
	MapTypeStackTrace:  {Name: "stack_trace", Since: "4.6", Key: KeyIndex, Restricted: true, NotSleeping: true},
	MapTypeCgroupArray: {Name: "cgroup_array", Since: "4.8", Key: KeyIndex, Restricted: true, NotSleeping: true,
		Flags: arrayFlags &^ programAccess},
	MapTypeLRUHash:       {Name: "lru_hash", Since: "4.10", Key: KeyAny, Lookup: LookupValue, Flags: hashFlags},
	MapTypeLRUPerCPUHash: {Name: "lru_percpu_hash", Since: "4.10", Key: KeyAny, Lookup: LookupValue, Flags: hashFlags},
	MapTypeLPMTrie: {Name: "lpm_trie", Since: "4.11", Key: KeyPrefix, Lookup: LookupValue,
		Flags: MapNoPrealloc | MapNUMANode | accessFlags, Must: MapNoPrealloc},
	MapTypeArrayOfMaps: {Name: "array_of_maps", Since: "4.12", Key: KeyIndex, Restricted: true, NoTypes: true, Flags: arrayFlags},
	MapTypeHashOfMaps:  {Name: "hash_of_maps", Since: "4.12", Key: KeyAny, Restricted: true, NoTypes: true, Flags: hashFlags},
	MapTypeDevMap: {Name: "devmap", Since: "4.14", Key: KeyIndex,
		Restricted: true, NotSleeping: true, NetAdmin: true},
	MapTypeSockMap:             {Name: "sockmap", Since: "4.14", Key: KeyIndex, NotSleeping: true, NetAdmin: true},
	MapTypeCPUMap:              {Name: "cpumap", Since: "4.15", Key: KeyIndex, Restricted: true, NotSleeping: true},
	MapTypeXSKMap:              {Name: "xskmap", Since: "4.18", Key: KeyIndex, Restricted: true, NetAdmin: true},
	MapTypeSockHash:            {Name: "sockhash", Since: "4.18", Key: KeyAny, NotSleeping: true, NetAdmin: true},
	MapTypeCgroupStorage:       {Name: "cgroup_storage", Since: "4.19", Key: KeyCgroup, Restricted: true},
	MapTypeReusePortSockArray:  {Name: "reuseport_sockarray", Since: "4.19", Key: KeyIndex, Restricted: true},
	MapTypePerCPUCgroupStorage: {Name: "percpu_cgroup_storage", Since: "4.20", Key: KeyCgroup, Restricted: true},
	MapTypeQueue:               {Name: "queue", Since: "4.20", Key: KeyNone, Restricted: true, Flags: MapNUMANode | accessFlags},
	MapTypeStack:               {Name: "stack", Since: "4.20", Key: KeyNone, Restricted: true, Flags: MapNUMANode | accessFlags},
	MapTypeSKStorage: {Name: "sk_storage", Since: "5.2", Key: KeyObject, Lookup: LookupValue, Restricted: true,
		Flags: storageFlags, Must: MapNoPrealloc},
	MapTypeDevMapHash: {Name: "devmap_hash", Since: "5.4", Key: KeyIndex,
		Restricted: true, NotSleeping: true, NetAdmin: true},
	MapTypeStructOps: {Name: "struct_ops", Since: "5.6", Key: KeyIndex},
	MapTypeRingBuf:   {Name: "ringbuf", Since: "5.8", Key: KeyNone, Restricted: true, NoTypes: true, Flags: ringFlags},
	MapTypeInodeStorage: {Name: "inode_storage", Since: "5.10", Key: KeyObject, Lookup: LookupValue, Restricted: true,
		Flags: storageFlags, Must: MapNoPrealloc},
	MapTypeTaskStorage: {Name: "task_storage", Since: "5.11", Key: KeyObject, Lookup: LookupValue, Restricted: true,
		Flags: storageFlags, Must: MapNoPrealloc},
	MapTypeBloomFilter: {Name: "bloom_filter", Since: "5.16", Key: KeyNone, Restricted: true, NotSleeping: true},
	MapTypeUserRingBuf: {Name: "user_ringbuf", Since: "6.1", Key: KeyNone, Restricted: true, NoTypes: true, Flags: ringFlags},
	MapTypeCgrpStorage: {Name: "cgrp_storage", Since: "6.2", Key: KeyObject, Lookup: LookupValue, Restricted: true,
		Flags: storageFlags, Must: MapNoPrealloc},
	MapTypeArena: {Name: "arena", Since: "6.9", Key: KeyNone, NoTypes: true,
		Flags: MapMmapable | MapSegvOnFault | MapNoUserConv, Must: MapMmapable},
}

// Info is what is known of the type; the zero value of a type that is newer than this table.
func (t MapType) Info() MapInfo {
	if uint64(t) < uint64(len(mapTypes)) {
		return mapTypes[t]
	}
	return MapInfo{}
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix. A type that is newer than
// the table prints as its number.
func (t MapType) String() string { return nameOr(t.Info().Name, "map type", uint32(t)) }

// IsRing reports whether the map is a ring buffer: its size is in bytes, a power of two and a multiple of the page size.
func (t MapType) IsRing() bool { return t == MapTypeRingBuf || t == MapTypeUserRingBuf }

// HasMaximum reports whether max_entries must be set: storages grow with the objects that they belong to.
func (t MapType) HasMaximum() bool { return t.Info().Key < KeyObject }

// ParseMapType finds a type of maps by its name.
func ParseMapType(name string) (t MapType, ok bool) {
	for n := 1; n < len(mapTypes); n++ {
		if mapTypes[n].Name == name {
			return MapType(n), true
		}
	}
	return 0, false
}

// MapTypes is a set of types of maps.
type MapTypes uint64

// Has reports whether a type is in the set.
func (s MapTypes) Has(t MapType) bool { return t < 64 && s>>t&1 != 0 }

// Sets of one type, for the rows of helpers.
const (
	progArray           MapTypes = 1 << MapTypeProgArray
	perfEventArray      MapTypes = 1 << MapTypePerfEventArray
	perCPUHash          MapTypes = 1 << MapTypePerCPUHash
	perCPUArray         MapTypes = 1 << MapTypePerCPUArray
	stackTrace          MapTypes = 1 << MapTypeStackTrace
	cgroupArray         MapTypes = 1 << MapTypeCgroupArray
	lruPerCPUHash       MapTypes = 1 << MapTypeLRUPerCPUHash
	arrayOfMaps         MapTypes = 1 << MapTypeArrayOfMaps
	hashOfMaps          MapTypes = 1 << MapTypeHashOfMaps
	devMap              MapTypes = 1 << MapTypeDevMap
	cpuMap              MapTypes = 1 << MapTypeCPUMap
	xskMap              MapTypes = 1 << MapTypeXSKMap
	cgroupStorage       MapTypes = 1 << MapTypeCgroupStorage
	reusePortSockArray  MapTypes = 1 << MapTypeReusePortSockArray
	perCPUCgroupStorage MapTypes = 1 << MapTypePerCPUCgroupStorage
	queue               MapTypes = 1 << MapTypeQueue
	stack               MapTypes = 1 << MapTypeStack
	skStorage           MapTypes = 1 << MapTypeSKStorage
	devMapHash          MapTypes = 1 << MapTypeDevMapHash
	ringBuf             MapTypes = 1 << MapTypeRingBuf
	inodeStorage        MapTypes = 1 << MapTypeInodeStorage
	taskStorage         MapTypes = 1 << MapTypeTaskStorage
	bloomFilter         MapTypes = 1 << MapTypeBloomFilter
	userRingBuf         MapTypes = 1 << MapTypeUserRingBuf
	cgrpStorage         MapTypes = 1 << MapTypeCgrpStorage
)

// nameOr is the name of a value. If it has none, the result is what and the number.
func nameOr(name, what string, v uint32) string {
	if name != "" {
		return name
	}
	return what + " " + strconv.FormatUint(uint64(v), 10)
}
