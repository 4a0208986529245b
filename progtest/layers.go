package progtest

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
)

// A Layer is one header of a packet, or its payload: [Ethernet], [VLAN], [IPv4], [IPv6], [TCP], [UDP], [ICMP] or [Payload].
type Layer interface {
	// wrap puts the header before what follows it. outer are the layers before this one, and next is the one after it, or nil.
	wrap(inner []byte, outer []Layer, next Layer) ([]byte, error)
}

// Ethernet is an Ethernet header.
type Ethernet struct {
	Source, Destination string // addresses such as 02:00:00:00:00:01; "" is 02:00:00:00:00:01, and zeros: this host
	Type                uint16 // of what follows; 0: that of the next layer
}

// VLAN is a tag of IEEE 802.1Q.
type VLAN struct {
	ID       uint16 // 0 to 4095
	Priority uint8  // 0 to 7
	Service  bool   // the outer one of two tags, of 802.1ad
	Type     uint16 // of what follows; 0: that of the next layer
}

// IPv4 is an IPv4 header. Its length and its checksum are computed.
type IPv4 struct {
	Source, Destination string // "" is 192.0.2.1, and 192.0.2.2
	TTL                 uint8  // 0 is 64
	TOS                 uint8
	ID                  uint16
	Fragment            uint16 // the flags and the offset of a fragment, as in the header
	Protocol            uint8  // of what follows; 0: that of the next layer
	Options             []byte // a multiple of 4 bytes, at most 40
}

// IPv6 is an IPv6 header. Its length is computed.
type IPv6 struct {
	Source, Destination string // "" is 2001:db8::1, and 2001:db8::2
	HopLimit            uint8  // 0 is 64
	TrafficClass        uint8
	FlowLabel           uint32 // 20 bits
	Next                uint8  // the protocol of what follows; 0: that of the next layer
}

// TCP is a TCP header. Its checksum is computed.
type TCP struct {
	SourcePort, DestinationPort uint16
	Sequence, Acknowledgement   uint32
	Flags                       TCPFlags
	Window                      uint16 // 0 is 65535
	Options                     []byte // a multiple of 4 bytes, at most 40
}

// TCPFlags are the flags of a TCP header.
type TCPFlags uint8

