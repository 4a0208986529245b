// Package progtest runs programs in ordinary Go tests: without a kernel and without root. It is for programs that see packets (XDP, tc,
// cgroups, sockets), that get another context, or that trace the kernel. Members of interfaces are the subject of package
// [github.com/bpfsmith/bpfsmith/structops/structopstest].
//
// # What a test does
//
// A program that sees packets is called for each packet, and says with its result what happens to it: XDP_DROP, for example. It may also
// change the packet, and count in maps. A test makes packets, runs the program on them, and looks at all three:
//
//	func TestFirewall(t *testing.T) {
//		p := progtest.New(t, filter, prog.Options{License: "GPL"})
//		result := p.Send(progtest.IPv4{Source: "203.0.113.9"}, progtest.UDP{DestinationPort: 53}, progtest.Payload("query"))
//		if result.Verdict != "XDP_DROP" {
//			t.Errorf("it is %s", result.Verdict)
//		}
//		if n, err := dropped.Lookup(17); err != nil || n != 1 {
//			t.Errorf("%d are counted, %v", n, err)
//		}
//	}
//
// Packets are lists of headers: [Ethernet], [VLAN], [IPv4], [IPv6], [TCP], [UDP], [ICMP]. What a header says about others, such as lengths
// and checksums, is filled in. They are small structs of this package, and not those of a library, because our library packages bring no
// dependencies with them. The tests of this package compare them byte by byte with github.com/gopacket/gopacket. Packets of other makers
// are passed as bytes, to [Program.Run].
//
// The bytes of the program are those that the kernel would get: it is checked and compiled as for loading, and runs in package vm. An
// access out of bounds, or a loop without an end, fails the test with the line of Go and the registers.
//
// # What is as in the kernel
//
// The program sees a packet as in a test run of the kernel (BPF_PROG_TEST_RUN): it came from the loopback device. XDP and tc programs see
// it from the Ethernet header on; programs of cgroups, socket filters and lightweight tunnels from the network header on. Tests hold
// verdicts and bytes equal to those of the running kernel. Fields of the context that do not follow from the packet are 0, until
// [Program.Set] sets them.
//
// Programs with other contexts, and programs that trace, are run by [Program.Call].
package progtest
