package tcpsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/opsrun"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
)

// An Experiment is what Run runs: connections over a link, for some time.
type Experiment struct {
	Link     Link
	Flows    []Flow
	Duration time.Duration // of simulated time; 0 means 4 s

	// Types are the kernel's; nil means those of the newest kernel of package fixture. Programs are compiled for them.
	Types *btf.Types

	// HZ is the kernel's CONFIG_HZ, jiffies a second; 0 means 250. Timers expire at jiffies, and programs may count them.
	HZ uint32

	// Seed is where random numbers begin: losses, and what programs draw. The same experiment has the same result.
	Seed uint64

	// SampleEvery is the time between samples of the senders; 0 means 5 ms.
	SampleEvery time.Duration

	// Progress is called with the simulated time at each sample, if it is not nil.
	Progress func(at time.Duration)
}

// A Flow is a connection through the link.
type Flow struct {
	// Ops is the algorithm, such as a tcp.CongestionOps; nil means the kernel's Reno.
	Ops structops.Implementation

	Start time.Duration // when the connection is established

	// Bytes is how much the application sends; 0: without an end.
	Bytes int64

	// AppRate is how fast the application writes, in bits per second; 0: as fast as TCP takes it.
	AppRate int64
}

// Run runs an experiment. An error is a mistake in the experiment or in a program. If the context ends first, the results are those until
// then.
func Run(ctx context.Context, e Experiment) (Result, error) {
	s, err := newSim(ctx, e)
	if err != nil {
		return Result{}, err
	}
	err = s.run(ctx)
	return s.result(), err
}

const (
	usualDuration = 4 * time.Second
	usualSample   = 5 * time.Millisecond
	usualHZ       = 250

	// clockStart is the kernel's clock when the simulation begins, in ns: a machine that has run for a while.
	clockStart = 1_000_000_000_000
)

// A sim is an experiment that runs. Times are in nanoseconds since its start.
type sim struct {
	e      Experiment
	link   Link
	hz     uint64
	now    int64
	end    int64
	flows  []*flow
	data   bottleneck // the way from the senders
	back   bottleneck // the way of acknowledgements
	random *rand.Rand

	sampleAt int64
}

// A flow is a connection: both its ends, and what is on its way.
type flow struct {
	Flow
	name     string
	sender   sender
	receiver receiver
	programs [2]*program // of sender and receiver; nil for Reno
	needsECN bool

	data ring[packet]
	acks ring[ackPacket]

	startAt, writeAt int64 // -1: not to come
	writeEvery       int64 // ns between writes of a segment
	begun            bool

	acknowledged                 int64 // acknowledgements that the sender has handled
	timeouts, recoveries, undone int

	lastAt          int64 // until when the means are computed
	cwndSum, rttSum float64
	samples         []Sample
	doneAt          int64 // when all of Bytes were received; 0: not yet
}

