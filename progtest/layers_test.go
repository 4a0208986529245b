package progtest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/bpfsmith/bpfsmith/progtest"
)

// TestPacketsAreGopackets: gopacket decodes the packets into the same layers, and writes the same bytes from them, with its own lengths
// and checksums.
func TestPacketsAreGopackets(t *testing.T) {
	options := make([]byte, 8)
	copy(options, []byte{1, 1, 1, 0})
	for _, tt := range []struct {
		want   string // layers
		layers []progtest.Layer
	}{
		{"Ethernet IPv4 UDP Payload", []progtest.Layer{progtest.IPv4{}, progtest.UDP{SourcePort: 1053, DestinationPort: 15353},
			progtest.Payload("odd")}},
		{"Ethernet IPv4 TCP", []progtest.Layer{progtest.Ethernet{Source: "02:11:22:33:44:55", Destination: "ff:ff:ff:ff:ff:ff"},
			progtest.IPv4{Source: "10.1.2.3", Destination: "10.3.2.1", TTL: 3, TOS: 0x2e << 2, ID: 77, Fragment: 0x4000},
			progtest.TCP{SourcePort: 1, DestinationPort: 65535, Sequence: 1 << 31, Acknowledgement: 5, Flags: progtest.SYN | progtest.ACK |
				progtest.CWR, Window: 9}}},
		{"Ethernet IPv4 TCP Payload", []progtest.Layer{progtest.IPv4{Options: []byte{1, 1, 1, 0}}, progtest.TCP{Options: options},
			progtest.Payload("even")}},
		{"Ethernet Dot1Q IPv6 UDP", []progtest.Layer{progtest.Ethernet{}, progtest.VLAN{ID: 4095, Priority: 7},
			progtest.IPv6{FlowLabel: 0xfffff, TrafficClass: 0xff}, progtest.UDP{DestinationPort: 9}}},
		{"Ethernet Dot1Q Dot1Q IPv4 ICMPv4 Payload", []progtest.Layer{progtest.Ethernet{}, progtest.VLAN{Service: true, ID: 1},
			progtest.VLAN{ID: 2}, progtest.IPv4{}, progtest.ICMP{Type: 8, Rest: 0x00010002}, progtest.Payload("ping")}},
		{"Ethernet IPv6 ICMPv6 ICMPv6Echo", []progtest.Layer{progtest.IPv6{}, progtest.ICMP{Type: 128, Rest: 0x00010002}}},
		{"Ethernet IPv6 TCP Payload", []progtest.Layer{progtest.IPv6{Source: "::1", Destination: "fe80::1", HopLimit: 1},
			progtest.TCP{Flags: progtest.FIN}, progtest.Payload("x")}},
		{"Ethernet IPv4 IPv6 UDP", []progtest.Layer{progtest.IPv4{}, progtest.IPv6{}, progtest.UDP{}}},
	} {
		ours, err := progtest.Build(tt.layers...)
		if err != nil {
			t.Errorf("%s: %v", tt.want, err)
			continue
		}
		decoded := gopacket.NewPacket(ours, layers.LayerTypeEthernet, gopacket.Default)
		var names []string
		var again []gopacket.SerializableLayer
		var network gopacket.NetworkLayer
		for _, layer := range decoded.Layers() {
			names = append(names, layer.LayerType().String())
			if layer, ok := layer.(gopacket.SerializableLayer); ok {
				again = append(again, layer)
			}
			switch layer := layer.(type) {
			case *layers.IPv4:
				network = layer
			case *layers.IPv6:
				network = layer
			case *layers.TCP:
				layer.SetNetworkLayerForChecksum(network)
			case *layers.UDP:
				layer.SetNetworkLayerForChecksum(network)
			case *layers.ICMPv6:
				layer.SetNetworkLayerForChecksum(network)
			}
		}
		if got := strings.Join(names, " "); got != tt.want || decoded.ErrorLayer() != nil {
			t.Errorf("layers %s, %v; want %s", got, decoded.ErrorLayer(), tt.want)
		}
		buffer := gopacket.NewSerializeBuffer()
		options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
		if err := gopacket.SerializeLayers(buffer, options, again...); err != nil {
			t.Errorf("%s: %v", tt.want, err)
		}
		theirs := buffer.Bytes()
		if len(theirs) == 60 { // it pads a frame to the least size
			theirs = theirs[:min(60, len(ours))]
		}
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%s\nours    % x\ntheirs  % x", tt.want, ours, theirs)
		}
	}
}

// TestWrongHeaders: what no header can have is an error with the layer and what is expected.
func TestWrongHeaders(t *testing.T) {
	for _, tt := range []struct {
		layer progtest.Layer
		say   string
	}{
		{progtest.Ethernet{Source: "1:2"}, `layer 1, progtest.Ethernet: "1:2" is not an address of Ethernet`},
		{progtest.Ethernet{Destination: "02:00:5e:10:00:00:00:01"}, "not an address of Ethernet"},
		{progtest.IPv4{Source: "::1"}, `"::1" is not an address such as 192.0.2.1`},
		{progtest.IPv6{Destination: "10.0.0.1"}, `"10.0.0.1" is not an address such as 2001:db8::2`},
		{progtest.IPv6{Source: "fe80::1%lo"}, "is not an address"},
		{progtest.IPv4{Options: make([]byte, 3)}, "Options has 3 bytes"},
		{progtest.TCP{Options: make([]byte, 44)}, "Options has 44 bytes"},
		{progtest.VLAN{ID: 4096}, "expected 0 to 4095"},
		{progtest.IPv6{FlowLabel: 1 << 20}, "FlowLabel 0x100000"},
		{nil, "layer 1 is nil"},
	} {
		if _, err := progtest.Build(tt.layer); err == nil || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("%#v: %v, want %q", tt.layer, err, tt.say)
		}
	}
}
