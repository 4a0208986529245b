package linux

import "slices"

// A ContextRule allows some accesses to the context of a type of programs. What no rule allows, the verifier refuses (the
// is_valid_access of bpf_verifier_ops, net/core/filter.c, kernel/bpf/cgroup.c and others, 6.18). TestContextRules holds the rules to the
// running kernel.
type ContextRule struct {
	Begin, End  int64        // the bytes that an access may touch; it begins at a multiple of its size
	Read, Write Widths       // how many bytes it may have
	Leads       Leads        // what is read
	First       bool         // it begins at the first byte
	Unsigned    bool         // it is not a load with a sign
	ReadAt      []AttachType // the only places where it may be read; nil for all
	WriteAt     []AttachType // the only places where it may be written
}

// Widths are the widths of accesses, in bytes: the sum of those that are allowed.
type Widths uint8

const (
	whole  Widths = 4
	narrow Widths = 1 | 2 | 4
	double Widths = 8
	all    Widths = 1 | 2 | 4 | 8
)

// Places of programs that concern only one of the two versions of IP.
var (
	withIP4 = []AttachType{AttachCgroupInet4Bind, AttachCgroupInet4Connect, AttachCgroupInet4GetPeerName, AttachCgroupInet4GetSockName,
		AttachCgroupUDP4SendMsg, AttachCgroupUDP4RecvMsg}
	withIP6 = []AttachType{AttachCgroupInet6Bind, AttachCgroupInet6Connect, AttachCgroupInet6GetPeerName, AttachCgroupInet6GetSockName,
		AttachCgroupUDP6SendMsg, AttachCgroupUDP6RecvMsg}
	sockMade   = []AttachType{AttachCgroupInetSockCreate, AttachCgroupInetSockRelease}
	afterBinds = []AttachType{AttachCgroupInet4PostBind, AttachCgroupInet6PostBind}
)

// skBuffRules are the rules for the struct __sk_buff, without the fields that a type may not read. Of the others it may write some.
func skBuffRules(hidden, writable []string) []ContextRule {
	var rules []ContextRule
	for _, f := range skBuff.Fields {
		if slices.Contains(hidden, f.Name) {
			continue
		}
		r := ContextRule{Begin: f.Offset, End: f.Offset + f.Size, Read: narrow, Leads: f.Leads}
		switch f.Name {
		case "cb":
			r.Read = all
		case "data", "data_end", "data_meta":
			r.Read, r.Unsigned = whole, true
		case "remote_ip4", "local_ip4", "remote_ip6", "local_ip6":
			r.Read = whole
		case "tstamp", "hwtstamp":
			r.Read = double
		case "sk":
			r.Read, r.Leads = double, LeadsToCommonSocket
		case "flow_keys", "tstamp_type":
			continue // of few types
		}
		if slices.Contains(writable, f.Name) {
			if r.Write = whole; r.Read&whole == 0 || f.Name == "cb" {
				r.Write = r.Read
			}
		}
		rules = append(rules, r)
	}
	return rules
}

// peer are the fields of a context about the other end and this end of a connection.
var peer = []string{"family", "remote_ip4", "local_ip4", "remote_ip6", "local_ip6", "remote_port", "local_port"}

var (
	controlRules = append(skBuffRules(peer, controlAccess.Writable), ContextRule{Begin: 180, End: 181, Read: 1})
	tunnelRules  = skBuffRules(append([]string{"tc_classid", "data_meta", "tstamp", "wire_len", "hwtstamp"}, peer...),
		tunnelAccess.Writable)
)

