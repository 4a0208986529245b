package model

import (
	"fmt"
	"reflect"
	"strings"
)

// Fields says which fields of the socket are compared.
type Fields uint16

const (
	CompareResult     Fields = 1 << iota // of members that have one
	CompareCwnd                          // snd_cwnd
	CompareCwndCnt                       // snd_cwnd_cnt
	CompareSsthresh                      // snd_ssthresh
	ComparePacingRate                    // sk_pacing_rate
	ComparePacing                        // sk_pacing_status
	CompareAppLimited                    // app_limited
	CompareECN                           // DemandCWR, AckPending, ECTOff

	CompareWindow = CompareResult | CompareCwnd | CompareCwndCnt | CompareSsthresh // what every algorithm sets
	CompareAll    = Fields(1<<8 - 1)
)

// ReplayOptions says how to compare. The zero value compares the window.
type ReplayOptions struct {
	Compare Fields // 0 stands for CompareWindow

	// Check, if not nil, is called after each event that agrees, with what the algorithm now stores (State). When a recording has the
	// program's private state, Check can compare it. It then finds a difference where it begins, and not later, where it first changes the
	// window.
	Check func(e *Event, state any) error
}

// Difference is the first event at which program and model disagree.
type Difference struct {
	Index  int // in the events
	Event  Event
	Got    Sock   // what the program left: Event.Left
	Want   Sock   // what the model left
	Result uint32 // the model's
	Before any    // what the model stored before the event
	After  any    // and after
	Fields []FieldDifference
	Err    error   // of ReplayOptions.Check
	Past   []Event // the events before it, at most three
}

// FieldDifference is one field that differs.
type FieldDifference struct {
	Name      string
	Got, Want uint64 // the program's, the model's
}

// Replay makes the recorded calls with the algorithm, and compares the results with the recording. It returns the first difference as a
// *Difference, another error if the recording cannot be replayed, and nil if everything agrees.
//
// For each event the socket is taken from the recording, because the kernel changes the window between events too. So one difference does
// not hide another. But what the algorithm stores continues from event to event. At the beginning it must be as it was at the first event.
// For a recording that begins with init, that is the zero value (with HZ, if the model has that field).
func Replay(a Algorithm, events []Event, opt ReplayOptions) error {
	if opt.Compare == 0 {
		opt.Compare = CompareWindow
	}
	for i := range events {
		e := &events[i]
		if i > 0 && e.Seq != 0 && e.Seq != events[i-1].Seq+1 {
			return fmt.Errorf("model: event %d comes after event %d: %s", e.Seq, events[i-1].Seq,
				"events were lost or came in another order; make the ring buffer larger, and record one connection at a time")
		}
		before, sock := a.State(), e.Saw
		result, err := a.Apply(e, &sock)
		if err != nil {
			return fmt.Errorf("model: event %d of %d, %s: %w", i+1, len(events), e.call(), err)
		}
		fields := compare(e, &sock, result, opt.Compare)
		if len(fields) == 0 && opt.Check != nil {
			err = opt.Check(e, a.State())
		}
		if len(fields) > 0 || err != nil {
			return &Difference{
				Index: i, Event: *e, Got: e.Left, Want: sock, Result: result, Before: before, After: a.State(),
				Fields: fields, Err: err, Past: events[max(0, i-3):i],
			}
		}
	}
	return nil
}

func compare(e *Event, want *Sock, result uint32, which Fields) (differ []FieldDifference) {
	got := &e.Left
	for _, f := range []struct {
		bit       Fields
		name      string
		got, want uint64
	}{
		{CompareCwnd, "snd_cwnd", uint64(got.SndCwnd), uint64(want.SndCwnd)},
		{CompareCwndCnt, "snd_cwnd_cnt", uint64(got.SndCwndCnt), uint64(want.SndCwndCnt)},
		{CompareSsthresh, "snd_ssthresh", uint64(got.SndSsthresh), uint64(want.SndSsthresh)},
		{ComparePacingRate, "sk_pacing_rate", got.PacingRate, want.PacingRate},
		{ComparePacing, "sk_pacing_status", uint64(got.PacingStatus), uint64(want.PacingStatus)},
		{CompareAppLimited, "app_limited", uint64(got.AppLimited), uint64(want.AppLimited)},
		{CompareECN, "demand_cwr", number(got.DemandCWR), number(want.DemandCWR)},
		{CompareECN, "icsk_ack.pending", uint64(got.AckPending), uint64(want.AckPending)},
		{CompareECN, "ect off", number(got.ECTOff), number(want.ECTOff)},
	} {
		if which&f.bit != 0 && f.got != f.want {
			differ = append(differ, FieldDifference{f.name, f.got, f.want})
		}
	}
	if which&CompareResult != 0 && e.Member.returns() && e.Result != result {
		differ = append(differ, FieldDifference{"result", uint64(e.Result), uint64(result)})
	}
	return differ
}

func number(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Error says what differs, in which call, the socket before the call, and what the model stored.
func (d *Difference) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "event %d, %s: program and model differ\n", d.Index+1, d.Event.call())
	for _, f := range d.Fields {
		fmt.Fprintf(&b, "\t%s: the program has %d, the model %d\n", f.Name, f.Got, f.Want)
	}
	if d.Err != nil {
		fmt.Fprintf(&b, "\tstate: %v\n", d.Err)
	}
	fmt.Fprintf(&b, "\tit saw: %s\n", fields(d.Event.Saw))
	if d.Event.Draw != 0 {
		fmt.Fprintf(&b, "\tit drew: %d\n", d.Event.Draw)
	}
	fmt.Fprintf(&b, "\tthe model remembered: %s\n", fields(d.Before))
	if after := fields(d.After); after != fields(d.Before) {
		fmt.Fprintf(&b, "\tand then: %s\n", after)
	}
	for i, e := range d.Past {
		fmt.Fprintf(&b, "\tevent %d was %s: window %d to %d, ssthresh %d to %d\n", d.Index+1-len(d.Past)+i, e.call(),
			e.Saw.SndCwnd, e.Left.SndCwnd, e.Saw.SndSsthresh, e.Left.SndSsthresh)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Unwrap returns the error of ReplayOptions.Check.
func (d *Difference) Unwrap() error { return d.Err }

// fields prints a struct without the fields that are zero.
func fields(v any) string {
	var parts []string
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Struct {
		return fmt.Sprintf("%+v", v)
	}
	for i := range value.NumField() {
		if f := value.Field(i); !f.IsZero() {
			name := value.Type().Field(i).Name
			if value.Type().Field(i).Anonymous {
				parts = append(parts, fmt.Sprintf("%+v", f))
				continue
			}
			parts = append(parts, fmt.Sprintf("%s=%+v", name, f))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " ")
}
