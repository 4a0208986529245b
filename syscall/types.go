package syscall

import "github.com/bpfsmith/bpfsmith/internal/linux"

// A ProgType says where a program runs: it decides the context that R1 points to, the helpers and kernel functions that may be
// called, and what the result means.
type ProgType = linux.ProgType

// The values of enum bpf_prog_type (include/uapi/linux/bpf.h, 6.18).
const (
	ProgTypeUnspec                = linux.ProgTypeUnspec
	ProgTypeSocketFilter          = linux.ProgTypeSocketFilter
	ProgTypeKprobe                = linux.ProgTypeKprobe
	ProgTypeSchedCls              = linux.ProgTypeSchedCls
	ProgTypeSchedAct              = linux.ProgTypeSchedAct
	ProgTypeTracepoint            = linux.ProgTypeTracepoint
	ProgTypeXDP                   = linux.ProgTypeXDP
	ProgTypePerfEvent             = linux.ProgTypePerfEvent
	ProgTypeCgroupSKB             = linux.ProgTypeCgroupSKB
	ProgTypeCgroupSock            = linux.ProgTypeCgroupSock
	ProgTypeLWTIn                 = linux.ProgTypeLWTIn
	ProgTypeLWTOut                = linux.ProgTypeLWTOut
	ProgTypeLWTXmit               = linux.ProgTypeLWTXmit
	ProgTypeSockOps               = linux.ProgTypeSockOps
	ProgTypeSKSKB                 = linux.ProgTypeSKSKB
	ProgTypeCgroupDevice          = linux.ProgTypeCgroupDevice
	ProgTypeSKMsg                 = linux.ProgTypeSKMsg
	ProgTypeRawTracepoint         = linux.ProgTypeRawTracepoint
	ProgTypeCgroupSockAddr        = linux.ProgTypeCgroupSockAddr
	ProgTypeLWTSeg6Local          = linux.ProgTypeLWTSeg6Local
	ProgTypeLIRCMode2             = linux.ProgTypeLIRCMode2
	ProgTypeSKReusePort           = linux.ProgTypeSKReusePort
	ProgTypeFlowDissector         = linux.ProgTypeFlowDissector
	ProgTypeCgroupSysctl          = linux.ProgTypeCgroupSysctl
	ProgTypeRawTracepointWritable = linux.ProgTypeRawTracepointWritable
	ProgTypeCgroupSockOpt         = linux.ProgTypeCgroupSockOpt
	ProgTypeTracing               = linux.ProgTypeTracing
	ProgTypeStructOps             = linux.ProgTypeStructOps
	ProgTypeExt                   = linux.ProgTypeExt
	ProgTypeLSM                   = linux.ProgTypeLSM
	ProgTypeSKLookup              = linux.ProgTypeSKLookup
	ProgTypeSyscall               = linux.ProgTypeSyscall
	ProgTypeNetfilter             = linux.ProgTypeNetfilter
)

// A MapType is a kind of map: the data structure behind it and the rules for its keys and values.
type MapType = linux.MapType

