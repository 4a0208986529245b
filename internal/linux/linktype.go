package linux

// A LinkType is a kind of link (enum bpf_link_type, include/uapi/linux/bpf.h, 6.18).
type LinkType uint32

// The types of links.
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

// linkTypes has their names by their numbers.
var linkTypes = [...]string{
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

// String returns the name that the kernel's headers use, in lower case and without its common prefix. A type that is newer than the
// table prints as its number.
func (t LinkType) String() string {
	name := ""
	if uint64(t) < uint64(len(linkTypes)) {
		name = linkTypes[t]
	}
	return nameOr(name, "link type", uint32(t))
}
