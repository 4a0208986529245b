package netlab

import (
	"encoding/binary"
	"time"
)

// The two lowest bits of an IPv4 header's second byte (RFC 3168, section 5).
const (
	ecnBits = 3
	notECT  = 0 // the sender understands only drops, not marks
	ce      = 3 // congestion experienced; the other two values say that the sender understands
)

// markCE marks an IPv4 packet if its sender understands marks. It reports whether the packet was marked.
func markCE(packet []byte) bool {
	const headerSize = 20
	if len(packet) < headerSize || packet[1]&ecnBits == notECT {
		return false
	}
	before := binary.BigEndian.Uint16(packet)
	packet[1] |= ce
	after := binary.BigEndian.Uint16(packet)
	// The checksum is a sum of 16-bit words with end-around carry. It can be corrected for a change of one word (RFC 1624, equation 3).
	sum := uint32(^binary.BigEndian.Uint16(packet[10:])) + uint32(^before) + uint32(after)
	sum = sum&0xffff + sum>>16
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(packet[10:], ^uint16(sum))
	return true
}

// congested reports whether a packet that comes now must be marked: whether at least as many packets wait as the threshold says. The
// present length of the queue counts, and no average: DCTCP needs this (RFC 8257, section 3.1).
func (b *bottleneck) congested(now time.Duration) bool {
	return b.mark > 0 && b.waiting(now) >= b.mark
}