// The values of enum bpf_map_type (include/uapi/linux/bpf.h, 6.18).
const (
	MapTypeUnspec              = linux.MapTypeUnspec
	MapTypeHash                = linux.MapTypeHash
	MapTypeArray               = linux.MapTypeArray
	MapTypeProgArray           = linux.MapTypeProgArray
	MapTypePerfEventArray      = linux.MapTypePerfEventArray
	MapTypePerCPUHash          = linux.MapTypePerCPUHash
	MapTypePerCPUArray         = linux.MapTypePerCPUArray
	MapTypeStackTrace          = linux.MapTypeStackTrace
	MapTypeCgroupArray         = linux.MapTypeCgroupArray
	MapTypeLRUHash             = linux.MapTypeLRUHash
	MapTypeLRUPerCPUHash       = linux.MapTypeLRUPerCPUHash
	MapTypeLPMTrie             = linux.MapTypeLPMTrie
	MapTypeArrayOfMaps         = linux.MapTypeArrayOfMaps
	MapTypeHashOfMaps          = linux.MapTypeHashOfMaps
	MapTypeDevMap              = linux.MapTypeDevMap
	MapTypeSockMap             = linux.MapTypeSockMap
	MapTypeCPUMap              = linux.MapTypeCPUMap
	MapTypeXSKMap              = linux.MapTypeXSKMap
	MapTypeSockHash            = linux.MapTypeSockHash
	MapTypeCgroupStorage       = linux.MapTypeCgroupStorage
	MapTypeReusePortSockArray  = linux.MapTypeReusePortSockArray
	MapTypePerCPUCgroupStorage = linux.MapTypePerCPUCgroupStorage
	MapTypeQueue               = linux.MapTypeQueue
	MapTypeStack               = linux.MapTypeStack
	MapTypeSKStorage           = linux.MapTypeSKStorage
	MapTypeDevMapHash          = linux.MapTypeDevMapHash
	MapTypeStructOps           = linux.MapTypeStructOps
	MapTypeRingBuf             = linux.MapTypeRingBuf
	MapTypeInodeStorage        = linux.MapTypeInodeStorage
	MapTypeTaskStorage         = linux.MapTypeTaskStorage
	MapTypeBloomFilter         = linux.MapTypeBloomFilter
	MapTypeUserRingBuf         = linux.MapTypeUserRingBuf
	MapTypeCgrpStorage         = linux.MapTypeCgrpStorage
	MapTypeArena               = linux.MapTypeArena
)

// An AttachType is a point where a program or struct_ops map is attached.
//
// For programs of type [ProgTypeStructOps] the expected attach type at load time is not such a point: it is the index of the
// member in the kernel's ops struct.
type AttachType = linux.AttachType