// contextRules has the rules of the types whose context the verifier translates.
var contextRules = map[ProgType][]ContextRule{
	ProgTypeSocketFilter: skBuffRules(append([]string{"tc_classid", "data", "data_end", "data_meta", "tstamp", "wire_len", "hwtstamp"},
		peer...), socketFilterAccess.Writable),
	ProgTypeSchedCls: controlRules,
	ProgTypeSchedAct: controlRules,
	ProgTypeCgroupSKB: skBuffRules([]string{"tc_classid", "data_meta", "wire_len"},
		cgroupAccess.Writable),
	ProgTypeLWTIn:        tunnelRules,
	ProgTypeLWTOut:       tunnelRules,
	ProgTypeLWTXmit:      tunnelRules,
	ProgTypeLWTSeg6Local: tunnelRules,
	ProgTypeSKSKB: skBuffRules([]string{"tc_classid", "data_meta", "tstamp", "wire_len", "hwtstamp", "mark"},
		streamAccess.Writable),
	ProgTypeFlowDissector: {
		{Begin: 76, End: 80, Read: whole, Leads: LeadsToPacket, Unsigned: true},
		{Begin: 80, End: 84, Read: whole, Leads: LeadsToPacketEnd, Unsigned: true},
		{Begin: 144, End: 152, Read: double, Leads: LeadsToFlowKeys},
	},
	ProgTypeXDP: {
		{Begin: 0, End: 4, Read: whole, Leads: LeadsToPacket, Unsigned: true},
		{Begin: 4, End: 8, Read: whole, Leads: LeadsToPacketEnd, Unsigned: true},
		{Begin: 8, End: 12, Read: whole, Leads: LeadsToMetadata, Unsigned: true},
		{Begin: 12, End: 20, Read: whole},
		{Begin: 20, End: 24, Read: whole, ReadAt: []AttachType{AttachXDPDevMap}}, // egress_ifindex
	},
	ProgTypeSKMsg: { // struct sk_msg_md
		{Begin: 0, End: 8, Read: double, Leads: LeadsToPacket},
		{Begin: 8, End: 16, Read: double, Leads: LeadsToPacketEnd},
		{Begin: 16, End: 72, Read: whole},
		{Begin: 72, End: 80, Read: double, Leads: LeadsToSocket},
	},
	ProgTypeSockOps: { // struct bpf_sock_ops
		{Begin: 0, End: 168, Read: whole},
		{Begin: 4, End: 8, Write: whole},     // reply
		{Begin: 164, End: 168, Write: whole}, // sk_txhash
		{Begin: 168, End: 184, Read: double}, // bytes_received, bytes_acked
		{Begin: 184, End: 192, Read: double, Leads: LeadsToSocketOrNil},
		{Begin: 192, End: 200, Read: double, Leads: LeadsToPacket},
		{Begin: 200, End: 208, Read: double, Leads: LeadsToPacketEnd},
		{Begin: 208, End: 216, Read: whole},
		{Begin: 212, End: 216, Read: narrow, First: true}, // skb_tcp_flags
		{Begin: 216, End: 224, Read: double},              // skb_hwtstamp
	},
	ProgTypeCgroupSockAddr: { // struct bpf_sock_addr
		{Begin: 0, End: 4, Read: whole},
		{Begin: 4, End: 8, Read: narrow, Write: whole, ReadAt: withIP4, WriteAt: withIP4},
		{Begin: 8, End: 24, Read: all, Write: whole | double, ReadAt: withIP6, WriteAt: withIP6},
		{Begin: 24, End: 28, Read: narrow, Write: whole}, // user_port
		{Begin: 28, End: 40, Read: whole},                // family, type, protocol
		{Begin: 40, End: 44, Read: narrow, Write: whole, ReadAt: []AttachType{AttachCgroupUDP4SendMsg},
			WriteAt: []AttachType{AttachCgroupUDP4SendMsg}},
		{Begin: 44, End: 60, Read: narrow, Write: whole, ReadAt: []AttachType{AttachCgroupUDP6SendMsg},
			WriteAt: []AttachType{AttachCgroupUDP6SendMsg}},
		{Begin: 44, End: 60, Read: double, Write: double, ReadAt: []AttachType{AttachCgroupUDP6SendMsg},
			WriteAt: []AttachType{AttachCgroupUDP6SendMsg}},
		{Begin: 64, End: 72, Read: double, Leads: LeadsToSocket},
	},
	ProgTypeCgroupSock: {
		{Begin: 0, End: 4, Read: whole, Write: whole, ReadAt: sockMade, WriteAt: sockMade},   // bound_dev_if
		{Begin: 4, End: 8, Read: narrow, First: true},                                        // family
		{Begin: 8, End: 12, Read: narrow, First: true},                                       // type
		{Begin: 12, End: 16, Read: narrow, First: true},                                      // protocol
		{Begin: 16, End: 24, Read: whole, Write: whole, ReadAt: sockMade, WriteAt: sockMade}, // mark, priority
		{Begin: 24, End: 28, Read: narrow, ReadAt: []AttachType{AttachCgroupInet4PostBind}},  // src_ip4
		{Begin: 28, End: 44, Read: narrow, ReadAt: []AttachType{AttachCgroupInet6PostBind}},  // src_ip6
		{Begin: 44, End: 48, Read: narrow, First: true, ReadAt: afterBinds},                  // src_port
		{Begin: 48, End: 52, Read: whole},                                                    // dst_port, which has 2 bytes
		{Begin: 48, End: 50, Read: 1 | 2},
		{Begin: 52, End: 72, Read: narrow}, // dst_ip4, dst_ip6
		{Begin: 72, End: 76, Read: narrow, First: true},
		{Begin: 76, End: 80, Read: narrow, First: true},
	},
	ProgTypeSKReusePort: { // struct sk_reuseport_md
		{Begin: 0, End: 8, Read: double, Leads: LeadsToPacket},
		{Begin: 8, End: 16, Read: double, Leads: LeadsToPacketEnd},
		{Begin: 16, End: 20, Read: narrow},
		{Begin: 20, End: 24, Read: 2 | 4}, // eth_protocol
		{Begin: 24, End: 32, Read: narrow},
		{Begin: 32, End: 36, Read: whole}, // hash
		{Begin: 40, End: 48, Read: double, Leads: LeadsToSocket},
		{Begin: 48, End: 56, Read: double, Leads: LeadsToCommonSocket},
	},
	ProgTypeSKLookup: { // struct bpf_sk_lookup
		{Begin: 0, End: 8, Read: double, Leads: LeadsToSocketOrNil},
		{Begin: 8, End: 36, Read: narrow},
		{Begin: 36, End: 40, Read: whole}, // remote_port, which has 2 bytes
		{Begin: 36, End: 40, Read: 1 | 2},
		{Begin: 40, End: 68, Read: narrow},
	},
	ProgTypeCgroupDevice: { // struct bpf_cgroup_dev_ctx
		{Begin: 0, End: 4, Read: narrow},
		{Begin: 4, End: 12, Read: whole},
	},
	ProgTypeCgroupSysctl: { // struct bpf_sysctl
		{Begin: 0, End: 4, Read: narrow},
		{Begin: 4, End: 8, Read: narrow, Write: whole},
	},
	ProgTypeCgroupSockOpt: { // struct bpf_sockopt
		{Begin: 0, End: 8, Read: double, Leads: LeadsToSocket},
		{Begin: 8, End: 16, Read: double, Leads: LeadsToPacket},
		{Begin: 16, End: 24, Read: double, Leads: LeadsToPacketEnd},
		{Begin: 24, End: 32, Read: whole, Write: whole, WriteAt: []AttachType{AttachCgroupSetSockOpt}}, // level, optname
		{Begin: 32, End: 36, Read: whole, Write: whole},                                                // optlen
		{Begin: 36, End: 40, Read: whole, Write: whole, ReadAt: []AttachType{AttachCgroupGetSockOpt},
			WriteAt: []AttachType{AttachCgroupGetSockOpt}}, // retval
	},
	ProgTypePerfEvent: { // struct bpf_perf_event_data of x86-64
		{Begin: 0, End: 168, Read: double},
		{Begin: 168, End: 184, Read: all},
	},
	ProgTypeTracepoint: {{Begin: 8, End: MostTraced, Read: all}},
	ProgTypeNetfilter: { // struct bpf_nf_ctx
		{Begin: 0, End: 16, Read: double, Leads: LeadsToStruct},
	},
}

