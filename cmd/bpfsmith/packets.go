package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A packetSource is a capture: a file of libpcap's, in either format.
type packetSource interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

// openCapture reads the head of a capture. Packets must begin with an Ethernet header.
func openCapture(name string, r io.ReadSeeker) (packetSource, error) {
	var source packetSource
	source, err := pcapgo.NewReader(r)
	if err != nil {
		if _, seekErr := r.Seek(0, io.SeekStart); seekErr != nil {
			return nil, seekErr
		}
		var other error
		if source, other = pcapgo.NewNgReader(r, pcapgo.DefaultNgReaderOptions); other != nil {
			return nil, fmt.Errorf("%s: this is neither pcap (%w) nor pcapng (%w)", name, err, other)
		}
	}
	if link := source.LinkType(); link != layers.LinkTypeEthernet {
		return nil, fmt.Errorf("%s: its packets are of type %v: expected Ethernet", name, link)
	}
	return source, nil
}

// runPackets runs the program on each packet of a capture, and prints a line for each: its number, the verdict, the length, and what it
// is.
func (r *runFlags) runPackets(cmd *cobra.Command, m *vm.Machine, kind linux.ProgType) error {
	file, err := os.Open(r.packets)
	if err != nil {
		return &inputError{err}
	}
	defer file.Close()
	source, err := openCapture(r.packets, file)
	if err != nil {
		return &inputError{err}
	}
	out := &visibleWriter{to: cmd.OutOrStdout()}
	counts := make(map[string]int)
	var verdicts []string // in the order in which they came
	for number := 1; ; number++ {
		data, info, err := source.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &inputError{fmt.Errorf("%s: packet %d: %w", r.packets, number, err)}
		}
		verdict, changed, err := r.runPacket(cmd.Context(), m, kind, data)
		if err != nil {
			return &inputError{fmt.Errorf("%s: packet %d: %w", r.packets, number, err)}
		}
		if counts[verdict]++; counts[verdict] == 1 {
			verdicts = append(verdicts, verdict)
		}
		line := fmt.Sprintf("%5d  %-14s %5d  %s", number, verdict, info.Length, describePacket(data))
		if info.CaptureLength < info.Length {
			line += fmt.Sprintf(", cut to %s", phrase.Count(info.CaptureLength, "byte"))
		}
		if _, err := fmt.Fprintln(out, strings.TrimRight(line+changed, " ")); err != nil {
			return asInputError(err)
		}
	}
	var total []string
	for _, verdict := range verdicts {
		total = append(total, fmt.Sprintf("%d %s", counts[verdict], verdict))
	}
	_, err = fmt.Fprintf(out, "%s\n", or(strings.Join(total, ", "), "no packets"))
	return asInputError(err)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// runPacket runs the program on one packet. changed says what it has made of it.
func (r *runFlags) runPacket(ctx context.Context, m *vm.Machine, kind linux.ProgType, data []byte) (verdict, changed string, err error) {
	p, err := r.packetFor(kind, data)
	if err != nil {
		return "", "", err
	}
	result, err := m.RunOn(ctx, p)
	if err != nil {
		return "", "", faultText(err)
	}
	switch now := p.Frame(); {
	case len(now) != len(data):
		changed = fmt.Sprintf(", now %s", phrase.Count(len(now), "byte"))
	case !bytes.Equal(now, data):
		changed = ", changed"
	}
	if to := p.Redirect(); to != 0 {
		changed += fmt.Sprintf(", to interface %d", to)
	}
	return kind.Verdict(uint32(result)), changed, nil
}

// packetFor is a packet with the fields of --context. Programs of cgroups see packets of captures from the network header on.
func (r *runFlags) packetFor(kind linux.ProgType, data []byte) (*vm.Packet, error) {
	p, err := vm.NewPacket(kind, data)
	if err != nil {
		return nil, err
	}
	if kind == linux.ProgTypeCgroupSKB && r.packets != "" {
		p.HideEthernet()
	}
	return p, r.setContext(p)
}

// setContext sets the fields of --context.
func (r *runFlags) setContext(p *vm.Packet) error {
	for _, text := range r.context {
		field, number, ok := strings.Cut(text, "=")
		value, err := strconv.ParseUint(number, 0, 64)
		if !ok || err != nil {
			return fmt.Errorf("--context %s: expected FIELD=NUMBER, such as mark=5", text)
		}
		if err := p.Set(field, value); err != nil {
			return fmt.Errorf("--context %s: %w", text, err)
		}
	}
	return nil
}

// describePacket says what a packet is: "IPv4 UDP 192.0.2.1:53 > 192.0.2.2:5353".
func describePacket(data []byte) string {
	p := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	var names []string
	for _, layer := range p.Layers() {
		switch layer.LayerType() {
		case layers.LayerTypeEthernet, gopacket.LayerTypePayload, gopacket.LayerTypeDecodeFailure, gopacket.LayerTypeFragment:
		case layers.LayerTypeDot1Q:
			names = append(names, "VLAN")
		default:
			names = append(names, layer.LayerType().String())
		}
	}
	text := strings.Join(names, " ")
	network, transport := p.NetworkLayer(), p.TransportLayer()
	switch {
	case network != nil && transport != nil:
		from, to := network.NetworkFlow().Endpoints()
		source, destination := transport.TransportFlow().Endpoints()
		text += fmt.Sprintf(" %s > %s", net.JoinHostPort(from.String(), source.String()),
			net.JoinHostPort(to.String(), destination.String()))
	case network != nil:
		from, to := network.NetworkFlow().Endpoints()
		text += fmt.Sprintf(" %s > %s", from, to)
	case text == "" && p.LinkLayer() != nil:
		text = fmt.Sprintf("Ethernet %v", p.LinkLayer().LinkFlow())
	}
	return text
}