// The values of enum bpf_attach_type (include/uapi/linux/bpf.h, 6.18).
const (
	AttachCgroupInetIngress          = linux.AttachCgroupInetIngress
	AttachCgroupInetEgress           = linux.AttachCgroupInetEgress
	AttachCgroupInetSockCreate       = linux.AttachCgroupInetSockCreate
	AttachCgroupSockOps              = linux.AttachCgroupSockOps
	AttachSKSKBStreamParser          = linux.AttachSKSKBStreamParser
	AttachSKSKBStreamVerdict         = linux.AttachSKSKBStreamVerdict
	AttachCgroupDevice               = linux.AttachCgroupDevice
	AttachSKMsgVerdict               = linux.AttachSKMsgVerdict
	AttachCgroupInet4Bind            = linux.AttachCgroupInet4Bind
	AttachCgroupInet6Bind            = linux.AttachCgroupInet6Bind
	AttachCgroupInet4Connect         = linux.AttachCgroupInet4Connect
	AttachCgroupInet6Connect         = linux.AttachCgroupInet6Connect
	AttachCgroupInet4PostBind        = linux.AttachCgroupInet4PostBind
	AttachCgroupInet6PostBind        = linux.AttachCgroupInet6PostBind
	AttachCgroupUDP4SendMsg          = linux.AttachCgroupUDP4SendMsg
	AttachCgroupUDP6SendMsg          = linux.AttachCgroupUDP6SendMsg
	AttachLIRCMode2                  = linux.AttachLIRCMode2
	AttachFlowDissector              = linux.AttachFlowDissector
	AttachCgroupSysctl               = linux.AttachCgroupSysctl
	AttachCgroupUDP4RecvMsg          = linux.AttachCgroupUDP4RecvMsg
	AttachCgroupUDP6RecvMsg          = linux.AttachCgroupUDP6RecvMsg
	AttachCgroupGetSockOpt           = linux.AttachCgroupGetSockOpt
	AttachCgroupSetSockOpt           = linux.AttachCgroupSetSockOpt
	AttachTraceRawTP                 = linux.AttachTraceRawTP
	AttachTraceFEntry                = linux.AttachTraceFEntry
	AttachTraceFExit                 = linux.AttachTraceFExit
	AttachModifyReturn               = linux.AttachModifyReturn
	AttachLSMMAC                     = linux.AttachLSMMAC
	AttachTraceIter                  = linux.AttachTraceIter
	AttachCgroupInet4GetPeerName     = linux.AttachCgroupInet4GetPeerName
	AttachCgroupInet6GetPeerName     = linux.AttachCgroupInet6GetPeerName
	AttachCgroupInet4GetSockName     = linux.AttachCgroupInet4GetSockName
	AttachCgroupInet6GetSockName     = linux.AttachCgroupInet6GetSockName
	AttachXDPDevMap                  = linux.AttachXDPDevMap
	AttachCgroupInetSockRelease      = linux.AttachCgroupInetSockRelease
	AttachXDPCPUMap                  = linux.AttachXDPCPUMap
	AttachSKLookup                   = linux.AttachSKLookup
	AttachXDP                        = linux.AttachXDP
	AttachSKSKBVerdict               = linux.AttachSKSKBVerdict
	AttachSKReusePortSelect          = linux.AttachSKReusePortSelect
	AttachSKReusePortSelectOrMigrate = linux.AttachSKReusePortSelectOrMigrate
	AttachPerfEvent                  = linux.AttachPerfEvent
	AttachTraceKprobeMulti           = linux.AttachTraceKprobeMulti
	AttachLSMCgroup                  = linux.AttachLSMCgroup
	AttachStructOps                  = linux.AttachStructOps
	AttachNetfilter                  = linux.AttachNetfilter
	AttachTCXIngress                 = linux.AttachTCXIngress
	AttachTCXEgress                  = linux.AttachTCXEgress
	AttachTraceUprobeMulti           = linux.AttachTraceUprobeMulti
	AttachCgroupUnixConnect          = linux.AttachCgroupUnixConnect
	AttachCgroupUnixSendMsg          = linux.AttachCgroupUnixSendMsg
	AttachCgroupUnixRecvMsg          = linux.AttachCgroupUnixRecvMsg
	AttachCgroupUnixGetPeerName      = linux.AttachCgroupUnixGetPeerName
	AttachCgroupUnixGetSockName      = linux.AttachCgroupUnixGetSockName
	AttachNetkitPrimary              = linux.AttachNetkitPrimary
	AttachNetkitPeer                 = linux.AttachNetkitPeer
	AttachTraceKprobeSession         = linux.AttachTraceKprobeSession
	AttachTraceUprobeSession         = linux.AttachTraceUprobeSession
)

// A LinkType is a kind of link, as [LinkInfo] reports it.
type LinkType = linux.LinkType

// The values of enum bpf_link_type (include/uapi/linux/bpf.h, 6.18).
const (
	LinkTypeUnspec        = linux.LinkTypeUnspec
	LinkTypeRawTracepoint = linux.LinkTypeRawTracepoint
	LinkTypeTracing       = linux.LinkTypeTracing
	LinkTypeCgroup        = linux.LinkTypeCgroup
	LinkTypeIter          = linux.LinkTypeIter
	LinkTypeNetNS         = linux.LinkTypeNetNS
	LinkTypeXDP           = linux.LinkTypeXDP
	LinkTypePerfEvent     = linux.LinkTypePerfEvent
	LinkTypeKprobeMulti   = linux.LinkTypeKprobeMulti
	LinkTypeStructOps     = linux.LinkTypeStructOps
	LinkTypeNetfilter     = linux.LinkTypeNetfilter
	LinkTypeTCX           = linux.LinkTypeTCX
	LinkTypeUprobeMulti   = linux.LinkTypeUprobeMulti
	LinkTypeNetkit        = linux.LinkTypeNetkit
	LinkTypeSockMap       = linux.LinkTypeSockMap
)