// DefaultPlace is the place of programs that are loaded without one (bpf_prog_load_fixup_attach_type, kernel/bpf/syscall.c); 0 if there
// is none.
func (t ProgType) DefaultPlace() AttachType {
	if t == ProgTypeCgroupSock {
		return AttachCgroupInetSockCreate
	}
	return t.Info().Place
}

// ContextRules are the rules for the context of programs of a type; known is false if there are none. Do not change them.
func (t ProgType) ContextRules() (rules []ContextRule, known bool) {
	rules, known = contextRules[t]
	return rules, known
}

// Allows reports whether the rule allows an access at a place. Where the place is not known, it may.
func (r *ContextRule) Allows(at AttachType, placed bool, offset, size int64, write, signed bool) bool {
	widths, places := r.Read, r.ReadAt
	if write {
		widths, places = r.Write, r.WriteAt
	}
	return offset >= r.Begin && offset+size <= r.End && offset%size == 0 && widths&Widths(size) != 0 &&
		(!r.First || offset == r.Begin) && !(signed && r.Unsigned) && (places == nil || !placed || slices.Contains(places, at))
}

// socketRules are the rules for what R1 to R5 point to in programs that have a socket (bpf_sock_is_valid_access and others,
// net/core/filter.c, 6.18). None may be written.
var socketRules = [...][]ContextRule{
	SocketFull: {
		{Begin: 0, End: 4, Read: whole}, {Begin: 4, End: 8, Read: narrow, First: true}, {Begin: 8, End: 12, Read: narrow, First: true},
		{Begin: 12, End: 16, Read: narrow, First: true}, {Begin: 16, End: 24, Read: whole}, {Begin: 24, End: 44, Read: narrow},
		{Begin: 44, End: 48, Read: narrow, First: true}, {Begin: 48, End: 52, Read: whole}, {Begin: 48, End: 50, Read: 1 | 2},
		{Begin: 52, End: 72, Read: narrow}, {Begin: 72, End: 76, Read: narrow, First: true}, {Begin: 76, End: 80, Read: narrow,
			First: true},
	},
	SocketCommon: {
		{Begin: 0, End: 4, Read: whole}, {Begin: 4, End: 8, Read: narrow, First: true}, {Begin: 24, End: 44, Read: narrow},
		{Begin: 44, End: 48, Read: narrow, First: true}, {Begin: 48, End: 52, Read: whole}, {Begin: 48, End: 50, Read: 1 | 2},
		{Begin: 52, End: 72, Read: narrow}, {Begin: 72, End: 76, Read: narrow, First: true}, {Begin: 76, End: 80, Read: narrow,
			First: true},
	},
	SocketTCP: {{Begin: 0, End: 80, Read: whole}, {Begin: 80, End: 96, Read: double}, {Begin: 96, End: 112, Read: whole}},
	SocketXDP: {{Begin: 0, End: 4, Read: whole}},
}

// A Socket says which struct a pointer to a socket leads to.
type Socket uint8

const (
	SocketUnknown Socket = iota
	SocketFull           // struct bpf_sock
	SocketCommon         // struct bpf_sock, of which only the fields are there that all sockets have
	SocketTCP            // struct bpf_tcp_sock
	SocketXDP            // struct bpf_xdp_sock
)

// Allows reports whether programs may read some bytes of a socket.
func (s Socket) Allows(offset, size int64) bool {
	return slices.ContainsFunc(socketRules[s], func(r ContextRule) bool { return r.Allows(0, false, offset, size, false, false) })
}

// Struct names the struct, with what can be read of it.
func (s Socket) Struct() string {
	return [...]string{"a socket", "struct bpf_sock", "struct bpf_sock, as all sockets have it,", "struct bpf_tcp_sock",
		"struct bpf_xdp_sock"}[s]
}
