package vm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
)

const (
	ethernetHeader = 14 // bytes

	// headroom is how many bytes are free before a packet (XDP_PACKET_HEADROOM, include/uapi/linux/bpf.h).
	headroom = 256

	// frameHeader is how many bytes of the headroom of XDP the kernel keeps for itself (sizeof(struct xdp_frame), include/net/xdp.h).
	frameHeader = 40

	// frameEnd is where a packet of XDP ends at the latest in a test run of the kernel, counted from the begin of the headroom: a page
	// without the struct skb_shared_info at its end (net/bpf/test_run.c, 6.18).
	frameEnd = 4096 - 320

	// packetMost is the most bytes of a packet in an sk_buff that helpers make longer (BPF_SKB_MAX_LEN, net/core/filter.c).
	packetMost = 16 << 10
)

// A Packet is a packet and the context through which programs of a type see it: a struct xdp_md or a struct __sk_buff. Helpers that
// make a packet longer or shorter change it.
type Packet struct {
	kind   linux.ProgType
	access *linux.Access
	fields []byte // the context

	frame           []byte // headroom, metadata, and the packet
	meta, data, end int    // in frame: of the metadata, of what the program sees, and after the packet
	link, network   int    // in frame: of the Ethernet header, and of what comes after it

	redirect uint32
}

// NewPacket makes a packet for programs of a type that sees packets, such as syscall.ProgTypeXDP. The bytes begin with the Ethernet
// header, and are copied.
//
// The context has the addresses of the packet, its length and, in a __sk_buff, the protocol of its Ethernet header and the kind of its
// destination (pkt_type). Other fields are 0; Set sets them.
func NewPacket(kind linux.ProgType, data []byte) (*Packet, error) {
	access := kind.Info().Access
	if access == nil || access.Context == nil {
		return nil, fmt.Errorf("programs of type %v do not get packets: use Run or Call", kind)
	}
	p := &Packet{kind: kind, access: access, fields: make([]byte, access.Size), meta: headroom, data: headroom, end: headroom + len(data)}
	p.frame = append(make([]byte, headroom, p.end+headroom), data...)
	p.link, p.network = p.data, p.data+min(ethernetHeader, len(data))
	if len(data) >= ethernetHeader {
		p.put("protocol", uint64(binary.LittleEndian.Uint16(data[12:]))) // in network order
		p.put("pkt_type", packetType(data))
	}
	p.sync()
	return p, nil
}

// packetType says for whom an Ethernet frame is (eth_type_trans, net/ethernet/eth.c): PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST or
// PACKET_OTHERHOST (include/uapi/linux/if_packet.h). The host's address is that of the loopback device, zeros. In test runs of the kernel
// a broadcast is a multicast, because that device has no address for broadcasts.
func packetType(frame []byte) uint64 {
	to := frame[:6]
	switch {
	case bytes.Equal(to, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}):
		return 1
	case to[0]&1 != 0:
		return 2
	case !bytes.Equal(to, make([]byte, 6)):
		return 3
	}
	return 0
}

// HideEthernet makes the program see the packet from the network header on. So the kernel passes packets to programs for cgroups, and in
// test runs also to socket filters and lightweight tunnels.
func (p *Packet) HideEthernet() {
	p.data, p.meta = p.network, p.network
	p.sync()
}

// Bytes is the packet as it is now, from what the program sees first.
func (p *Packet) Bytes() []byte { return p.frame[p.data:p.end] }

// Frame is the packet as it is now, with the Ethernet header that HideEthernet hides.
func (p *Packet) Frame() []byte { return p.frame[min(p.link, p.data):p.end] }

// Metadata is what the program has put before the packet, with bpf_xdp_adjust_meta.
func (p *Packet) Metadata() []byte { return p.frame[p.meta:p.data] }

// Redirect is the index of the interface that the program redirects the packet to; 0 if it did not.
func (p *Packet) Redirect() uint32 { return p.redirect }

// Set sets a field of the context by its name, such as mark. The value is in the order of the processor, as programs read it. Fields that
// follow from the packet, such as data and len, cannot be set.
func (p *Packet) Set(field string, value uint64) error {
	f, err := p.field(field)
	switch {
	case err != nil:
		return err
	case p.follows(f):
		return fmt.Errorf("%s.%s follows from the packet", p.access.Context.Name, field)
	case f.Size > 8:
		return fmt.Errorf("%s.%s has %d bytes: use ContextBytes", p.access.Context.Name, field, f.Size)
	case f.Size < 8 && value>>(8*f.Size) != 0:
		return fmt.Errorf("%s.%s = %d: the value does not fit %s", p.access.Context.Name, field, value, phrase.Count(int(f.Size), "byte"))
	}
	store(p.fields[f.Offset:], uint8(f.Size), value)
	return nil
}

