package prog

import (
	"bytes"
	"errors"
	"fmt"
	errno "syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// An Input is what a program is run on, in place of what the kernel would give it.
type Input struct {
	// Context is the program's context as user space writes it: struct __sk_buff,
	// xdp_md, bpf_sk_lookup; the arguments of a raw tracepoint, eight bytes each;
	// any bytes for a syscall program. nil is an empty context.
	Context []byte

	// Data is a packet, from the link layer's header on, for the types that see packets. It must have at least 14 bytes, the length of an
	// Ethernet header: the kernel refuses a shorter one with EINVAL.
	Data []byte

	Repeat uint32 // how often; 0 stands for 1, the only choice for some types
}

// An Output is the result of a run.
type Output struct {
	Result   uint32 // R0
	Context  []byte
	Data     []byte
	Duration time.Duration // mean of one run, where the kernel measures it
}

// headroom is how many bytes a program may add to its packet in a run, and how many bytes longer the context may be that the kernel
// returns.
const headroom = 512

// Run runs the program once, or some times, without attaching it. Not all types can
// be run: socket filters, XDP, tc, cgroup skb, raw tracepoints, sk_lookup, syscall
// and some more. The errors are [*StepError], about StepRun.
func (l *Loaded) Run(in Input) (*Output, error) {
	if l.FD() == nil {
		return nil, &StepError{Step: StepRun, Err: ErrNotLoaded}
	}
	attr := syscall.TestRunAttr{Prog: l.fd, DataIn: in.Data, CtxIn: bytes.Clone(in.Context), Repeat: in.Repeat}
	if in.Data != nil {
		attr.DataOut = make([]byte, len(in.Data)+headroom)
	}
	inPlace := l.plan.Options.Type.Info().NoCopy
	if !inPlace && in.Context != nil {
		attr.CtxOut = make([]byte, len(in.Context)+headroom)
	}
	result, err := syscall.ProgTestRun(&attr)
	if err != nil {
		return nil, l.runFailed(in, err)
	}
	out := &Output{Result: result.RetVal, Context: result.CtxOut, Data: result.DataOut, Duration: result.Duration}
	if inPlace {
		out.Context = attr.CtxIn
	}
	return out, nil
}

// ethernetHeader is the least length of a packet (ETH_HLEN; bpf_prog_test_run_skb and bpf_prog_test_run_xdp, net/bpf/test_run.c, 6.18).
const ethernetHeader = 14

// runFailed wraps the error of a run.
func (l *Loaded) runFailed(in Input, err error) error {
	e := &StepError{Step: StepRun, Subject: l.plan.Object.Program.Name, Position: l.plan.Object.Program.Pos, Err: err}
	typ := l.plan.Options.Type
	if context := typ.Info().Context; errors.Is(err, errno.EINVAL) && len(in.Data) < ethernetHeader &&
		(context == "xdp_md" || context == "__sk_buff") {
		e.Help = fmt.Sprintf("%v programs run on a packet: Input.Data has %s and must have at least %d, an Ethernet header", typ,
			phrase.Count(len(in.Data), "byte"), ethernetHeader)
	}
	return e
}