func newSim(ctx context.Context, e Experiment) (*sim, error) {
	if e.Duration == 0 {
		e.Duration = usualDuration
	}
	if e.SampleEvery == 0 {
		e.SampleEvery = usualSample
	}
	if e.HZ == 0 {
		e.HZ = usualHZ
	}
	err := e.Link.validate()
	if e.Duration < 0 || e.SampleEvery < 0 {
		err = errors.Join(err, fmt.Errorf("fields Duration, %v, and SampleEvery, %v: must be positive", e.Duration, e.SampleEvery))
	}
	if len(e.Flows) == 0 {
		err = errors.Join(err, errors.New("there are no Flows: add a Flow"))
	}
	for i, f := range e.Flows {
		if f.Start < 0 || f.Bytes < 0 || f.AppRate < 0 {
			err = errors.Join(err, fmt.Errorf("flow %d: Start, Bytes and AppRate must be at least 0", i))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tcpsim: %w", err)
	}
	if e.Types == nil {
		kernels := fixture.Kernels()
		if e.Types, err = fixture.Open(kernels[len(kernels)-1]); err != nil {
			return nil, fmt.Errorf("tcpsim: %w", err)
		}
	}
	s := &sim{e: e, link: e.Link.withDefaults(), hz: uint64(e.HZ), end: int64(e.Duration)}
	s.random = rand.New(rand.NewPCG(e.Seed, 0))
	perByte := 8e9 / float64(s.link.Rate)
	s.data = bottleneck{nsPerByte: perByte, packets: s.link.Queue, bytes: s.link.QueueBytes, mark: s.link.ECNThreshold,
		loss: s.link.Loss, random: s.random}
	s.back = bottleneck{nsPerByte: perByte}
	for i, f := range e.Flows {
		made, err := s.newFlow(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("tcpsim: Flows[%d]: %w", i, err)
		}
		s.flows = append(s.flows, made)
	}
	return s, nil
}

// newFlow makes a connection that is not established yet.
func (s *sim) newFlow(ctx context.Context, what Flow) (*flow, error) {
	f := &flow{Flow: what, name: "reno", startAt: int64(what.Start), writeAt: -1}
	mss := s.link.MTU - headerBytes
	var err error
	sk, peer := (*sock)(nil), (*sock)(nil)
	if sk, err = newSock(s.e.Types, mss); err != nil {
		return nil, err
	}
	if peer, err = newSock(s.e.Types, mss); err != nil {
		return nil, err
	}
	f.sender = sender{sock: sk, sim: s, flow: f, cc: reno{sk}, undoFrom: -1, tlpHigh: -1}
	f.receiver = receiver{sock: peer, sim: s, flow: f, cc: reno{peer}}
	if f.sender.rs, err = newRateSample(s.e.Types); err != nil {
		return nil, err
	}
	if f.sender.ack, err = newAckSample(s.e.Types); err != nil {
		return nil, err
	}
	if s.link.ECNThreshold > 0 {
		sk.ecnFlags.set(ecnOK)
		peer.ecnFlags.set(ecnOK)
	}
	if what.Ops != nil {
		if err := s.compile(ctx, f); err != nil {
			return nil, err
		}
	}
	if what.AppRate > 0 {
		f.writeEvery = int64(float64(mss) * 8e9 / float64(what.AppRate))
	}
	return f, nil
}

// compile makes the programs of a flow: the sender's, and with ECN the receiver's.
func (s *sim) compile(ctx context.Context, f *flow) error {
	target := compile.Target{BTF: s.e.Types, ByteOrder: isa.LittleEndian}
	p, err := newProgram(ctx, f.Ops, target, 2*len(s.flows), f.sender.object, f.sender.rs.object, f.sender.ack.object)
	if err != nil {
		return err
	}
	f.programs[0], f.name, f.needsECN = p, p.name, p.needsECN
	f.sender.cc = p
	err = p.helpers(func(name string) bool {
		if name == "reno" {
			f.sender.cc = reno{f.sender.sock}
			f.name, f.needsECN = name, false
		}
		return name == f.name
	}, func(uint32) {})
	if err == nil && s.link.ECNThreshold > 0 {
		r := &f.receiver
		if f.programs[1], err = newProgram(ctx, f.Ops, target, 2*len(s.flows)+1, r.object); err != nil {
			return err
		}
		r.cc = f.programs[1]
		err = f.programs[1].helpers(func(name string) bool {
			if name == "reno" {
				r.cc = reno{r.sock}
			}
			return name == f.name
		}, func(rcvNxt uint32) { r.send(int64((rcvNxt - firstSeq) / r.mssCache.get())) })
	}
	for _, p := range f.programs {
		if p != nil {
			m := p.ops.Machine
			m.HZ, m.Now, m.Random = uint32(s.hz), s.clock, s.random.Uint32
		}
	}
	return err
}

// clock is the kernel's clock, in ns.
func (s *sim) clock() uint64 { return clockStart + uint64(s.now) }

// time is when the kernel's clock has a value.
func (s *sim) time(clock uint64) int64 { return int64(clock - clockStart) }

// jiffies are the lower 32 bits of the kernel's jiffies.
func (s *sim) jiffies() uint32 {
	now := s.clock()
	return uint32(now/1_000_000_000*s.hz + now%1_000_000_000*s.hz/1_000_000_000)
}

// ticks is how long a number of jiffies is.
func (s *sim) ticks(jiffies uint32) int64 { return int64(uint64(jiffies) * 1_000_000_000 / s.hz) }

// after is when the clock has counted a number of jiffies more: at a tick.
func (s *sim) after(jiffies uint32) int64 {
	tick := int64(1_000_000_000 / s.hz)
	return s.now/tick*tick + s.ticks(jiffies)
}

// toJiffies is a time in µs, rounded up.
func (s *sim) toJiffies(us uint64) uint32 { return uint32((us*s.hz + 999_999) / 1_000_000) }

// run handles one event after the other.
func (s *sim) run(ctx context.Context) error {
	const checkEvery = 1 << 14
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			s.end = s.now
			return context.Cause(ctx)
		}
		if !s.step() {
			break
		}
		if err := s.failure(); err != nil {
			s.end = s.now
			return err
		}
	}
	for _, f := range s.flows {
		if f.begun {
			f.sender.cc.end()
		}
	}
	return s.failure()
}

