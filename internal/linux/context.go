package linux

import (
	"math"
	"slices"
)

// A Context is a struct to which R1 points in programs of some types (include/uapi/linux/bpf.h, Linux 6.18).
type Context struct {
	Name   string
	Size   int64
	Fields []ContextField // in order
}

// A ContextField is a field of a context.
type ContextField struct {
	Name         string
	Offset, Size int64
	Leads        Leads
}

// Leads says what a read of a context's field returns.
type Leads uint8

const (
	LeadsNowhere     Leads = iota // a number
	LeadsToPacket                 // the address of the first byte of the packet
	LeadsToPacketEnd              // the address after the last
	LeadsToMetadata               // the address of the metadata before the packet
	LeadsToStruct                 // a pointer that is not followed, or nil
	LeadsToSocket                 // a pointer to a socket
	LeadsToSocketOrNil
	LeadsToCommonSocket // a pointer to what all sockets have, or nil
	LeadsToFlowKeys     // a pointer to what a flow dissector finds: struct bpf_flow_keys

	Leadings // how many there are
)

// At is the field at an offset; ok is false if there is none.
func (c *Context) At(offset int64) (f ContextField, ok bool) {
	for n := range c.Fields {
		if f := &c.Fields[n]; offset >= f.Offset && offset < f.Offset+f.Size {
			return *f, true
		}
	}
	return ContextField{}, false
}

// An Access says what programs of a type may do with the memory that R1 points to (the is_valid_access of their bpf_verifier_ops,
// net/core/filter.c and others).
type Access struct {
	Context  *Context // its fields; nil if all are numbers
	Size     int64    // bytes
	Words    bool     // it may only be read with 4 bytes
	ReadOnly bool
	Memory   bool     // it is plain memory: everything may be read and written, at any offset
	Hidden   []string // fields that may not be read
	Writable []string // fields that may be written; nil: not known
}

// skBuff is the context of programs that see a packet and its metadata.
var skBuff = Context{Name: "__sk_buff", Size: 192, Fields: []ContextField{
	{Name: "len", Offset: 0, Size: 4},
	{Name: "pkt_type", Offset: 4, Size: 4},
	{Name: "mark", Offset: 8, Size: 4},
	{Name: "queue_mapping", Offset: 12, Size: 4},
	{Name: "protocol", Offset: 16, Size: 4},
	{Name: "vlan_present", Offset: 20, Size: 4},
	{Name: "vlan_tci", Offset: 24, Size: 4},
	{Name: "vlan_proto", Offset: 28, Size: 4},
	{Name: "priority", Offset: 32, Size: 4},
	{Name: "ingress_ifindex", Offset: 36, Size: 4},
	{Name: "ifindex", Offset: 40, Size: 4},
	{Name: "tc_index", Offset: 44, Size: 4},
	{Name: "cb", Offset: 48, Size: 20},
	{Name: "hash", Offset: 68, Size: 4},
	{Name: "tc_classid", Offset: 72, Size: 4},
	{Name: "data", Offset: 76, Size: 4, Leads: LeadsToPacket},
	{Name: "data_end", Offset: 80, Size: 4, Leads: LeadsToPacketEnd},
	{Name: "napi_id", Offset: 84, Size: 4},
	{Name: "family", Offset: 88, Size: 4},
	{Name: "remote_ip4", Offset: 92, Size: 4},
	{Name: "local_ip4", Offset: 96, Size: 4},
	{Name: "remote_ip6", Offset: 100, Size: 16},
	{Name: "local_ip6", Offset: 116, Size: 16},
	{Name: "remote_port", Offset: 132, Size: 4},
	{Name: "local_port", Offset: 136, Size: 4},
	{Name: "data_meta", Offset: 140, Size: 4, Leads: LeadsToMetadata},
	{Name: "flow_keys", Offset: 144, Size: 8, Leads: LeadsToStruct},
	{Name: "tstamp", Offset: 152, Size: 8},
	{Name: "wire_len", Offset: 160, Size: 4},
	{Name: "gso_segs", Offset: 164, Size: 4},
	{Name: "sk", Offset: 168, Size: 8, Leads: LeadsToStruct},
	{Name: "gso_size", Offset: 176, Size: 4},
	{Name: "tstamp_type", Offset: 180, Size: 1},
	{Name: "hwtstamp", Offset: 184, Size: 8},
}}

// xdpMD is the context of XDP programs.
var xdpMD = Context{Name: "xdp_md", Size: 24, Fields: []ContextField{
	{Name: "data", Offset: 0, Size: 4, Leads: LeadsToPacket},
	{Name: "data_end", Offset: 4, Size: 4, Leads: LeadsToPacketEnd},
	{Name: "data_meta", Offset: 8, Size: 4, Leads: LeadsToMetadata},
	{Name: "ingress_ifindex", Offset: 12, Size: 4},
	{Name: "rx_queue_index", Offset: 16, Size: 4},
	{Name: "egress_ifindex", Offset: 20, Size: 4},
}}

// contexts are the contexts whose fields are known.
var contexts = [...]*Context{&skBuff, &xdpMD}

// ContextNamed is the context with that name in BTF; nil if its fields are not known. Do not change it.
func ContextNamed(name string) *Context {
	for _, c := range contexts {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Projected is the struct of the kernel that a context stands for, by its name; other names stay as they are. For arguments of kernel
// functions the two are the same (btf_is_projection_of, kernel/bpf/btf.c).
func Projected(name string) string {
	switch name {
	case "__sk_buff":
		return "sk_buff"
	case "xdp_md":
		return "xdp_buff"
	}
	return name
}

// What programs of some types may do with their context. TestContextWrites holds the writable fields to the running kernel.
var (
	controlAccess = Access{Context: &skBuff, Size: 192,
		Writable: []string{"mark", "tc_index", "priority", "tc_classid", "cb", "tstamp", "queue_mapping"}}
	cgroupAccess       = Access{Context: &skBuff, Size: 192, Writable: []string{"mark", "priority", "cb", "tstamp"}}
	tunnelAccess       = Access{Context: &skBuff, Size: 192, Writable: []string{"mark", "priority", "cb"}}
	streamAccess       = Access{Context: &skBuff, Size: 192, Writable: []string{"tc_index", "priority"}}
	socketFilterAccess = Access{Context: &skBuff, Size: 192,
		Hidden: []string{"tc_classid", "data", "data_end", "data_meta", "tstamp", "wire_len"}, Writable: []string{"cb"}}
	// Programs for a network card that runs BPF itself may write rx_queue_index; bpfsmith does not load such programs.
	xdpAccess           = Access{Context: &xdpMD, Size: 24, Words: true, Writable: []string{}}
	registersAccess     = Access{Size: 168, ReadOnly: true}               // struct pt_regs of x86-64
	rawTracepointAccess = Access{Size: 8 * MostArguments, ReadOnly: true} // raw_tp_prog_is_valid_access
	syscallAccess       = Access{Size: math.MaxUint16, Memory: true}
)

// Field finds a field of the access's context.
func (a *Access) Field(offset int64) (f ContextField, ok bool) {
	if a.Context == nil {
		return ContextField{}, false
	}
	return a.Context.At(offset)
}

// Hides reports whether an offset is in the first 4 bytes of a field that may not be read.
func (a *Access) Hides(offset int64) bool {
	f, ok := a.Field(offset)
	return ok && offset < f.Offset+4 && slices.Contains(a.Hidden, f.Name)
}
