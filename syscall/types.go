package syscall

import "github.com/bpfsmith/bpfsmith/internal/linux"

// A ProgType says where a program runs: it decides the context that R1 points to, the helpers and kernel functions that may be
// called, and what the result means.
type ProgType = linux.ProgType

// A MapType is a kind of map: its data structure and the rules for its keys and values.
type MapType = linux.MapType

// An AttachType is a point where a program or struct_ops map is attached.
//
// For programs of type [ProgTypeStructOps] the expected attach type at load time is not such a point: it is the index of the
// member in the kernel's ops struct.
type AttachType = linux.AttachType

// A LinkType is a kind of link, as [LinkInfo] reports it.
type LinkType = linux.LinkType
