package netlab

import (
	"context"
	"fmt"
	"time"
)

// Transfer sends as much as TCP allows for a time, and takes samples of the sender. If the context ends first, it returns the results so
// far and the context's error, within milliseconds. When it returns, everything that it has started has ended, and the link is empty
// again.
func (l *Lab) Transfer(ctx context.Context, opt TransferOptions) (Result, error) {
	if opt.Duration == 0 {
		opt.Duration = DefaultDuration
	}
	if opt.SampleEvery == 0 {
		opt.SampleEvery = DefaultSampleEvery
	}
	if opt.Duration < 0 || opt.SampleEvery < 0 {
		return Result{}, fmt.Errorf("netlab: transfer of %v sampled every %v: both must be positive", opt.Duration, opt.SampleEvery)
	}
	before := l.Stats()
	flow, err := l.Dial(ctx, opt.CongestionControl)
	if err != nil {
		return Result{}, err
	}
	defer l.drain(ctx)
	defer flow.Close()

	// A comparison of algorithms must be sure that the right algorithm ran.
	running, err := flow.Congestion()
	if err != nil {
		return Result{}, err
	}
	if opt.CongestionControl != "" && running != opt.CongestionControl {
		return Result{}, fmt.Errorf("netlab: asked for congestion control %q, but the socket runs %q", opt.CongestionControl, running)
	}

	w := watch{lab: l, flow: flow, opt: opt, start: time.Now()}
	flow.Fill()
	err = w.run(ctx)
	after := l.Stats()
	w.result.QueueDrops, w.result.QueueMarks = after.Dropped-before.Dropped, after.Marked-before.Marked
	w.result.summarize()
	return w.result, err
}

// A watch is the observation of one transfer.
type watch struct {
	lab    *Lab
	flow   *Flow
	opt    TransferOptions
	start  time.Time
	result Result
}

func (w *watch) run(ctx context.Context) error {
	w.result.Samples = make([]Sample, 0, int(w.opt.Duration/max(w.opt.SampleEvery, time.Millisecond))+2)
	tick := time.NewTicker(w.opt.SampleEvery)
	defer tick.Stop()
	end := time.NewTimer(w.opt.Duration)
	defer end.Stop()
	for {
		if err := w.sample(); err != nil {
			return w.reason(ctx, err)
		}
		select {
		case <-tick.C:
		case <-end.C:
			if err := w.sample(); err != nil {
				return w.reason(ctx, err)
			}
			return nil
		case <-w.flow.Done():
			return w.reason(ctx, w.flow.Err())
		case <-ctx.Done():
			_ = w.sample() // may fail: when the lab has the same context, the socket may be closed already
			return w.reason(ctx, context.Cause(ctx))
		}
	}
}

// reason explains why the transfer ended early. An error of the socket is often only the effect of a cancelled context or a closed lab.
func (w *watch) reason(ctx context.Context, err error) error {
	if stopped := w.lab.usable(); stopped != nil {
		err = stopped
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("netlab: the transfer ended after %v of %v: %w",
		time.Since(w.start).Round(time.Millisecond), w.opt.Duration, err)
}

// sample reads the socket once, and updates the totals, so that they are complete when the transfer ends at any moment.
func (w *watch) sample() error {
	info, err := w.flow.Info()
	if err != nil {
		return err
	}
	name, err := w.flow.Congestion()
	if err != nil {
		return err
	}
	s := Sample{
		At:          time.Since(w.start),
		Cwnd:        info.Cwnd,
		Ssthresh:    info.Ssthresh,
		RTT:         info.RTT,
		Unacked:     info.Unacked,
		Retransmits: info.Retransmits,
		QueueDelay:  w.lab.queueDelay(),
	}
	r := &w.result
	r.Algorithm = name
	r.Elapsed = s.At
	r.Received = w.flow.Received()
	r.Retransmits = int(info.Retransmits)
	r.Timeouts = int(info.Timeouts)
	r.MinRTT = info.MinRTT
	r.RwndLimited = info.RwndLimited
	r.SndbufLimit = info.SndbufLimit
	r.Samples = append(r.Samples, s)
	if w.opt.Progress != nil {
		w.opt.Progress(s)
	}
	return nil
}