// The flags of a TCP header (RFC 9293, section 3.1).
const (
	FIN TCPFlags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// UDP is a UDP header. Its length and its checksum are computed.
type UDP struct{ SourcePort, DestinationPort uint16 }

// ICMP is an ICMP header, of ICMPv6 after an IPv6 header. Its checksum is computed.
type ICMP struct {
	Type, Code uint8
	Rest       uint32 // the second word of the header
}

// Payload is what comes after the headers, as it is.
type Payload string

// Numbers of protocols: types in an Ethernet header (IEEE), and protocols of IP (IANA).
const (
	typeIPv4, typeIPv6, typeVLAN, typeService = 0x0800, 0x86dd, 0x8100, 0x88a8

	protocolICMP, protocolIPv4, protocolTCP, protocolUDP, protocolIPv6, protocolICMPv6 = 1, 4, 6, 17, 41, 58
)

// Build makes a packet of its layers, the outermost first. Lengths, checksums and types of what follows are filled in. A packet that
// begins with an IP header gets an Ethernet header.
func Build(layers ...Layer) ([]byte, error) {
	if len(layers) > 0 {
		switch layers[0].(type) {
		case IPv4, IPv6:
			layers = append([]Layer{Ethernet{}}, layers...)
		}
	}
	var packet []byte
	var next Layer
	for n := len(layers) - 1; n >= 0; n-- {
		if layers[n] == nil {
			return nil, fmt.Errorf("layer %d is nil", n+1)
		}
		var err error
		if packet, err = layers[n].wrap(packet, layers[:n], next); err != nil {
			return nil, fmt.Errorf("layer %d, %T: %w", n+1, layers[n], err)
		}
		next = layers[n]
	}
	return packet, nil
}

// etherType is the type that an Ethernet header has for the layer after it; 0 if there is none.
func etherType(set uint16, next Layer) uint16 {
	if set != 0 {
		return set
	}
	switch next := next.(type) {
	case IPv4:
		return typeIPv4
	case IPv6:
		return typeIPv6
	case VLAN:
		if next.Service {
			return typeService
		}
		return typeVLAN
	}
	return 0
}

// protocolOf is the protocol that an IP header has for the layer after it.
func protocolOf(set uint8, next Layer, version int) uint8 {
	if set != 0 {
		return set
	}
	switch next.(type) {
	case TCP:
		return protocolTCP
	case UDP:
		return protocolUDP
	case ICMP:
		if version == 6 {
			return protocolICMPv6
		}
		return protocolICMP
	case IPv4:
		return protocolIPv4
	case IPv6:
		return protocolIPv6
	}
	const nothing = 59 // IPv6-NoNxt; no protocol of IPv4
	return nothing
}

func (e Ethernet) wrap(inner []byte, _ []Layer, next Layer) ([]byte, error) {
	var b []byte
	for _, address := range []struct{ text, standard string }{{e.Destination, "00:00:00:00:00:00"}, {e.Source, "02:00:00:00:00:01"}} {
		mac, err := net.ParseMAC(or(address.text, address.standard))
		if err != nil || len(mac) != 6 {
			return nil, fmt.Errorf("%q is not an address of Ethernet, such as 02:00:00:00:00:01", address.text)
		}
		b = append(b, mac...)
	}
	return append(binary.BigEndian.AppendUint16(b, etherType(e.Type, next)), inner...), nil
}

func or(text, standard string) string {
	if text == "" {
		return standard
	}
	return text
}

func (v VLAN) wrap(inner []byte, _ []Layer, next Layer) ([]byte, error) {
	if v.ID > 4095 || v.Priority > 7 {
		return nil, fmt.Errorf("ID %d, Priority %d: expected 0 to 4095, and 0 to 7", v.ID, v.Priority)
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(v.Priority)<<13|v.ID)
	return append(binary.BigEndian.AppendUint16(b, etherType(v.Type, next)), inner...), nil
}

// address reads an address of a version of IP.
func address(text, standard string, is func(netip.Addr) bool) ([]byte, error) {
	a, err := netip.ParseAddr(or(text, standard))
	if err != nil || !is(a) || a.Zone() != "" {
		return nil, fmt.Errorf("%q is not an address such as %s", text, standard)
	}
	return a.AsSlice(), nil
}

// addresses gives both addresses of an IP header.
func addresses(l Layer) (source, destination []byte, err error) {
	switch ip := l.(type) {
	case IPv4:
		if source, err = address(ip.Source, "192.0.2.1", netip.Addr.Is4); err == nil {
			destination, err = address(ip.Destination, "192.0.2.2", netip.Addr.Is4)
		}
	case IPv6:
		if source, err = address(ip.Source, "2001:db8::1", netip.Addr.Is6); err == nil {
			destination, err = address(ip.Destination, "2001:db8::2", netip.Addr.Is6)
		}
	}
	return source, destination, err
}

const mostOptions = 40 // bytes of options in a header of IPv4 or TCP

func checkOptions(options []byte) error {
	if len(options)%4 != 0 || len(options) > mostOptions {
		return fmt.Errorf("field Options has %d bytes: expected a multiple of 4, at most %d", len(options), mostOptions)
	}
	return nil
}

func (ip IPv4) wrap(inner []byte, _ []Layer, next Layer) ([]byte, error) {
	source, destination, err := addresses(ip)
	if err != nil {
		return nil, err
	}
	if err := checkOptions(ip.Options); err != nil {
		return nil, err
	}
	header := 20 + len(ip.Options)
	if header+len(inner) > 0xffff {
		return nil, fmt.Errorf("the packet has %d bytes; the limit is 65535", header+len(inner))
	}
	ttl := ip.TTL
	if ttl == 0 {
		ttl = 64
	}
	b := []byte{0x40 | byte(header/4), ip.TOS}
	for _, word := range []uint16{uint16(header + len(inner)), ip.ID, ip.Fragment} {
		b = binary.BigEndian.AppendUint16(b, word)
	}
	b = append(b, ttl, protocolOf(ip.Protocol, next, 4), 0, 0)
	b = append(append(append(b, source...), destination...), ip.Options...)
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return append(b, inner...), nil
}

func (ip IPv6) wrap(inner []byte, _ []Layer, next Layer) ([]byte, error) {
	source, destination, err := addresses(ip)
	if err != nil {
		return nil, err
	}
	if ip.FlowLabel >= 1<<20 || len(inner) > 0xffff {
		return nil, fmt.Errorf("FlowLabel %#x, %d bytes: expected at most 0xfffff, and 65535 bytes", ip.FlowLabel, len(inner))
	}
	limit := ip.HopLimit
	if limit == 0 {
		limit = 64
	}
	b := binary.BigEndian.AppendUint32(nil, 6<<28|uint32(ip.TrafficClass)<<20|ip.FlowLabel)
	b = binary.BigEndian.AppendUint16(b, uint16(len(inner)))
	b = append(b, protocolOf(ip.Next, next, 6), limit)
	return append(append(append(b, source...), destination...), inner...), nil
}

func (t TCP) wrap(inner []byte, outer []Layer, _ Layer) ([]byte, error) {
	if err := checkOptions(t.Options); err != nil {
		return nil, err
	}
	window := t.Window
	if window == 0 {
		window = 0xffff
	}
	b := binary.BigEndian.AppendUint16(nil, t.SourcePort)
	b = binary.BigEndian.AppendUint16(b, t.DestinationPort)
	b = binary.BigEndian.AppendUint32(b, t.Sequence)
	b = binary.BigEndian.AppendUint32(b, t.Acknowledgement)
	b = append(b, byte(20+len(t.Options))/4<<4, byte(t.Flags))
	b = binary.BigEndian.AppendUint16(b, window)
	b = append(append(append(b, 0, 0, 0, 0), t.Options...), inner...)
	binary.BigEndian.PutUint16(b[16:], transportChecksum(b, outer, protocolTCP))
	return b, nil
}

func (u UDP) wrap(inner []byte, outer []Layer, _ Layer) ([]byte, error) {
	if len(inner) > 0xffff-8 {
		return nil, fmt.Errorf("the payload has %d bytes; the limit is %d", len(inner), 0xffff-8)
	}
	var b []byte
	for _, word := range []uint16{u.SourcePort, u.DestinationPort, uint16(8 + len(inner)), 0} {
		b = binary.BigEndian.AppendUint16(b, word)
	}
	b = append(b, inner...)
	sum := transportChecksum(b, outer, protocolUDP)
	if sum == 0 {
		sum = 0xffff // 0 says that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(b[6:], sum)
	return b, nil
}

func (c ICMP) wrap(inner []byte, outer []Layer, _ Layer) ([]byte, error) {
	b := append(binary.BigEndian.AppendUint32([]byte{c.Type, c.Code, 0, 0}, c.Rest), inner...)
	sum := checksum(b)
	if len(outer) > 0 {
		if _, ok := outer[len(outer)-1].(IPv6); ok {
			sum = transportChecksum(b, outer, protocolICMPv6)
		}
	}
	binary.BigEndian.PutUint16(b[2:], sum)
	return b, nil
}

func (p Payload) wrap(inner []byte, _ []Layer, _ Layer) ([]byte, error) {
	return append([]byte(p), inner...), nil
}

// transportChecksum is the checksum with the addresses of the IP header (RFC 9293, section 3.1, and RFC 8200, section 8.1). Without an IP
// header it is 0. The IP header itself says when its addresses are wrong.
func transportChecksum(b []byte, outer []Layer, protocol byte) uint16 {
	if len(outer) == 0 {
		return 0
	}
	source, destination, err := addresses(outer[len(outer)-1])
	if err != nil || source == nil {
		return 0
	}
	pseudo := append(append([]byte(nil), source...), destination...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(b)))
	pseudo = append(pseudo, 0, 0, 0, protocol)
	return checksum(append(pseudo, b...))
}

// checksum is the checksum of the Internet (RFC 1071).
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for n := 0; n < len(b); n += 2 {
		word := uint32(b[n]) << 8
		if n+1 < len(b) {
			word |= uint32(b[n+1])
		}
		sum += word
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
