package vm

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// RunPacket runs a program of a type that sees packets, such as syscall.ProgTypeXDP, with the context that Linux gives it: an xdp_md or a
// __sk_buff. The context has the packet, its length and, in an __sk_buff, the protocol of its Ethernet header; other fields are 0. The
// program may change the packet. The result is R0, of which Linux uses 32 bits.
func (m *Machine) RunPacket(ctx context.Context, kind linux.ProgType, packet []byte) (uint64, error) {
	access := kind.Info().Access
	if access == nil || access.Context == nil {
		return 0, fmt.Errorf("programs of type %v do not get packets: use Run or Call", kind)
	}
	begin := m.SetPacket(packet)
	data := make([]byte, access.Size)
	for _, f := range access.Context.Fields {
		value := uint64(0)
		switch {
		case f.Leads == linux.LeadsToPacket || f.Leads == linux.LeadsToMetadata:
			value = begin
		case f.Leads == linux.LeadsToPacketEnd:
			value = begin + uint64(len(packet))
		case f.Name == "len" || f.Name == "wire_len":
			value = uint64(len(packet))
		case f.Name == "protocol" && len(packet) >= 14:
			value = uint64(binary.LittleEndian.Uint16(packet[12:])) // in network order
		default:
			continue
		}
		store(data[f.Offset:], uint8(f.Size), value)
	}
	name := "the " + access.Context.Name
	m.regions[contextRegion] = Memory{Name: name, Data: data, ReadOnly: access.ReadOnly}.region()
	return m.Call(ctx, firstAddress(contextRegion))
}
