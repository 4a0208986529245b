package main

import (
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/maps"
)

// A tally counts packets, and their bytes from the Ethernet header on. The program adds to it and user space reads it, with the same Go
// type.
type tally struct{ Packets, Bytes uint64 }

// add is the sum of two tallies, in user space.
func (t tally) add(o tally) tally { return tally{t.Packets + o.Packets, t.Bytes + o.Bytes} }

// Traffic counts the packets of one class: passed and dropped.
type traffic struct{ Passed, Dropped tally }

// The classes of packets, as indices of firewall.traffic.
const (
	classTCP       uint32 = iota
	classUDP              // and so on, by the protocol in the IP header
	classICMP             // of both versions
	classOtherIP          //
	classNotIP            // ARP, for example: it always passes
	classMalformed        // shorter than its headers say: it never passes
	classes
)

// A firewall drops packets from some networks.
type firewall struct {
	blocked4 *maps.Trie[maps.IPv4Prefix, tally] // a rule is a prefix and counts what it dropped
	blocked6 *maps.Trie[maps.IPv6Prefix, tally]
	traffic  *maps.PerCPUArray[traffic] // by class; no processor waits for another one
}

// maxRules is how many networks of each version can be blocked.
const maxRules = 10_000

func newFirewall() *firewall {
	return &firewall{
		blocked4: maps.NewLPMTrie[maps.IPv4Prefix, tally]("blocked4", maxRules),
		blocked6: maps.NewLPMTrie[maps.IPv6Prefix, tally]("blocked6", maxRules),
		traffic:  maps.NewPerCPUArray[traffic]("traffic", classes),
	}
}

// The headers, as they are in packets: numbers are in network order.
type (
	ethernet struct {
		To, From [6]uint8
		Type     dsl.BE16
	}
	vlanTag struct {
		Tag, Type dsl.BE16
	}
	ipv4 struct {
		VersionAndLength, TOS    uint8
		Length, ID, FragmentInfo dsl.BE16
		TTL, Protocol            uint8
		Checksum                 dsl.BE16
		From, To                 [4]uint8
	}
	ipv6 struct {
		VersionAndFlow dsl.BE32
		Length         dsl.BE16
		Next, HopLimit uint8
		From, To       [16]uint8
	}
)

// Values of ethernet.Type (IEEE's list), and of ipv4.Protocol and ipv6.Next (IANA's).
const (
	etherIPv4, etherIPv6, etherVLAN, etherQinQ = 0x0800, 0x86dd, 0x8100, 0x88a8

	protocolICMP, protocolTCP, protocolUDP, protocolICMPv6 = 1, 6, 17, 58
)

// program runs for every packet that is received.
func (w *firewall) program() *dsl.Program { return dsl.Func("xdp_firewall", w.filter) }

func (w *firewall) filter(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	packet := x.Packet()
	length := packet.End().Address().Sub(packet.Start().Address())

	// At first a packet counts as malformed, and is dropped. When the packet ends too early, the program leaves the block, and this stays
	// so.
	class, verdict := f.U32(classMalformed).Var(), f.U32(ctx.XDPDrop).Var()
	f.Block(func(leave func()) {
		kind := dsl.Header[ethernet](packet, 0, leave).U16("Type").Var()
		at := f.U32(14).Var()
		for range 2 { // for a tag inside a tag; the Go loop writes its body twice
			f.If(kind.Eq(etherVLAN).Or(kind.Eq(etherQinQ)), func() {
				kind.Set(dsl.Header[vlanTag](packet, at, leave).U16("Type"))
				at.Inc(4)
			})
		}
		dsl.Switch(f, kind.Get(),
			dsl.Case(func() {
				ip := dsl.Header[ipv4](packet, at, leave)
				source := dsl.Local[maps.IPv4Prefix](f)
				source.U32("Bits").Set(32)
				move(source.Part("Address"), ip.Part("From"), 4)
				class.Set(classOf(f, ip.U8("Protocol").Get()))
				w.judge(f, w.blocked4.In(f).Lookup(source), length, verdict)
			}, etherIPv4),
			dsl.Case(func() {
				ip := dsl.Header[ipv6](packet, at, leave)
				source := dsl.Local[maps.IPv6Prefix](f)
				source.U32("Bits").Set(128)
				move(source.Part("Address"), ip.Part("From"), 16)
				class.Set(classOf(f, ip.U8("Next").Get()))
				w.judge(f, w.blocked6.In(f).Lookup(source), length, verdict)
			}, etherIPv6),
			dsl.Default(func() {
				class.Set(classNotIP)
				verdict.Set(ctx.XDPPass)
			}))
	})

	counters := w.traffic.In(f).Lookup(class)
	f.If(counters.NotNil(), func() { // it is never nil, but the kernel's verifier requires the check
		f.If(verdict.Eq(ctx.XDPPass), func() {
			counters.U64("Passed.Packets").Inc(1)
			counters.U64("Passed.Bytes").Inc(length)
		}).Else(func() {
			counters.U64("Dropped.Packets").Inc(1)
			counters.U64("Dropped.Bytes").Inc(length)
		})
	})
	return verdict.Get()
}

// judge drops the packet if a rule was found, and the rule counts it. The count is atomic, because all processors use the same rule.
func (w *firewall) judge(f *dsl.Fn, rule dsl.Ref[tally], length dsl.U64, verdict dsl.VarU32) {
	f.If(rule.NotNil(), func() {
		rule.U64("Packets").AtomicAdd(1)
		rule.U64("Bytes").AtomicAdd(length)
	}).Else(func() { verdict.Set(ctx.XDPPass) })
}

// classOf is the class of an IP packet, by the protocol in its header.
func classOf(f *dsl.Fn, protocol dsl.U8) dsl.U32 {
	class := f.U32(classOtherIP).Var()
	dsl.Switch(f, protocol,
		dsl.Case(func() { class.Set(classTCP) }, protocolTCP),
		dsl.Case(func() { class.Set(classUDP) }, protocolUDP),
		dsl.Case(func() { class.Set(classICMP) }, protocolICMP, protocolICMPv6))
	return class.Get()
}

// move copies bytes, four at a time.
func move(to, from dsl.Ptr, size int16) {
	for at := int16(0); at < size; at += 4 {
		to.At(at).U32().Set(from.At(at).U32())
	}
}
