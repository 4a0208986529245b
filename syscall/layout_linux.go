package syscall

import "unsafe"

// The arms of union bpf_attr, one struct for each family of commands (include/uapi/linux/bpf.h, 6.18). A kernel accepts an attr that is
// longer than its own if the rest is zero (bpf_check_uarg_tail_zero). It reads a shorter one as if zeros followed. Every field is at its
// UAPI offset on every machine: 64-bit fields are at multiples of 8, with explicit padding, because Go aligns uint64 to 4 bytes on 32-bit
// machines and C's __aligned_u64 does not.

type mapCreateAttr struct {
	mapType               uint32
	keySize               uint32
	valueSize             uint32
	maxEntries            uint32
	mapFlags              uint32
	innerMapFD            uint32
	numaNode              uint32
	mapName               [16]byte
	mapIfindex            uint32
	btfFD                 uint32
	btfKeyTypeID          uint32
	btfValueTypeID        uint32
	btfVmlinuxValueTypeID uint32
	mapExtra              uint64
	valueTypeBTFObjFD     int32
	mapTokenFD            int32
}

type mapElemAttr struct {
	mapFD uint32
	_     uint32
	key   pointer
	value pointer // or the next key
	flags uint64
}

type mapBatchAttr struct {
	inBatch   pointer
	outBatch  pointer
	keys      pointer
	values    pointer
	count     uint32 // written: how many elements were done
	mapFD     uint32
	elemFlags uint64
	flags     uint64
}

type progLoadAttr struct {
	progType           uint32
	insnCnt            uint32
	insns              pointer
	license            pointer
	logLevel           uint32
	logSize            uint32
	logBuf             pointer
	kernVersion        uint32
	progFlags          uint32
	progName           [16]byte
	progIfindex        uint32
	expectedAttachType uint32
	progBTFFD          uint32
	funcInfoRecSize    uint32
	funcInfo           pointer
	funcInfoCnt        uint32
	lineInfoRecSize    uint32
	lineInfo           pointer
	lineInfoCnt        uint32
	attachBTFID        uint32
	attachFD           uint32 // attach_prog_fd or attach_btf_obj_fd
	coreReloCnt        uint32
	fdArray            pointer
	coreRelos          pointer
	coreReloRecSize    uint32
	logTrueSize        uint32 // written by 6.4+
}

type objAttr struct {
	pathname  pointer
	bpfFD     uint32
	fileFlags uint32
}

type testRunAttr struct {
	progFD      uint32
	retval      uint32
	dataSizeIn  uint32
	dataSizeOut uint32
	dataIn      pointer
	dataOut     pointer
	repeat      uint32
	duration    uint32
	ctxSizeIn   uint32
	ctxSizeOut  uint32
	ctxIn       pointer
	ctxOut      pointer
	flags       uint32
	cpu         uint32
	batchSize   uint32
	_           uint32
}

type idAttr struct {
	id        uint32 // or the id to start after
	nextID    uint32
	openFlags uint32
}

type infoAttr struct {
	bpfFD   uint32
	infoLen uint32
	info    pointer
}

type btfLoadAttr struct {
	btf         pointer
	logBuf      pointer
	btfSize     uint32
	logSize     uint32
	logLevel    uint32
	logTrueSize uint32 // written by 6.4+
}

type linkCreateAttr struct {
	objFD       uint32 // prog_fd or map_fd
	target      uint32 // target_fd or target_ifindex
	attachType  uint32
	flags       uint32
	targetBTFID uint32
	_           uint32
}

type linkUpdateAttr struct {
	linkFD uint32
	newFD  uint32
	flags  uint32
	oldFD  uint32
}

type rawTracepointAttr struct {
	name   pointer
	progFD uint32
	_      uint32
	cookie uint64
}

type fdAttr struct {
	fd uint32 // link_detach.link_fd, enable_stats.type, map_fd of a freeze
}

// progInfo is struct bpf_prog_info.
type progInfo struct {
	progType        uint32
	id              uint32
	tag             [8]byte
	jitedLen        uint32
	xlatedLen       uint32
	jitedInsns      pointer
	xlatedInsns     pointer
	loadTime        uint64
	createdByUID    uint32
	nrMapIDs        uint32
	mapIDs          pointer
	name            [16]byte
	ifindex         uint32
	bits            uint32 // gpl_compatible, the first bit field of a word
	netnsDev        uint64
	netnsIno        uint64
	nrJitedKsyms    uint32
	nrJitedFuncLens uint32
	jitedKsyms      pointer
	jitedFuncLens   pointer
	btfID           uint32
	funcInfoRecSize uint32
	funcInfo        pointer
	nrFuncInfo      uint32
	nrLineInfo      uint32
	lineInfo        pointer
	jitedLineInfo   pointer
	nrJitedLineInfo uint32
	lineInfoRecSize uint32
	jitedLineRec    uint32
	nrProgTags      uint32
	progTags        pointer
	runTimeNS       uint64
	runCnt          uint64
	recursionMisses uint64
	verifiedInsns   uint32
	attachBTFObjID  uint32
	attachBTFID     uint32
	_               uint32
}

// mapInfo is struct bpf_map_info, up to map_extra.
type mapInfo struct {
	mapType               uint32
	id                    uint32
	keySize               uint32
	valueSize             uint32
	maxEntries            uint32
	mapFlags              uint32
	name                  [16]byte
	ifindex               uint32
	btfVmlinuxValueTypeID uint32
	netnsDev              uint64
	netnsIno              uint64
	btfID                 uint32
	btfKeyTypeID          uint32
	btfValueTypeID        uint32
	btfVmlinuxID          uint32
	mapExtra              uint64
}

// linkInfo is struct bpf_link_info; the union after prog_id starts at offset 16 because some of its arms hold 64-bit fields.
type linkInfo struct {
	linkType uint32
	id       uint32
	progID   uint32
	_        uint32
	union    [48]byte // what it holds depends on the type: see LinkInfoByFD
}

// btfInfo is struct bpf_btf_info.
type btfInfo struct {
	btf       pointer
	btfSize   uint32
	id        uint32
	name      pointer
	nameLen   uint32
	kernelBTF uint32
}

// bytesPointer returns a pointer to the first byte of b, nil for an empty b.
func bytesPointer(b []byte) pointer {
	return pointer{p: unsafe.Pointer(unsafe.SliceData(b))}
}
