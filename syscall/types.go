package syscall

import "strconv"

// A ProgType says where a program runs: it decides the context that R1 points to, the helpers and kernel functions that may be
// called, and what the result means.
type ProgType uint32

// The values of enum bpf_prog_type (include/uapi/linux/bpf.h, 6.18).
const (
	ProgTypeUnspec                ProgType = 0
	ProgTypeSocketFilter          ProgType = 1
	ProgTypeKprobe                ProgType = 2
	ProgTypeSchedCls              ProgType = 3
	ProgTypeSchedAct              ProgType = 4
	ProgTypeTracepoint            ProgType = 5
	ProgTypeXDP                   ProgType = 6
	ProgTypePerfEvent             ProgType = 7
	ProgTypeCgroupSKB             ProgType = 8
	ProgTypeCgroupSock            ProgType = 9
	ProgTypeLWTIn                 ProgType = 10
	ProgTypeLWTOut                ProgType = 11
	ProgTypeLWTXmit               ProgType = 12
	ProgTypeSockOps               ProgType = 13
	ProgTypeSKSKB                 ProgType = 14
	ProgTypeCgroupDevice          ProgType = 15
	ProgTypeSKMsg                 ProgType = 16
	ProgTypeRawTracepoint         ProgType = 17
	ProgTypeCgroupSockAddr        ProgType = 18
	ProgTypeLWTSeg6Local          ProgType = 19
	ProgTypeLIRCMode2             ProgType = 20
	ProgTypeSKReusePort           ProgType = 21
	ProgTypeFlowDissector         ProgType = 22
	ProgTypeCgroupSysctl          ProgType = 23
	ProgTypeRawTracepointWritable ProgType = 24
	ProgTypeCgroupSockOpt         ProgType = 25
	ProgTypeTracing               ProgType = 26
	ProgTypeStructOps             ProgType = 27
	ProgTypeExt                   ProgType = 28
	ProgTypeLSM                   ProgType = 29
	ProgTypeSKLookup              ProgType = 30
	ProgTypeSyscall               ProgType = 31
	ProgTypeNetfilter             ProgType = 32
)