// failure is the first mistake of a program.
func (s *sim) failure() error {
	for _, f := range s.flows {
		for _, p := range f.programs {
			if p != nil && p.err != nil {
				return &ProgramError{Flow: f.name, At: time.Duration(s.now), Err: p.err}
			}
		}
	}
	return nil
}

// A ProgramError is a mistake of an algorithm's program.
type ProgramError struct {
	Flow string        // the algorithm
	At   time.Duration // simulated time
	Err  error         // a *vm.Fault if it is an access or a loop, for example
}

// Error says what went wrong, with the instruction and the registers.
func (e *ProgramError) Error() string {
	return fmt.Sprintf("tcpsim: %s, after %v: %s", e.Flow, e.At, opsrun.Explain(e.Err))
}

// Unwrap returns Err.
func (e *ProgramError) Unwrap() error { return e.Err }

// What happens next.
type eventKind uint8

const (
	nothing eventKind = iota
	flowStarts
	packetArrives
	ackArrives
	timerExpires
	paceExpires
	delayExpires
	compressExpires
	applicationWrites
	sampleTaken
)

// step handles the next event; false if there is none before the end.
func (s *sim) step() bool {
	at, kind, who := s.sampleAt, sampleTaken, (*flow)(nil)
	for _, f := range s.flows {
		if t, k := f.nextEvent(); k != nothing && t < at {
			at, kind, who = t, k, f
		}
	}
	if at > s.end {
		s.now = s.end
		return false
	}
	s.now = at
	switch kind {
	case packetArrives:
		p := who.data.pop()
		who.receiver.receive(&p)
		if who.Bytes > 0 && who.doneAt == 0 && who.receiver.next >= who.segmentsOf(who.Bytes) {
			who.doneAt = s.now
		}
	case ackArrives:
		who.account(s.now)
		a := who.acks.pop()
		who.acknowledged++
		who.sender.acknowledge(&a)
	case timerExpires:
		who.account(s.now)
		who.sender.expire()
	case paceExpires:
		who.account(s.now)
		who.sender.paceAt = 0
		who.sender.refresh()
		if who.sender.lostOut.get() > who.sender.retransOut.get() && who.sender.cwnd.get() > who.sender.inFlight() {
			who.sender.resend()
		}
		who.sender.push(false)
	case delayExpires:
		who.receiver.delayAt = 0
		who.receiver.send(who.receiver.next)
	case compressExpires:
		who.receiver.send(who.receiver.next)
	case applicationWrites:
		who.account(s.now)
		s.write(who)
	case flowStarts:
		s.begin(who)
	case sampleTaken:
		s.sampleAt += int64(s.e.SampleEvery)
		for _, f := range s.flows {
			if f.begun {
				f.samples = append(f.samples, f.sample(s.now))
			}
		}
		if s.e.Progress != nil {
			s.e.Progress(time.Duration(s.now))
		}
	}
	return true
}

