package tcpsim

import (
	"bytes"
	"context"
	"fmt"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/opsrun"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A control is the congestion control of a socket: a program, or the kernel's Reno. The methods are the members of tcp_congestion_ops; one
// that the algorithm does not have does nothing. Errors of programs are kept: see program.err.
type control interface {
	begin()
	end()
	ssthresh() uint32
	undo() uint32
	avoid(ack, acked uint32)
	hasControl() bool // cong_control sets the window and the pacing rate; avoid is not called
	control(ack uint32, flags int)
	state(next uint8)
	event(e uint32)
	acked(flags uint32)
	wantsSamples() bool // it has pkts_acked
	sample()            // pkts_acked
	leastBurst() uint32 // min_tso_segs
	buffers() uint32    // sndbuf_expand
}

// reno is the kernel's Reno (net/ipv4/tcp_cong.c): RFC 5681.
type reno struct{ s *sock }

func (reno) begin()              {}
func (reno) end()                {}
func (reno) hasControl() bool    { return false }
func (reno) control(uint32, int) {}
func (reno) state(uint8)         {}
func (reno) event(uint32)        {}
func (reno) acked(uint32)        {}
func (reno) wantsSamples() bool  { return false }
func (reno) sample()             {}
func (reno) leastBurst() uint32  { return minTSOSegs }
func (reno) buffers() uint32     { return 2 }
func (r reno) ssthresh() uint32  { return max(r.s.cwnd.get()>>1, 2) }
func (r reno) undo() uint32      { return max(r.s.cwnd.get(), r.s.priorCwnd.get()) }

func (r reno) avoid(_, acked uint32) {
	s := r.s
	if !s.cwndLimited() {
		return
	}
	cwnd, most := s.cwnd.get(), s.cwndClamp.get()
	if s.inSlowStart() { // a segment for each that arrived, up to the threshold
		grown := min(cwnd+acked, s.ssthresh.get())
		acked -= grown - cwnd
		cwnd = min(grown, most)
		s.cwnd.set(cwnd)
		if acked == 0 {
			return
		}
	}
	count := s.cwndCnt.get() // a segment for each window that arrived
	if count >= cwnd {
		count = 0
		cwnd++
	}
	count += acked
	if w := s.cwnd.get(); count >= w {
		cwnd += count / w
		count %= w
	}
	s.cwndCnt.set(count)
	s.cwnd.set(min(cwnd, most))
}

// A program is an algorithm in BPF. It has a machine with the socket and the samples.
type program struct {
	ctx context.Context
	ops *opsrun.Ops
	err error // the first mistake of the program

	sk, rate, ack uint64 // addresses
	name          string
	needsECN      bool
	startsApart   bool // the kernel has cwnd_event_tx_start
	controlArgs   int  // that the kernel passes to cong_control

	onBegin, onEnd, onSsthresh, onUndo, onAvoid, onControl, onState, onEvent, onStart, onAcked, onSample, onBurst, onBuffers *opsrun.Member
}

// newProgram compiles an algorithm and gives it the objects of a connection.
// number is that of the socket in the experiment: sockets have different addresses, as in a kernel, because flows may share maps.
func newProgram(ctx context.Context, impl structops.Implementation, target compile.Target, number int, objects ...*vm.Struct) (*program,
	error) {
	if kind := impl.KernelStruct(); kind != "tcp_congestion_ops" {
		return nil, fmt.Errorf("the algorithm is a %s: expected a tcp_congestion_ops, such as tcp.CongestionOps", kind)
	}
	ops, err := opsrun.New(impl, target)
	if err != nil {
		return nil, err
	}
	p := &program{ctx: ctx, ops: ops, name: ops.Plan.Name}
	p.needsECN = flagsOf(impl)&needsECN != 0
	kind := ops.Plan.Type
	_, p.startsApart = kind.Member("cwnd_event_tx_start")
	if m, ok := kind.Member("cong_control"); ok {
		p.controlArgs = len(m.Params)
	}
	for range number {
		ops.Machine.Add(vm.Memory{Name: "another socket"})
	}
	last := p.controlArgs - 1 // of cong_control: the sample
	for n, to := range []struct {
		member    string
		parameter int
		addr      *uint64
	}{{"ssthresh", 0, &p.sk}, {"cong_control", last, &p.rate}, {"pkts_acked", 1, &p.ack}}[:len(objects)] {
		if *to.addr, err = ops.Pass(to.member, to.parameter, objects[n]); err != nil {
			return nil, err
		}
	}
	for name, to := range map[string]**opsrun.Member{
		"init": &p.onBegin, "release": &p.onEnd, "ssthresh": &p.onSsthresh, "undo_cwnd": &p.onUndo, "cong_avoid": &p.onAvoid,
		"cong_control": &p.onControl, "set_state": &p.onState, "cwnd_event": &p.onEvent, "cwnd_event_tx_start": &p.onStart,
		"in_ack_event": &p.onAcked, "pkts_acked": &p.onSample, "min_tso_segs": &p.onBurst, "sndbuf_expand": &p.onBuffers,
	} {
		*to = ops.Member(name)
	}
	return p, nil
}

const needsECN = 2 // tcp_congestion_ops.flags: TCP_CONG_NEEDS_ECN

// flagsOf is the member flags of an implementation.
func flagsOf(impl structops.Implementation) uint64 {
	switch flags := structops.ByName(impl).Members["flags"].(type) {
	case uint32:
		return uint64(flags)
	case uint64:
		return flags
	case int:
		return uint64(flags)
	}
	return 0
}

// call calls a member with the socket and other arguments. After a mistake nothing is called.
func (p *program) call(m *opsrun.Member, args ...uint64) int64 {
	if m == nil || p.err != nil {
		return 0
	}
	var all [4]uint64
	all[0] = p.sk
	n := 1 + copy(all[1:], args)
	result, err := m.Call(p.ctx, all[:n]...)
	if err != nil {
		p.err = err
	}
	return result
}

func (p *program) begin()             { p.call(p.onBegin) }
func (p *program) end()               { p.call(p.onEnd) }
func (p *program) ssthresh() uint32   { return uint32(p.call(p.onSsthresh)) }
func (p *program) undo() uint32       { return uint32(p.call(p.onUndo)) }
func (p *program) hasControl() bool   { return p.onControl != nil }
func (p *program) wantsSamples() bool { return p.onSample != nil }
func (p *program) sample()            { p.call(p.onSample, p.ack) }
func (p *program) state(next uint8)   { p.call(p.onState, uint64(next)) }
func (p *program) acked(flags uint32) { p.call(p.onAcked, uint64(flags)) }

func (p *program) avoid(ack, acked uint32) { p.call(p.onAvoid, uint64(ack), uint64(acked)) }

func (p *program) control(ack uint32, flags int) {
	if p.controlArgs == 2 { // before Linux 6.10
		p.call(p.onControl, p.rate)
		return
	}
	p.call(p.onControl, uint64(ack), uint64(flags), p.rate)
}

func (p *program) event(e uint32) {
	if e == eventTxStart && p.startsApart {
		p.call(p.onStart)
		return
	}
	p.call(p.onEvent, uint64(e))
}

func (p *program) leastBurst() uint32 {
	if p.onBurst == nil {
		return minTSOSegs
	}
	return uint32(p.call(p.onBurst))
}

func (p *program) buffers() uint32 {
	if p.onBuffers == nil {
		return 2
	}
	return uint32(p.call(p.onBuffers))
}

// Numbers of errors, as programs see them on all systems.
const (
	enoent = 2
	einval = 22
)

// failed is what a helper returns for an error.
func failed(errno int64) uint64 { return uint64(-errno) }

// helpers gives the machine the helpers that change a socket.
func (p *program) helpers(setCongestion func(name string) bool, sendAck func(rcvNxt uint32)) error {
	m := p.ops.Machine
	err := m.SetHelper("bpf_setsockopt", func(m *vm.Machine) (uint64, error) {
		const solTCP, tcpCongestion = 6, 13
		if m.Arg(1) != p.sk || m.Arg(2) != solTCP || m.Arg(3) != tcpCongestion {
			return failed(einval), nil
		}
		value, err := m.Bytes(m.Arg(4), int(uint32(m.Arg(5))))
		if err != nil {
			return 0, err
		}
		name, _, _ := bytes.Cut(value, []byte{0})
		if !setCongestion(string(name)) {
			return failed(enoent), nil
		}
		return 0, nil
	})
	if err != nil {
		return err
	}
	return m.SetHelper("bpf_tcp_send_ack", func(m *vm.Machine) (uint64, error) {
		if m.Arg(1) != p.sk {
			return failed(einval), nil
		}
		sendAck(uint32(m.Arg(2)))
		return 0, nil
	})
}
