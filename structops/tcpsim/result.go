package tcpsim

import "time"

// A Result is what an experiment has shown.
type Result struct {
	Elapsed time.Duration // simulated
	Flows   []FlowResult  // in the order of the experiment

	Dropped   int64 // packets that found the queue full
	Lost      int64 // packets that were lost at random
	Marked    int64 // packets with a mark
	PeakQueue int   // most packets that waited
}

// A FlowResult is what a connection has done.
type FlowResult struct {
	Algorithm   string        // that ran at the end
	Elapsed     time.Duration // since the connection was established
	Received    int64         // bytes that the receiving application has read
	GoodputBPS  float64       // Received in bits per second
	MeanCwnd    float64       // segments, weighted by time, slow start included
	MeanRTT     time.Duration // smoothed, weighted by time
	MinRTT      time.Duration
	Done        time.Duration // when all of Flow.Bytes were received, since the start of the experiment; 0: not yet
	Acks        int64         // that the sender has handled
	Retransmits int           // segments sent again
	Timeouts    int
	Recoveries  int // losses that acknowledgements have shown
	Undone      int // reductions that were taken back
	Samples     []Sample
}

// A Sample is the state of a sender at one moment.
type Sample struct {
	At          time.Duration // since the connection was established
	Cwnd        uint32        // segments
	Ssthresh    uint32        // segments; InfiniteSsthresh before the first loss
	RTT         time.Duration // smoothed
	Unacked     uint32        // segments that are not acknowledged by number
	InFlight    uint32        // segments that are on the way, as TCP thinks
	PacingRate  uint64        // bytes per second
	Retransmits uint32
	State       uint8 // 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss
}

func (f *flow) sample(now int64) Sample {
	s := &f.sender
	return Sample{
		At: time.Duration(now - f.startAt), Cwnd: s.cwnd.get(), Ssthresh: s.ssthresh.get(), RTT: smoothed(s.srttUS.get()),
		Unacked: s.packetsOut.get(), InFlight: s.inFlight(), PacingRate: s.pacingRate.get(), Retransmits: s.totalRetrans.get(),
		State: s.caState.get(),
	}
}

// smoothed is an srtt_us as a duration.
func smoothed(us uint32) time.Duration { return time.Duration(us>>3) * time.Microsecond }

// account takes the time since the last change into the means.
func (f *flow) account(now int64) {
	passed := float64(now - f.lastAt)
	f.cwndSum += passed * float64(f.sender.cwnd.get())
	f.rttSum += passed * float64(f.sender.srttUS.get()>>3)
	f.lastAt = now
}

func (s *sim) result() Result {
	r := Result{Elapsed: time.Duration(s.end), Dropped: s.data.dropped, Lost: s.data.lost, Marked: s.data.marked, PeakQueue: s.data.peak}
	for _, f := range s.flows {
		one := FlowResult{Algorithm: f.name, Samples: f.samples, Timeouts: f.timeouts, Recoveries: f.recoveries, Undone: f.undone,
			Acks: f.acknowledged, Done: time.Duration(f.doneAt)}
		if f.begun {
			f.account(s.end)
			one.Samples = append(one.Samples, f.sample(s.end))
			one.Elapsed = time.Duration(s.end - f.startAt)
			one.Received = f.receiver.next * int64(f.sender.mssCache.get())
			one.MinRTT = time.Duration(f.sender.rttMin.get()) * time.Microsecond
			one.Retransmits = int(f.sender.totalRetrans.get())
		}
		if one.Elapsed > 0 {
			ns := float64(one.Elapsed)
			one.GoodputBPS = float64(one.Received) * 8e9 / ns
			one.MeanCwnd = f.cwndSum / ns
			one.MeanRTT = time.Duration(f.rttSum / ns * 1000)
		}
		r.Flows = append(r.Flows, one)
	}
	return r
}
