package netlab

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// sum is the checksum of a whole IPv4 header (RFC 791). It is 0 when the header's own checksum is right.
func sum(header []byte) uint16 {
	var s uint32
	for i := 0; i < len(header); i += 2 {
		s += uint32(binary.BigEndian.Uint16(header[i:]))
	}
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}

func TestMarkKeepsTheChecksumRight(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		packet := make([]byte, 40)
		for i := range packet {
			packet[i] = byte(random.Uint32())
		}
		packet[0] = 0x45
		binary.BigEndian.PutUint16(packet[10:], 0)
		binary.BigEndian.PutUint16(packet[10:], sum(packet[:20]))
		tos := packet[1]
		marked := markCE(packet)
		want := tos
		if tos&3 != 0 {
			want |= 3
		}
		if marked != (tos&3 != 0) || packet[1] != want {
			t.Fatalf("TOS %#x became %#x, marked %v", tos, packet[1], marked)
		}
		if sum(packet[:20]) != 0 {
			t.Fatalf("TOS %#x: the checksum is wrong in % x", tos, packet[:20])
		}
	}
	if markCE([]byte{0x45, 2, 0}) {
		t.Error("a packet of three bytes was marked")
	}
}

func TestBottleneckMarksAtTheThreshold(t *testing.T) {
	b := bottleneck{link: tenMegabit, limit: 10, mark: 3}
	var marked []bool
	for range 6 {
		marked = append(marked, b.congested(0))
		b.arrive(0, 1250)
	}
	// One is being sent and 0, 1, 2 wait; from the fifth on at least three do.
	for i, want := range []bool{false, false, false, false, true, true} {
		if marked[i] != want {
			t.Errorf("packet %d: marked %v, want %v", i+1, marked[i], want)
		}
	}
	if b.congested(3 * ms) { // three have left: one is being sent, two wait
		t.Error("marked, although only two wait")
	}
	if never := (bottleneck{link: tenMegabit, limit: 10}); never.congested(0) {
		t.Error("marked without a threshold")
	}
}
