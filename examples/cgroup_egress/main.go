// Command cgroup_egress counts what the processes of each cgroup send, for three seconds.
//
//	go run -exec sudo ./examples/cgroup_egress /sys/fs/cgroup
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/kernel/ctx"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// Traffic is what a cgroup has sent, with the headers of IP.
type traffic struct{ Packets, Bytes uint64 }

// sent has the traffic by the number of the cgroup, which is the inode of its folder.
var sent = maps.NewLRUHash[uint64, traffic]("sent", 10_000)

// count is called for each packet that a process in the cgroup, or in one below it, sends.
var count = dsl.Func("count", func(f *dsl.Fn, skb ctx.SKB) dsl.S32 {
	id := helper.SkbCgroupId(f, skb)
	sent.In(f).Update(id, dsl.Local[traffic](f), maps.NoExist) // zeros, the first time
	t := sent.In(f).Lookup(id)
	f.If(t.NotNil(), func() {
		t.U64("Packets").AtomicAdd(1)
		t.U64("Bytes").AtomicAdd(skb.Len().U64())
	})
	return f.S32(1) // it may be sent
})

func main() {
	if len(os.Args) != 2 {
		log.Fatal("name the folder of a cgroup, version 2")
	}
	if err := run(os.Args[1], os.Stdout, func() { time.Sleep(3 * time.Second) }); err != nil {
		log.Fatal(err)
	}
}

// run counts as long as wait waits.
func run(cgroup string, stdout io.Writer, wait func()) error {
	defer sent.Close()
	p, err := prog.Load(count, prog.Options{License: "GPL", Type: syscall.ProgTypeCgroupSKB, AttachType: syscall.AttachCgroupInetEgress})
	if err != nil {
		return err
	}
	defer p.Close()
	attached, err := link.AttachCgroup(p, link.CgroupOptions{Path: cgroup})
	if err != nil {
		return err
	}
	defer attached.Close()
	wait()
	for id, t := range sent.All(&err) {
		fmt.Fprintf(stdout, "cgroup %d sent %d packets, %d bytes\n", id, t.Packets, t.Bytes)
	}
	return err
}
