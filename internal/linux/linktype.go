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

// A LinkInfo is what is known about a kind of link.
type LinkInfo struct {
	Name  string  // the kernel's, in lower case and without its prefix
	Since Version // the first Linux with such links
}

// linkTypes has them by their numbers.
var linkTypes = [...]LinkInfo{
	LinkTypeUnspec:        {Name: "unspec"},
	LinkTypeRawTracepoint: {Name: "raw_tracepoint", Since: "4.17"},
	LinkTypeTracing:       {Name: "tracing", Since: "5.5"},
	LinkTypeCgroup:        {Name: "cgroup", Since: "5.7"},
	LinkTypeIter:          {Name: "iter", Since: "5.8"},
	LinkTypeNetNS:         {Name: "netns", Since: "5.8"},
	LinkTypeXDP:           {Name: "xdp", Since: "5.9"},
	LinkTypePerfEvent:     {Name: "perf_event", Since: "5.15"},
	LinkTypeKprobeMulti:   {Name: "kprobe_multi", Since: "5.18"},
	LinkTypeStructOps:     {Name: "struct_ops", Since: "6.4"},
	LinkTypeNetfilter:     {Name: "netfilter", Since: "6.4"},
	LinkTypeTCX:           {Name: "tcx", Since: "6.6"},
	LinkTypeUprobeMulti:   {Name: "uprobe_multi", Since: "6.6"},
	LinkTypeNetkit:        {Name: "netkit", Since: "6.7"},
	LinkTypeSockMap:       {Name: "sockmap", Since: "6.10"},
}

// Info is the row of a kind; the zero value for one that is newer than the table.
func (t LinkType) Info() LinkInfo {
	if uint64(t) < uint64(len(linkTypes)) {
		return linkTypes[t]
	}
	return LinkInfo{}
}

// String returns the name that the kernel's headers use, in lower case and without its common prefix. A type that is newer than the
// table prints as its number.
func (t LinkType) String() string { return nameOr(t.Info().Name, "link type", uint32(t)) }
