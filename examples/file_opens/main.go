// Command file_opens lists the files that programs on this machine open.
//
//	go run -exec sudo ./examples/file_opens       # until Ctrl-C
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

const openat = 257 // the number of the system call on x86-64

// An open is a call of openat. Texts end with a zero.
type open struct {
	Thread  uint64 // the process in the upper half
	Program [16]uint8
	Path    [104]uint8
}

var opens = maps.NewRing[open]("opens", 1<<20)

// onSyscall is called at each system call, with the registers that the process has set (x86: the path is in si).
var onSyscall = dsl.Func("on_syscall", func(f *dsl.Fn, registers dsl.Ptr, number dsl.S64) dsl.S32 {
	f.If(number.Ne(openat), f.ReturnConst(0))
	o := opens.In(f).Reserve()
	f.If(o.IsNil(), f.ReturnConst(0)) // nobody reads fast enough
	o.U64("Thread").Set(helper.GetCurrentPidTgid(f))
	helper.GetCurrentComm(f, o.Part("Program"), 16)
	helper.ProbeReadUserStr(f, o.Part("Path"), 104, registers.To("pt_regs").Field("si").U64())
	opens.In(f).Submit(o)
	return f.S32(0)
})

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	log.Fatal(run(ctx, os.Stdout))
}

func run(ctx context.Context, stdout io.Writer) error {
	defer opens.Close()
	p, err := prog.Load(onSyscall, prog.Options{License: "GPL", Type: syscall.ProgTypeTracing, AttachType: syscall.AttachTraceRawTP,
		AttachTo: "sys_enter"})
	if err != nil {
		return err
	}
	defer p.Close()
	attached, err := link.AttachTracing(p, link.TracingOptions{})
	if err != nil {
		return err
	}
	defer attached.Close()
	for {
		o, err := opens.Read(ctx)
		if err != nil {
			return err
		}
		path, _, _ := bytes.Cut(o.Path[:], []byte{0}) // what is behind it in the ring is old
		fmt.Fprintf(stdout, "%7d %-16s %s\n", o.Thread>>32, bytes.TrimRight(o.Program[:], "\x00"), path)
	}
}
