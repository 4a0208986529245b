package linux

import "strings"

// A ByteOrder says how the bytes of a field are arranged, for the documentation of generated code.
type ByteOrder uint8

const (
	ByteOrderUnknown   ByteOrder = iota
	ByteOrderHost                // that of the machine
	ByteOrderNetwork             // the most significant byte first, with the width of the field
	ByteOrderNetwork16           // likewise, with 16 bits in the lower half of a field of 32
	ByteOrderNetwork32           // a number of 16 bits that the kernel shows as one of 32
)

// Words say what the order means for who reads the field; "" if it is not known.
func (o ByteOrder) Words() string {
	switch o {
	case ByteOrderHost:
		return "in the byte order of the machine"
	case ByteOrderNetwork:
		return "in network byte order"
	case ByteOrderNetwork16:
		return "of which the lower 16 bits are in network byte order"
	case ByteOrderNetwork32:
		return "in network byte order with all 32 bits"
	}
	return ""
}

// byteOrders has the orders that BTF does not tell: these fields are plain integers there (include/uapi/linux/bpf.h, and how
// net/core/filter.c converts the access, Linux 6.18). A remote port of 16 bits is shifted there to the upper half.
var byteOrders = map[string]ByteOrder{
	"__sk_buff.protocol": ByteOrderNetwork16, "__sk_buff.vlan_proto": ByteOrderNetwork16,
	"__sk_buff.remote_ip4": ByteOrderNetwork, "__sk_buff.local_ip4": ByteOrderNetwork,
	"__sk_buff.remote_ip6": ByteOrderNetwork, "__sk_buff.local_ip6": ByteOrderNetwork,
	"__sk_buff.remote_port": ByteOrderNetwork32, "__sk_buff.local_port": ByteOrderHost,

	"bpf_sock.src_ip4": ByteOrderNetwork, "bpf_sock.src_ip6": ByteOrderNetwork, "bpf_sock.src_port": ByteOrderHost,
	"bpf_sock.dst_ip4": ByteOrderNetwork, "bpf_sock.dst_ip6": ByteOrderNetwork,

	"bpf_sock_addr.user_ip4": ByteOrderNetwork, "bpf_sock_addr.user_ip6": ByteOrderNetwork, "bpf_sock_addr.user_port": ByteOrderNetwork16,
	"bpf_sock_addr.msg_src_ip4": ByteOrderNetwork, "bpf_sock_addr.msg_src_ip6": ByteOrderNetwork,

	"bpf_sock_ops.remote_ip4": ByteOrderNetwork, "bpf_sock_ops.local_ip4": ByteOrderNetwork,
	"bpf_sock_ops.remote_ip6": ByteOrderNetwork, "bpf_sock_ops.local_ip6": ByteOrderNetwork,
	"bpf_sock_ops.remote_port": ByteOrderNetwork32, "bpf_sock_ops.local_port": ByteOrderHost,

	"bpf_sk_lookup.remote_ip4": ByteOrderNetwork, "bpf_sk_lookup.local_ip4": ByteOrderNetwork,
	"bpf_sk_lookup.remote_ip6": ByteOrderNetwork, "bpf_sk_lookup.local_ip6": ByteOrderNetwork,
	"bpf_sk_lookup.local_port": ByteOrderHost,

	"sk_msg_md.remote_ip4": ByteOrderNetwork, "sk_msg_md.local_ip4": ByteOrderNetwork,
	"sk_msg_md.remote_ip6": ByteOrderNetwork, "sk_msg_md.local_ip6": ByteOrderNetwork,
	"sk_msg_md.remote_port": ByteOrderNetwork32, "sk_msg_md.local_port": ByteOrderHost,

	"sk_reuseport_md.eth_protocol": ByteOrderNetwork16,
}

// ByteOrderOf is the byte order of a field: by its type in C, or by its name if that is a plain integer.
func ByteOrderOf(structName, field, declaration string) ByteOrder {
	if strings.HasPrefix(declaration, "__be") {
		return ByteOrderNetwork
	}
	return byteOrders[structName+"."+field]
}