// nextEvent is the next event of a flow, and when it is.
func (f *flow) nextEvent() (at int64, kind eventKind) {
	at = 1<<63 - 1
	if !f.begun {
		return f.startAt, flowStarts
	}
	if f.data.n > 0 {
		at, kind = f.data.items[f.data.head].at, packetArrives
	}
	if f.acks.n > 0 {
		if t := f.acks.items[f.acks.head].at; t < at {
			at, kind = t, ackArrives
		}
	}
	if t := f.sender.timerAt; f.sender.timer != timerNone && t < at {
		at, kind = t, timerExpires
	}
	if t := f.sender.paceAt; t != 0 && t < at {
		at, kind = t, paceExpires
	}
	if t := f.receiver.delayAt; t != 0 && t < at {
		at, kind = t, delayExpires
	}
	if t := f.receiver.compressAt; t != 0 && t < at {
		at, kind = t, compressExpires
	}
	if t := f.writeAt; t >= 0 && t < at {
		at, kind = t, applicationWrites
	}
	return at, kind
}

func (f *flow) segmentsOf(bytes int64) int64 {
	mss := int64(f.sender.mssCache.get())
	return (bytes + mss - 1) / mss
}

// begin establishes a connection: the handshake has measured the round trip.
func (s *sim) begin(f *flow) {
	f.begun, f.lastAt = true, s.now
	const syn = 60 // bytes of a SYN with its options
	rtt := uint32((2*int64(s.link.Delay) + 2*int64(s.data.nsPerByte*syn)) / 1000)
	snd := &f.sender
	snd.refresh()
	snd.delivered.set(1)
	snd.deliveredMstamp.set(snd.mstamp.get())
	snd.firstTxMstamp.set(snd.mstamp.get())
	snd.rttMin.set(max(1, rtt))
	snd.measure(max(1, rtt))
	snd.setRTO()
	snd.lsndtime.set(s.jiffies())
	snd.cwndStamp.set(s.jiffies())
	snd.updatePacing()
	snd.cc.begin()
	snd.cc.buffers()
	rcv := &f.receiver
	rcv.clockCache.set(s.clock())
	rcv.mstamp.set(s.clock() / 1000)
	rcv.srttUS.set(max(1, rtt) << 3)
	rcv.cc.begin()
	s.write(f)
}

// write lets the application write.
func (s *sim) write(f *flow) {
	const endless = 1 << 50
	total := int64(endless)
	if f.Bytes > 0 {
		total = f.segmentsOf(f.Bytes)
	}
	if f.writeEvery == 0 {
		f.sender.write(total)
		f.writeAt = -1
		return
	}
	f.sender.write(1)
	f.writeAt = s.now + f.writeEvery
	if f.sender.written >= total {
		f.writeAt = -1
	}
}

// send gives a packet to the link.
func (s *sim) send(f *flow, p packet) {
	at, marked, ok := s.data.arrive(s.now, s.link.MTU, p.ect)
	if !ok {
		return
	}
	p.at, p.ce = at+int64(s.link.Delay), marked
	f.data.push(p)
}

// sendBack gives an acknowledgement to the way back.
func (s *sim) sendBack(f *flow, a ackPacket) {
	size := headerBytes
	if a.blocks > 0 {
		size += sackBytes + 8*a.blocks
	}
	at, _, _ := s.back.arrive(s.now, size, false)
	a.at = at + int64(s.link.Delay)
	f.acks.push(a)
}