var progTypeNames = [...]string{
	ProgTypeUnspec:                "unspec",
	ProgTypeSocketFilter:          "socket_filter",
	ProgTypeKprobe:                "kprobe",
	ProgTypeSchedCls:              "sched_cls",
	ProgTypeSchedAct:              "sched_act",
	ProgTypeTracepoint:            "tracepoint",
	ProgTypeXDP:                   "xdp",
	ProgTypePerfEvent:             "perf_event",
	ProgTypeCgroupSKB:             "cgroup_skb",
	ProgTypeCgroupSock:            "cgroup_sock",
	ProgTypeLWTIn:                 "lwt_in",
	ProgTypeLWTOut:                "lwt_out",
	ProgTypeLWTXmit:               "lwt_xmit",
	ProgTypeSockOps:               "sock_ops",
	ProgTypeSKSKB:                 "sk_skb",
	ProgTypeCgroupDevice:          "cgroup_device",
	ProgTypeSKMsg:                 "sk_msg",
	ProgTypeRawTracepoint:         "raw_tracepoint",
	ProgTypeCgroupSockAddr:        "cgroup_sock_addr",
	ProgTypeLWTSeg6Local:          "lwt_seg6local",
	ProgTypeLIRCMode2:             "lirc_mode2",
	ProgTypeSKReusePort:           "sk_reuseport",
	ProgTypeFlowDissector:         "flow_dissector",
	ProgTypeCgroupSysctl:          "cgroup_sysctl",
	ProgTypeRawTracepointWritable: "raw_tracepoint_writable",
	ProgTypeCgroupSockOpt:         "cgroup_sockopt",
	ProgTypeTracing:               "tracing",
	ProgTypeStructOps:             "struct_ops",
	ProgTypeExt:                   "ext",
	ProgTypeLSM:                   "lsm",
	ProgTypeSKLookup:              "sk_lookup",
	ProgTypeSyscall:               "syscall",
	ProgTypeNetfilter:             "netfilter",
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix.
func (t ProgType) String() string { return nameOf(progTypeNames[:], uint32(t), "prog type") }

// A MapType is a kind of map: the data structure behind it and the rules for its keys and values.
type MapType uint32

// The values of enum bpf_map_type (include/uapi/linux/bpf.h, 6.18).
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

var mapTypeNames = [...]string{
	MapTypeUnspec:              "unspec",
	MapTypeHash:                "hash",
	MapTypeArray:               "array",
	MapTypeProgArray:           "prog_array",
	MapTypePerfEventArray:      "perf_event_array",
	MapTypePerCPUHash:          "percpu_hash",
	MapTypePerCPUArray:         "percpu_array",
	MapTypeStackTrace:          "stack_trace",
	MapTypeCgroupArray:         "cgroup_array",
	MapTypeLRUHash:             "lru_hash",
	MapTypeLRUPerCPUHash:       "lru_percpu_hash",
	MapTypeLPMTrie:             "lpm_trie",
	MapTypeArrayOfMaps:         "array_of_maps",
	MapTypeHashOfMaps:          "hash_of_maps",
	MapTypeDevMap:              "devmap",
	MapTypeSockMap:             "sockmap",
	MapTypeCPUMap:              "cpumap",
	MapTypeXSKMap:              "xskmap",
	MapTypeSockHash:            "sockhash",
	MapTypeCgroupStorage:       "cgroup_storage",
	MapTypeReusePortSockArray:  "reuseport_sockarray",
	MapTypePerCPUCgroupStorage: "percpu_cgroup_storage",
	MapTypeQueue:               "queue",
	MapTypeStack:               "stack",
	MapTypeSKStorage:           "sk_storage",
	MapTypeDevMapHash:          "devmap_hash",
	MapTypeStructOps:           "struct_ops",
	MapTypeRingBuf:             "ringbuf",
	MapTypeInodeStorage:        "inode_storage",
	MapTypeTaskStorage:         "task_storage",
	MapTypeBloomFilter:         "bloom_filter",
	MapTypeUserRingBuf:         "user_ringbuf",
	MapTypeCgrpStorage:         "cgrp_storage",
	MapTypeArena:               "arena",
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix.
func (t MapType) String() string { return nameOf(mapTypeNames[:], uint32(t), "map type") }

// An AttachType is a point where a program or struct_ops map is attached.
//
// For programs of type [ProgTypeStructOps] the expected attach type at load time is no such point: it is the index of the member in
// the kernel's ops struct.
type AttachType uint32

// The values of enum bpf_attach_type (include/uapi/linux/bpf.h, 6.18).
const (
	AttachCgroupInetIngress          AttachType = 0
	AttachCgroupInetEgress           AttachType = 1
	AttachCgroupInetSockCreate       AttachType = 2
	AttachCgroupSockOps              AttachType = 3
	AttachSKSKBStreamParser          AttachType = 4
	AttachSKSKBStreamVerdict         AttachType = 5
	AttachCgroupDevice               AttachType = 6
	AttachSKMsgVerdict               AttachType = 7
	AttachCgroupInet4Bind            AttachType = 8
	AttachCgroupInet6Bind            AttachType = 9
	AttachCgroupInet4Connect         AttachType = 10
	AttachCgroupInet6Connect         AttachType = 11
	AttachCgroupInet4PostBind        AttachType = 12
	AttachCgroupInet6PostBind        AttachType = 13
	AttachCgroupUDP4SendMsg          AttachType = 14
	AttachCgroupUDP6SendMsg          AttachType = 15
	AttachLIRCMode2                  AttachType = 16
	AttachFlowDissector              AttachType = 17
	AttachCgroupSysctl               AttachType = 18
	AttachCgroupUDP4RecvMsg          AttachType = 19
	AttachCgroupUDP6RecvMsg          AttachType = 20
	AttachCgroupGetSockOpt           AttachType = 21
	AttachCgroupSetSockOpt           AttachType = 22
	AttachTraceRawTP                 AttachType = 23
	AttachTraceFEntry                AttachType = 24
	AttachTraceFExit                 AttachType = 25
	AttachModifyReturn               AttachType = 26
	AttachLSMMAC                     AttachType = 27
	AttachTraceIter                  AttachType = 28
	AttachCgroupInet4GetPeerName     AttachType = 29
	AttachCgroupInet6GetPeerName     AttachType = 30
	AttachCgroupInet4GetSockName     AttachType = 31
	AttachCgroupInet6GetSockName     AttachType = 32
	AttachXDPDevMap                  AttachType = 33
	AttachCgroupInetSockRelease      AttachType = 34
	AttachXDPCPUMap                  AttachType = 35
	AttachSKLookup                   AttachType = 36
	AttachXDP                        AttachType = 37
	AttachSKSKBVerdict               AttachType = 38
	AttachSKReusePortSelect          AttachType = 39
	AttachSKReusePortSelectOrMigrate AttachType = 40
	AttachPerfEvent                  AttachType = 41
	AttachTraceKprobeMulti           AttachType = 42
	AttachLSMCgroup                  AttachType = 43
	AttachStructOps                  AttachType = 44
	AttachNetfilter                  AttachType = 45
	AttachTCXIngress                 AttachType = 46
	AttachTCXEgress                  AttachType = 47
	AttachTraceUprobeMulti           AttachType = 48
	AttachCgroupUnixConnect          AttachType = 49
	AttachCgroupUnixSendMsg          AttachType = 50
	AttachCgroupUnixRecvMsg          AttachType = 51
	AttachCgroupUnixGetPeerName      AttachType = 52
	AttachCgroupUnixGetSockName      AttachType = 53
	AttachNetkitPrimary              AttachType = 54
	AttachNetkitPeer                 AttachType = 55
	AttachTraceKprobeSession         AttachType = 56
	AttachTraceUprobeSession         AttachType = 57
)

var attachTypeNames = [...]string{
	AttachCgroupInetIngress:          "cgroup_inet_ingress",
	AttachCgroupInetEgress:           "cgroup_inet_egress",
	AttachCgroupInetSockCreate:       "cgroup_inet_sock_create",
	AttachCgroupSockOps:              "cgroup_sock_ops",
	AttachSKSKBStreamParser:          "sk_skb_stream_parser",
	AttachSKSKBStreamVerdict:         "sk_skb_stream_verdict",
	AttachCgroupDevice:               "cgroup_device",
	AttachSKMsgVerdict:               "sk_msg_verdict",
	AttachCgroupInet4Bind:            "cgroup_inet4_bind",
	AttachCgroupInet6Bind:            "cgroup_inet6_bind",
	AttachCgroupInet4Connect:         "cgroup_inet4_connect",
	AttachCgroupInet6Connect:         "cgroup_inet6_connect",
	AttachCgroupInet4PostBind:        "cgroup_inet4_post_bind",
	AttachCgroupInet6PostBind:        "cgroup_inet6_post_bind",
	AttachCgroupUDP4SendMsg:          "cgroup_udp4_sendmsg",
	AttachCgroupUDP6SendMsg:          "cgroup_udp6_sendmsg",
	AttachLIRCMode2:                  "lirc_mode2",
	AttachFlowDissector:              "flow_dissector",
	AttachCgroupSysctl:               "cgroup_sysctl",
	AttachCgroupUDP4RecvMsg:          "cgroup_udp4_recvmsg",
	AttachCgroupUDP6RecvMsg:          "cgroup_udp6_recvmsg",
	AttachCgroupGetSockOpt:           "cgroup_getsockopt",
	AttachCgroupSetSockOpt:           "cgroup_setsockopt",
	AttachTraceRawTP:                 "trace_raw_tp",
	AttachTraceFEntry:                "trace_fentry",
	AttachTraceFExit:                 "trace_fexit",
	AttachModifyReturn:               "modify_return",
	AttachLSMMAC:                     "lsm_mac",
	AttachTraceIter:                  "trace_iter",
	AttachCgroupInet4GetPeerName:     "cgroup_inet4_getpeername",
	AttachCgroupInet6GetPeerName:     "cgroup_inet6_getpeername",
	AttachCgroupInet4GetSockName:     "cgroup_inet4_getsockname",
	AttachCgroupInet6GetSockName:     "cgroup_inet6_getsockname",
	AttachXDPDevMap:                  "xdp_devmap",
	AttachCgroupInetSockRelease:      "cgroup_inet_sock_release",
	AttachXDPCPUMap:                  "xdp_cpumap",
	AttachSKLookup:                   "sk_lookup",
	AttachXDP:                        "xdp",
	AttachSKSKBVerdict:               "sk_skb_verdict",
	AttachSKReusePortSelect:          "sk_reuseport_select",
	AttachSKReusePortSelectOrMigrate: "sk_reuseport_select_or_migrate",
	AttachPerfEvent:                  "perf_event",
	AttachTraceKprobeMulti:           "trace_kprobe_multi",
	AttachLSMCgroup:                  "lsm_cgroup",
	AttachStructOps:                  "struct_ops",
	AttachNetfilter:                  "netfilter",
	AttachTCXIngress:                 "tcx_ingress",
	AttachTCXEgress:                  "tcx_egress",
	AttachTraceUprobeMulti:           "trace_uprobe_multi",
	AttachCgroupUnixConnect:          "cgroup_unix_connect",
	AttachCgroupUnixSendMsg:          "cgroup_unix_sendmsg",
	AttachCgroupUnixRecvMsg:          "cgroup_unix_recvmsg",
	AttachCgroupUnixGetPeerName:      "cgroup_unix_getpeername",
	AttachCgroupUnixGetSockName:      "cgroup_unix_getsockname",
	AttachNetkitPrimary:              "netkit_primary",
	AttachNetkitPeer:                 "netkit_peer",
	AttachTraceKprobeSession:         "trace_kprobe_session",
	AttachTraceUprobeSession:         "trace_uprobe_session",
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix.
func (t AttachType) String() string { return nameOf(attachTypeNames[:], uint32(t), "attach type") }

// A LinkType is a kind of link, as [LinkInfo] reports it.
type LinkType uint32

// The values of enum bpf_link_type (include/uapi/linux/bpf.h, 6.18).
const (
	LinkTypeUnspec        LinkType = 0
	LinkTypeRawTracepoint LinkType = 1
	LinkTypeTracing       LinkType = 2
	LinkTypeCgroup        LinkType = 3
	LinkTypeIter          LinkType = 4
	LinkTypeNetNS         LinkType = 5
	LinkTypeXDP           LinkType = 6
	LinkTypePerfEvent     LinkType = 7
	LinkTypeKprobeMulti   LinkType = 8
	LinkTypeStructOps     LinkType = 9
	LinkTypeNetfilter     LinkType = 10
	LinkTypeTCX           LinkType = 11
	LinkTypeUprobeMulti   LinkType = 12
	LinkTypeNetkit        LinkType = 13
	LinkTypeSockMap       LinkType = 14
)

var linkTypeNames = [...]string{
	LinkTypeUnspec:        "unspec",
	LinkTypeRawTracepoint: "raw_tracepoint",
	LinkTypeTracing:       "tracing",
	LinkTypeCgroup:        "cgroup",
	LinkTypeIter:          "iter",
	LinkTypeNetNS:         "netns",
	LinkTypeXDP:           "xdp",
	LinkTypePerfEvent:     "perf_event",
	LinkTypeKprobeMulti:   "kprobe_multi",
	LinkTypeStructOps:     "struct_ops",
	LinkTypeNetfilter:     "netfilter",
	LinkTypeTCX:           "tcx",
	LinkTypeUprobeMulti:   "uprobe_multi",
	LinkTypeNetkit:        "netkit",
	LinkTypeSockMap:       "sockmap",
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix.
func (t LinkType) String() string { return nameOf(linkTypeNames[:], uint32(t), "link type") }

// nameOf looks a value up in a table of names; a value newer than the table prints as its number.
func nameOf(names []string, v uint32, what string) string {
	if uint64(v) < uint64(len(names)) && names[v] != "" {
		return names[v]
	}
	return what + " " + strconv.FormatUint(uint64(v), 10)
}
