//go:build linux

package progtest_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/progtest"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// packets are those that the programs run on.
var packets = map[string][]progtest.Layer{
	"udp":   {progtest.IPv4{}, progtest.UDP{SourcePort: 7, DestinationPort: 53}, progtest.Payload("a query")},
	"tcp6":  {progtest.IPv6{}, progtest.TCP{DestinationPort: 80, Flags: progtest.SYN}},
	"vlan":  {progtest.Ethernet{Destination: "01:00:5e:00:00:01"}, progtest.VLAN{ID: 5}, progtest.IPv4{}, progtest.UDP{}},
	"qinq":  {progtest.Ethernet{}, progtest.VLAN{ID: 5, Service: true}, progtest.VLAN{ID: 6}, progtest.IPv4{}, progtest.TCP{}},
	"other": {progtest.Ethernet{Destination: "02:00:00:00:00:09", Type: 0x88b5}, progtest.Payload("nothing that anybody knows")},
	"large": {progtest.IPv4{}, progtest.UDP{}, progtest.Payload(make([]byte, 3400))}, // 78 bytes less than the most
	"group": {progtest.Ethernet{Destination: "33:33:00:00:00:01"}, progtest.IPv6{}, progtest.ICMP{Type: 128}},
}

// xdp makes a program that returns what the function computes.
func xdp(body func(f *dsl.Fn, x ctx.XDP) dsl.Operand) *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, x ctx.XDP) dsl.U32 { return f.VarU32(body(f, x)).Get() })
}

func skb(body func(f *dsl.Fn, x ctx.SKB) dsl.Operand) *dsl.Program {
	return dsl.Func("p", func(f *dsl.Fn, x ctx.SKB) dsl.U32 { return f.VarU32(body(f, x)).Get() })
}

// buffer is memory in the frame.
type buffer struct{ Bytes [32]uint8 }

// xdpPrograms change packets of XDP.
func xdpPrograms() map[string]*dsl.Program {
	all := map[string]*dsl.Program{
		"length":  xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand { return helper.XdpGetBuffLen(f, x).U32() }),
		"ifindex": xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand { return x.IngressIfindex().Shl(8).Or(x.RxQueueIndex()) }),
		"first bytes": xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			b := x.Packet().Bytes(0, 14, f.ReturnConst(1))
			b.At(0).U16().Set(b.At(12).U16())
			return b.At(10).U32()
		}),
		"metadata": xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			f.If(helper.XdpAdjustMeta(f, x, f.S32(-8)).Lt(0), f.ReturnConst(99))
			f.If(helper.XdpAdjustHead(f, x, f.S32(-4)).Lt(0), f.ReturnConst(98))
			return f.U32(5)
		}),
	}
	for _, n := range []int32{-500, -217, -216, -100, -4, 0, 1, 4, 14, 33, 78, 79, 400, 3600, 4096} {
		all[fmt.Sprint("head ", n)] = xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			return helper.XdpAdjustHead(f, x, f.S32(n)).U32()
		})
		all[fmt.Sprint("tail ", n)] = xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			return helper.XdpAdjustTail(f, x, f.S32(n)).U32()
		})
		all[fmt.Sprint("meta ", n)] = xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			return helper.XdpAdjustMeta(f, x, f.S32(n)).U32()
		})
		all[fmt.Sprint("load ", n)] = xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			b := dsl.Local[buffer](f)
			got := helper.XdpLoadBytes(f, x, f.U32(uint32(n)), b, f.U32(8)).U32()
			return got.Xor(b.Part("Bytes").At(4).U32())
		})
		all[fmt.Sprint("store ", n)] = xdp(func(f *dsl.Fn, x ctx.XDP) dsl.Operand {
			return helper.XdpStoreBytes(f, x, f.U32(uint32(n)), dsl.Local[buffer](f), f.U32(8)).U32()
		})
	}
	return all
}