// Get gives a field of the context by its name, as the program would read it.
func (p *Packet) Get(field string) (uint64, error) {
	f, err := p.field(field)
	if err != nil {
		return 0, err
	}
	if f.Size > 8 {
		return 0, fmt.Errorf("%s.%s has %d bytes: use ContextBytes", p.access.Context.Name, field, f.Size)
	}
	return load(p.fields[f.Offset:], uint8(f.Size)), nil
}

// ContextBytes is the memory of a field of the context, such as cb or remote_ip6, to read and to change. It is nil if there is none.
func (p *Packet) ContextBytes(field string) []byte {
	f, err := p.field(field)
	if err != nil {
		return nil
	}
	return p.fields[f.Offset : f.Offset+f.Size]
}

func (p *Packet) field(name string) (linux.ContextField, error) {
	for _, f := range p.access.Context.Fields {
		if f.Name == name {
			return f, nil
		}
	}
	return linux.ContextField{}, fmt.Errorf("%s has no field %q", p.access.Context.Name, name)
}

// follows reports whether a field follows from the packet.
func (p *Packet) follows(f linux.ContextField) bool {
	return f.Leads == linux.LeadsToPacket || f.Leads == linux.LeadsToPacketEnd || f.Leads == linux.LeadsToMetadata || f.Name == "len"
}

// put sets a field if the context has it.
func (p *Packet) put(name string, value uint64) {
	if f, err := p.field(name); err == nil {
		store(p.fields[f.Offset:], uint8(f.Size), value)
	}
}

// sync writes what follows from the packet into the context. The address of the metadata is always the same one.
func (p *Packet) sync() {
	begin := firstAddress(packetRegion)
	for _, f := range p.access.Context.Fields {
		switch {
		case f.Leads == linux.LeadsToMetadata:
			p.put(f.Name, begin)
		case f.Leads == linux.LeadsToPacket:
			p.put(f.Name, begin+uint64(p.data-p.meta))
		case f.Leads == linux.LeadsToPacketEnd:
			p.put(f.Name, begin+uint64(p.end-p.meta))
		case f.Name == "len" || f.Name == "wire_len":
			p.put(f.Name, uint64(p.end-p.data))
		}
	}
}

// resize puts the end of what the program sees after n bytes; new ones are zero.
func (p *Packet) resize(n int) {
	end := p.data + n
	if end > p.end {
		p.frame = append(p.frame[:p.end], make([]byte, end-p.end)...)
	}
	p.frame, p.end = p.frame[:end], end
	p.sync()
}

// insert puts n zero bytes before the byte at of what the program sees; with a negative n, it takes bytes out.
func (p *Packet) insert(at, n int) {
	at += p.data
	if n > 0 {
		p.frame = slices.Insert(p.frame, at, make([]byte, n)...)
	} else {
		p.frame = slices.Delete(p.frame, at, at-n)
	}
	p.end += n
	p.sync()
}

// allows reports whether programs may write bytes of the context.
func (p *Packet) allows(at int64, size int) bool {
	f, ok := p.access.Context.At(at)
	if !ok || at+int64(size) > f.Offset+f.Size || p.follows(f) || p.access.ReadOnly {
		return false
	}
	return p.access.Writable == nil || slices.Contains(p.access.Writable, f.Name)
}

// describe names a byte of the context in messages: "xdp_md.data_end".
func (p *Packet) describe(at int64) string {
	if f, ok := p.access.Context.At(at); ok {
		return p.access.Context.Name + "." + f.Name
	}
	return ""
}

// fromNegative is where in the frame a negative offset of classic packet access leads: SKF_NET_OFF counts from the network header, and
// SKF_LL_OFF from the Ethernet header (include/uapi/linux/filter.h).
func (p *Packet) fromNegative(at int64) int64 {
	const networkOffset, linkOffset = -0x100000, -0x200000
	if at >= networkOffset {
		return at - networkOffset + int64(p.network)
	}
	return at - linkOffset + int64(p.link)
}

// lendPacket makes the memory of the packet and of its context accessible to programs.
func (m *Machine) lendPacket(p *Packet) {
	m.packet = p
	m.SetPacket(p.frame[p.meta:p.end])
	r := Memory{Name: "the " + p.access.Context.Name, Data: p.fields, ReadOnly: true}.region()
	r.packet = p
	m.regions[contextRegion] = r
}

// RunOn runs a program on a packet, which the program may change. The result is R0, of which Linux uses 32 bits.
func (m *Machine) RunOn(ctx context.Context, p *Packet) (uint64, error) {
	m.lendPacket(p)
	defer func() { m.packet = nil }()
	return m.Call(ctx, firstAddress(contextRegion))
}

// RunPacket is RunOn for bytes. What the program changes is changed in them, as far as they reach.
func (m *Machine) RunPacket(ctx context.Context, kind linux.ProgType, packet []byte) (uint64, error) {
	p, err := NewPacket(kind, packet)
	if err != nil {
		return 0, err
	}
	result, err := m.RunOn(ctx, p)
	copy(packet, p.Bytes())
	return result, err
}
