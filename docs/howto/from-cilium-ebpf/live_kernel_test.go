//go:build linux

package howto_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	ciliumlink "github.com/cilium/ebpf/link"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

// before is a loader with cilium/ebpf, for an object that clang has made.
func before(object string, iface int, w io.Writer) error {
	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		return err
	}
	c, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	defer c.Close()
	l, err := ciliumlink.AttachXDP(ciliumlink.XDPOptions{
		Program: c.Programs["filter"], Interface: iface, Flags: ciliumlink.XDPGenericMode,
	})
	if err != nil {
		return err
	}
	defer l.Close()
	ports := c.Maps["ports"]
	if err := ports.Put(uint16(9999), uint64(0)); err != nil {
		return err
	}
	if err := send(9999); err != nil {
		return err
	}
	var port uint16
	var dropped uint64
	all := ports.Iterate()
	for all.Next(&port, &dropped) {
		fmt.Fprintf(w, "port %d: %d dropped\n", port, dropped)
	}
	return all.Err()
}

var ports = maps.NewHash[uint16, uint64]("ports", 100)

// filter is the program, which was in C before.
func filter(f *dsl.Fn, x ctx.XDP) dsl.U32 {
	pass := f.ReturnConst(ctx.XDPPass)
	p := x.Packet().Bytes(0, 42, pass)
	f.If(p.At(12).BE().U16().Ne(0x0800).Or(p.At(14).U8().Ne(0x45)).Or(p.At(23).U8().Ne(17)), pass)
	dropped := ports.In(f).Lookup(p.At(36).BE().U16())
	f.If(dropped.IsNil(), pass)
	dropped.U64("").AtomicAdd(1)
	return f.U32(ctx.XDPDrop)
}

// after is the same loader with bpfsmith.
func after(iface int, w io.Writer) error {
	defer ports.Close()
	p, err := prog.Load(dsl.Func("filter", filter), prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	l, err := link.AttachXDP(p, link.XDPOptions{Interface: iface, Flags: link.XDPGenericMode})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := ports.Put(9999, 0); err != nil {
		return err
	}
	if err := send(9999); err != nil {
		return err
	}
	for port, dropped := range ports.All(&err) {
		fmt.Fprintf(w, "port %d: %d dropped\n", port, dropped)
	}
	return err
}

// TestBoth runs both loaders in the kernel. They print the same.
func TestBoth(t *testing.T) {
	kerneltest.Require(t)
	clang := kerneltest.RequireTool(t, "clang-19", "clang-19", "clang")
	object := filepath.Join(t.TempDir(), "ports.o")
	source := filepath.FromSlash("../from-c/testdata/ports.c")
	if out, err := exec.Command(clang, "-O2", "-g", "-target", "bpf", "-c", source, "-o", object).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, run := range map[string]func(io.Writer) error{
		"cilium/ebpf": func(w io.Writer) error { return before(object, kerneltest.Loopback, w) },
		"bpfsmith":    func(w io.Writer) error { return after(kerneltest.Loopback, w) },
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			kerneltest.InNetns(t, func() error { return run(&out) })
			recorded.Compare(t, "testdata/dropped.txt", out.String())
		})
	}
}

// send sends a UDP packet to a port of this machine.
func send(port int) error {
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("hello"))
	return errors.Join(err, conn.Close())
}