// tcPrograms change packets of traffic control.
func tcPrograms() map[string]*dsl.Program {
	all := map[string]*dsl.Program{
		"mark": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			x.SetMark(x.Len())
			x.SetPriority(f.U32(3))
			x.SetCb(2, x.Protocol())
			return x.Mark().Add(x.Priority()).Add(x.Cb(2))
		}),
		"pop twice": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			first := helper.SkbVlanPop(f, x).U32().Var()
			f.If(first.Ne(0), func() { f.Return(first.Get()) })
			first.Set(x.VlanTci().Or(x.VlanPresent().Shl(20)))
			f.If(helper.SkbVlanPop(f, x).Ne(0), f.ReturnConst(7))
			return first.Xor(x.Protocol().Shl(4))
		}),
		"push twice": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			f.If(helper.SkbVlanPush(f, x, f.U16(0x0081), f.U16(100)).Ne(0), f.ReturnConst(99))
			first := x.VlanTci().Or(x.VlanPresent().Shl(20)).Var()
			f.If(helper.SkbVlanPush(f, x, f.U16(0xa888), f.U16(200)).Ne(0), f.ReturnConst(98))
			return first.Add(x.VlanTci()).Add(x.VlanProto()).Add(x.Len().Shl(8)).Add(x.Protocol())
		}),
		"ttl": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand { // as a router: one less, and the checksum follows
			b := dsl.Local[buffer](f)
			f.If(helper.SkbLoadBytes(f, x, f.U32(22), b, f.U32(2)).Ne(0), f.ReturnConst(90))
			old := b.Part("Bytes").At(0).U16().Get().Var()
			b.Part("Bytes").At(0).U8().Set(b.Part("Bytes").At(0).U8().Get().Sub(1))
			now := b.Part("Bytes").At(0).U16().Get().U64()
			f.If(helper.L3CsumReplace(f, x, f.U32(24), old.U64(), now, f.U64(2)).Ne(0), f.ReturnConst(91))
			return helper.SkbStoreBytes(f, x, f.U32(22), b, f.U32(1), f.U64(0)).U32()
		}),
		"hash":     skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand { helper.SetHash(f, x, f.U32(77)); return x.Hash() }),
		"redirect": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand { return helper.Redirect(f, f.U32(1), f.U64(6)).U32() }),
		"change type": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			return helper.SkbChangeType(f, x, f.U32(1)).U32().Shl(4).Or(x.PktType())
		}),
		"bad type": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand { return helper.SkbChangeType(f, x, f.U32(4)).U32() }),
		"fields": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			return x.Len().Add(x.PktType().Shl(12)).Add(x.Ifindex().Shl(16)).Add(x.IngressIfindex().Shl(17)).Xor(x.Protocol()).
				Add(x.QueueMapping()).Add(x.TcIndex())
		}),
	}
	for _, n := range []int32{0, 1, 12, 13, 14, 15, 33, 34, 60, 400, 17000} {
		all[fmt.Sprint("change tail ", n)] = skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			return helper.SkbChangeTail(f, x, f.U32(uint32(n)), f.U64(0)).U32().Add(x.Len())
		})
		all[fmt.Sprint("change head ", n)] = skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			return helper.SkbChangeHead(f, x, f.U32(uint32(n)), f.U64(0)).U32().Add(x.Len())
		})
		all[fmt.Sprint("pull ", n)] = skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			return helper.SkbPullData(f, x, f.U32(uint32(n))).U32()
		})
		for start := range uint32(2) {
			all[fmt.Sprint("relative ", start, n)] = skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
				b := dsl.Local[buffer](f)
				got := helper.SkbLoadBytesRelative(f, x, f.U32(uint32(n)), b, f.U32(4), f.U32(start)).U32()
				return got.Xor(b.Part("Bytes").At(0).U32())
			})
		}
		for _, flags := range []uint64{2, 4, 0x12, 0x14, 0x24, 0x64, 3} {
			all[fmt.Sprint("checksum ", n, flags)] = skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
				return helper.L4CsumReplace(f, x, f.U32(uint32(n)), f.U64(0x12345678), f.U64(0x9abcdef0), f.U64(flags)).U32()
			})
		}
	}
	for _, sizes := range [][2]uint32{{0, 0}, {0, 8}, {8, 0}, {8, 16}, {4, 4}} {
		all[fmt.Sprint("difference ", sizes)] = skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			b := dsl.Local[buffer](f)
			f.If(helper.SkbLoadBytes(f, x, f.U32(4), b, f.U32(28)).Ne(0), f.ReturnConst(5))
			return helper.CsumDiff(f, b, f.U32(sizes[0]), b.Part("Bytes").Offset(f.U64(12)), f.U32(sizes[1]), f.U32(0xfeedbeef)).U32()
		})
	}
	return all
}

// cgroupPrograms see packets from the network header on. They may return 0 to 3.
func cgroupPrograms() map[string]*dsl.Program {
	return map[string]*dsl.Program{
		"version": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			return x.Packet().Bytes(0, 1, f.ReturnConst(3)).At(0).U8().Get().Shr(6).U32()
		}),
		"length": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand { return x.Len().And(3) }),
		"load": skb(func(f *dsl.Fn, x ctx.SKB) dsl.Operand {
			b := dsl.Local[buffer](f)
			f.If(helper.SkbLoadBytes(f, x, f.U32(9), b, f.U32(4)).Ne(0), f.ReturnConst(2))
			return b.Part("Bytes").At(0).U8().Get().U32().And(3)
		}),
	}
}

// TestAsInTheKernel runs programs on packets, here and with BPF_PROG_TEST_RUN: verdict and bytes are the same.
func TestAsInTheKernel(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 13) // since then bpf_csum_diff returns 16 bits
	t.Parallel()
	for _, set := range []struct {
		kind     syscall.ProgType
		programs map[string]*dsl.Program
		skip     int // bytes at the begin that the kernel does not return
	}{
		{syscall.ProgTypeXDP, xdpPrograms(), 0},
		{syscall.ProgTypeSchedCls, tcPrograms(), 0},
		{syscall.ProgTypeCgroupSKB, cgroupPrograms(), 14},
	} {
		for name, program := range set.programs {
			options := prog.Options{Type: set.kind, License: "GPL"}
			if set.kind == syscall.ProgTypeCgroupSKB {
				options.AttachType = syscall.AttachCgroupInetEgress
			}
			here := progtest.New(t, program, options)
			loaded, err := prog.Load(program, options)
			if err != nil {
				t.Fatalf("%v, %s: %v", set.kind, name, err)
			}
			for packetName, layers := range packets {
				packet, err := progtest.Build(layers...)
				if err != nil {
					t.Fatal(err)
				}
				want, err := loaded.Run(prog.Input{Data: bytes.Clone(packet)})
				if err != nil {
					t.Errorf("%v, %s, %s: the kernel: %v", set.kind, name, packetName, err)
					continue
				}
				got, err := here.TryRun(packet)
				if err != nil || got.Code != want.Result {
					t.Errorf("%v, %s, %s: %#x, %v; the kernel has %#x", set.kind, name, packetName, got.Code, err, want.Result)
				} else if all := append(got.Metadata, got.Packet...); !bytes.Equal(all[min(set.skip, len(all)):], want.Data[min(set.skip,
					len(want.Data)):]) {
					t.Errorf("%v, %s, %s:\nhere   % x\nkernel % x", set.kind, name, packetName, all, want.Data)
				}
			}
			loaded.Close()
		}
	}
}
