package vm

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"syscall"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// The helpers for packets (net/core/filter.c, Linux 6.18). Their first argument is the context of the packet that the program runs on.

// packetArg is the packet whose context the first argument points to.
func (m *Machine) packetArg() (*Packet, error) {
	if m.packet == nil || m.Arg(1) != firstAddress(contextRegion) {
		return nil, &accessError{NotAnAddress, "argument 1 is " + Value{m.Arg(1), m.pointee(m.Arg(1))}.String() +
			", which is not the context of a packet"}
	}
	return m.packet, nil
}

// changed makes the packet accessible where it is now.
func (m *Machine) changed() { m.SetPacket(m.packet.frame[m.packet.meta:m.packet.end]) }

// part gives n bytes of the packet from an offset in what the program sees; nil if it does not have them.
func (p *Packet) part(offset, n uint64) []byte {
	if b := p.Bytes(); offset <= uint64(len(b)) && n <= uint64(len(b))-offset {
		return b[offset : offset+n]
	}
	return nil
}

// skbLoadBytes is bpf_skb_load_bytes(skb, offset, to, len).
func skbLoadBytes(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	to, err := m.Writable(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	return copyPart(to, p.part(uint64(uint32(m.Arg(2))), uint64(len(to))))
}

// copyPart copies a part of a packet; where the packet does not have it, it writes zeros and returns -EFAULT.
func copyPart(to, from []byte) (uint64, error) {
	if from == nil {
		clear(to)
		return errnoOf(syscall.EFAULT)
	}
	copy(to, from)
	return 0, nil
}

// skbLoadBytesRelative is bpf_skb_load_bytes_relative(skb, offset, to, len, start_header): from the Ethernet header (0) or the one after
// it (1).
func skbLoadBytesRelative(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	to, err := m.Writable(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	start := p.network
	if m.Arg(5) == 0 {
		start = p.link
	}
	offset := uint64(uint32(m.Arg(2)))
	if m.Arg(5) > 1 || offset > 0xffff || start+int(offset)+len(to) > p.end {
		return copyPart(to, nil)
	}
	return copyPart(to, p.frame[start+int(offset):][:len(to)])
}

// skbStoreBytes is bpf_skb_store_bytes(skb, offset, from, len, flags).
func skbStoreBytes(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	from, err := m.Bytes(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	const recompute, forgetHash = 1, 2
	if m.Arg(5)&^(recompute|forgetHash) != 0 {
		return errnoOf(syscall.EINVAL)
	}
	to := p.part(uint64(uint32(m.Arg(2))), uint64(len(from)))
	if to == nil {
		return errnoOf(syscall.EFAULT)
	}
	copy(to, from)
	if m.Arg(5)&forgetHash != 0 {
		p.put("hash", 0)
	}
	return 0, nil
}

// skbPullData is bpf_skb_pull_data(skb, len): the packet is in one piece already.
func skbPullData(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	if int(uint32(m.Arg(2))) > len(p.Bytes()) {
		return errnoOf(syscall.ENOMEM)
	}
	return 0, nil
}

// skbChangeTail is bpf_skb_change_tail(skb, len, flags).
func skbChangeTail(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	size := uint64(uint32(m.Arg(2)))
	if m.Arg(3) != 0 || size > packetMost || size < uint64(p.network-p.data) {
		return errnoOf(syscall.EINVAL)
	}
	p.resize(int(size))
	m.changed()
	return 0, nil
}

// skbChangeHead is bpf_skb_change_head(skb, len, flags): it makes room before the packet.
func skbChangeHead(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	room := uint64(uint32(m.Arg(2)))
	if m.Arg(3) != 0 || room > packetMost || room+uint64(len(p.Bytes())) > packetMost {
		return errnoOf(syscall.EINVAL)
	}
	p.insert(0, int(room))
	p.link, p.network = p.data, p.data // the kernel resets both
	m.changed()
	return 0, nil
}

// skbChangeType is bpf_skb_change_type(skb, type).
func skbChangeType(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	const otherHost = 3 // the last type that may be set
	if now, _ := p.Get("pkt_type"); now > otherHost || uint32(m.Arg(2)) > otherHost {
		return errnoOf(syscall.EINVAL)
	}
	p.put("pkt_type", m.Arg(2))
	return 0, nil
}

const (
	etherTypeAt      = 12 // of the type in an Ethernet header
	vlanTag          = 4  // bytes
	etherVLAN        = 0x8100
	etherServiceVLAN = 0x88a8
)

// skbVLANPush is bpf_skb_vlan_push(skb, proto, tci). The new tag is beside the packet, in the context; one that was there goes into the
// packet.
func skbVLANPush(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	protocol := uint16(m.Arg(2)) // in network order
	if protocol != bits.ReverseBytes16(etherVLAN) && protocol != bits.ReverseBytes16(etherServiceVLAN) {
		protocol = bits.ReverseBytes16(etherVLAN)
	}
	if present, _ := p.Get("vlan_present"); present != 0 {
		tci, _ := p.Get("vlan_tci")
		outer, _ := p.Get("vlan_proto")
		p.insertTag(uint16(outer), uint16(tci))
	}
	p.put("vlan_present", 1)
	p.put("vlan_tci", uint64(uint16(m.Arg(3))))
	p.put("vlan_proto", uint64(protocol))
	m.changed()
	return 0, nil
}

// insertTag puts a tag after the addresses of the Ethernet header. The protocol is in network order.
func (p *Packet) insertTag(protocol, tci uint16) {
	at := p.link + etherTypeAt - p.data
	p.insert(at, vlanTag)
	p.network += vlanTag
	tag := p.frame[p.data+at:]
	binary.LittleEndian.PutUint16(tag, protocol)
	binary.BigEndian.PutUint16(tag[2:], tci)
	p.put("protocol", uint64(protocol))
}

// skbVLANPop is bpf_skb_vlan_pop(skb): of the tag beside the packet, or the first one in it. The next one in the packet is then beside it.
func skbVLANPop(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	if present, _ := p.Get("vlan_present"); present != 0 {
		for _, field := range []string{"vlan_present", "vlan_tci", "vlan_proto"} {
			p.put(field, 0)
		}
	} else if _, _, ok := p.takeTag(); !ok {
		return 0, nil
	}
	if protocol, tci, ok := p.takeTag(); ok {
		p.put("vlan_present", 1)
		p.put("vlan_tci", uint64(tci))
		p.put("vlan_proto", uint64(protocol))
	}
	m.changed()
	return 0, nil
}

// takeTag takes the first tag out of the packet. The protocol is in network order. ok is false if there is none.
func (p *Packet) takeTag() (protocol, tci uint16, ok bool) {
	at := p.link + etherTypeAt - p.data
	b := p.frame[min(p.data+at, p.end):p.end]
	if len(b) < vlanTag+2 || binary.BigEndian.Uint16(b) != etherVLAN && binary.BigEndian.Uint16(b) != etherServiceVLAN {
		return 0, 0, false
	}
	protocol, tci = binary.LittleEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	p.put("protocol", uint64(binary.LittleEndian.Uint16(b[4:])))
	p.insert(at, -vlanTag)
	p.network = max(p.network-vlanTag, p.link+ethernetHeader)
	return protocol, tci, true
}

// hashOfPacket is bpf_get_hash_recalc(skb): the hash of the context. The kernel would compute one with a random key if it is 0.
func hashOfPacket(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	return p.Get("hash")
}

// setHash is bpf_set_hash(skb, hash), and bpf_set_hash_invalid(skb) with 0.
func setHash(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err == nil {
		p.put("hash", uint64(uint32(m.Arg(2))))
	}
	return 0, err
}

func forgetHash(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err == nil {
		p.put("hash", 0)
	}
	return 0, err
}

// redirect is bpf_redirect(ifindex, flags). The result is what the program returns.
func redirect(m *Machine) (uint64, error) {
	const (
		xdpAborted, xdpRedirect = 0, 4
		tcShot, tcRedirect      = 2, 7
		ingress                 = 1
	)
	switch {
	case m.packet == nil:
		return 0, &accessError{NotAnAddress, "the program does not run on a packet"}
	case m.packet.kind == linux.ProgTypeXDP && m.Arg(2) != 0:
		return xdpAborted, nil
	case m.packet.kind != linux.ProgTypeXDP && m.Arg(2)&^ingress != 0:
		return tcShot, nil
	}
	m.packet.redirect = uint32(m.Arg(1))
	if m.packet.kind == linux.ProgTypeXDP {
		return xdpRedirect, nil
	}
	return tcRedirect, nil
}

// xdpAdjustHead is bpf_xdp_adjust_head(xdp, delta).
func xdpAdjustHead(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	delta := int(int32(m.Arg(2)))
	metadata := p.data - p.meta
	data := p.data + delta
	if data < frameHeader+metadata || data > p.end-ethernetHeader {
		return errnoOf(syscall.EINVAL)
	}
	copy(p.frame[data-metadata:data], p.frame[p.meta:p.data])
	p.data, p.meta, p.link, p.network = data, data-metadata, data, data+ethernetHeader
	p.sync()
	m.changed()
	return 0, nil
}

// xdpAdjustMeta is bpf_xdp_adjust_meta(xdp, delta).
func xdpAdjustMeta(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	meta := p.meta + int(int32(m.Arg(2)))
	size := p.data - meta
	switch {
	case meta < frameHeader || meta > p.data:
		return errnoOf(syscall.EINVAL)
	case size%4 != 0 || size > math.MaxUint8:
		return errnoOf(syscall.EACCES)
	}
	p.meta = meta
	p.sync()
	m.changed()
	return 0, nil
}

// xdpAdjustTail is bpf_xdp_adjust_tail(xdp, delta).
func xdpAdjustTail(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	end := p.end + int(int32(m.Arg(2)))
	if end > max(frameEnd, p.end) || end < p.data+ethernetHeader {
		return errnoOf(syscall.EINVAL)
	}
	p.resize(end - p.data)
	m.changed()
	return 0, nil
}

func xdpLength(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	return uint64(len(p.Bytes())), nil
}

// xdpLoadBytes is bpf_xdp_load_bytes(xdp, offset, buf, len).
func xdpLoadBytes(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	to, err := m.Writable(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	return p.copyXDP(m.Arg(2), len(to), func(part []byte) { copy(to, part) })
}

// copyXDP gives n bytes of the packet to copy. Offsets and sizes of more than 16 bits are another error than those beyond the end.
func (p *Packet) copyXDP(offset uint64, n int, copy func(part []byte)) (uint64, error) {
	if uint32(offset) > math.MaxUint16 || n > math.MaxUint16 {
		return errnoOf(syscall.EFAULT)
	}
	part := p.part(uint64(uint32(offset)), uint64(n))
	if part == nil {
		return errnoOf(syscall.EINVAL)
	}
	copy(part)
	return 0, nil
}

// xdpStoreBytes is bpf_xdp_store_bytes(xdp, offset, buf, len).
func xdpStoreBytes(m *Machine) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	from, err := m.Bytes(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	return p.copyXDP(m.Arg(2), len(from), func(part []byte) { copy(part, from) })
}

// The flags of the helpers that correct checksums (include/uapi/linux/bpf.h).
const (
	checksumField     = 0xf // the size of the field that has changed, in bytes; 0: the difference is the argument
	checksumPseudo    = 1 << 4
	checksumZero      = 1 << 5 // 0 stands for no checksum, as in UDP
	checksumEnforce   = 1 << 6
	checksumIPv6Field = 1 << 7
)

// replaceIPChecksum is bpf_l3_csum_replace(skb, offset, from, to, size).
func replaceIPChecksum(m *Machine) (uint64, error) { return m.replaceChecksum(checksumField) }

// replaceChecksum is bpf_l4_csum_replace(skb, offset, from, to, flags).
func replaceChecksum(m *Machine) (uint64, error) {
	return m.replaceChecksum(checksumField | checksumPseudo | checksumZero | checksumEnforce | checksumIPv6Field)
}

func (m *Machine) replaceChecksum(allowed uint64) (uint64, error) {
	p, err := m.packetArg()
	if err != nil {
		return 0, err
	}
	offset, from, to, flags := uint64(uint32(m.Arg(2))), m.Arg(3), m.Arg(4), m.Arg(5)
	if flags&^allowed != 0 {
		return errnoOf(syscall.EINVAL)
	}
	b := p.part(offset, 2)
	if offset > 0xffff || offset&1 != 0 || b == nil {
		return errnoOf(syscall.EFAULT)
	}
	sum := binary.LittleEndian.Uint16(b)
	if flags&checksumZero != 0 && flags&checksumEnforce == 0 && sum == 0 {
		return 0, nil
	}
	var difference uint32
	switch flags & checksumField {
	case 0:
		if from != 0 {
			return errnoOf(syscall.EINVAL)
		}
		difference = uint32(to)
	case 2:
		difference = sumWith(uint32(^uint16(from)), uint32(uint16(to)))
	case 4:
		difference = sumWith(^uint32(from), uint32(to))
	default:
		return errnoOf(syscall.EINVAL)
	}
	sum = ^fold(sumWith(difference, uint32(^sum)))
	if flags&checksumZero != 0 && sum == 0 {
		sum = 0xffff
	}
	binary.LittleEndian.PutUint16(b, sum)
	return 0, nil
}

// sumWith adds in ones' complement (RFC 1071).
func sumWith(a, b uint32) uint32 {
	sum, carry := bits.Add32(a, b, 0)
	return sum + carry
}

// fold makes a sum of 16 bits of one of 32.
func fold(sum uint32) uint16 {
	sum = sum>>16 + sum&0xffff
	return uint16(sum>>16 + sum)
}

// sumOf adds words of 32 bits.
func sumOf(b []byte, sum uint32) uint32 {
	for word := range slices.Chunk(b, 4) {
		sum = sumWith(sum, binary.LittleEndian.Uint32(word))
	}
	return sum
}

// checksumDifference is bpf_csum_diff(from, from_size, to, to_size, seed). The result is what Linux returns since 6.13: a sum of 16
// bits.
func checksumDifference(m *Machine) (uint64, error) {
	fromSize, toSize, seed := uint32(m.Arg(2)), uint32(m.Arg(4)), uint32(m.Arg(5))
	if (fromSize|toSize)%4 != 0 {
		return errnoOf(syscall.EINVAL)
	}
	from, err := m.sized(m.Arg(1), fromSize)
	if err != nil {
		return 0, err
	}
	to, err := m.sized(m.Arg(3), toSize)
	switch {
	case err != nil:
		return 0, err
	case fromSize != 0 && toSize != 0:
		return uint64(fold(sumWith(sumOf(to, seed), ^sumOf(from, 0)))), nil
	case toSize != 0:
		return uint64(fold(sumOf(to, seed))), nil
	case fromSize != 0:
		return uint64(fold(^sumOf(from, ^seed))), nil
	}
	return uint64(fold(seed)), nil
}

// sized is memory of an argument that may be nil if it has no bytes.
func (m *Machine) sized(addr uint64, n uint32) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	return m.Bytes(addr, int(n))
}
