package cc

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/model"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
	"github.com/bpfsmith/bpfsmith/vm"
)

// Three witnesses look at each call of an algorithm: the program where it ran (in the kernel, or in the simulator), the model in Go, and
// the program in package vm, which gets the recorded socket.

// witnesses compares the recorded calls of each connection with model and vm. The named members must have been called.
func witnesses(t *testing.T, records []record, compare model.Fields, plain structops.Implementation, algorithm func() model.Algorithm,
	wanted ...model.Member) {
	t.Helper()
	hasInit := structops.ByName(plain).Members["init"] != nil
	replayed, called, windows := 0, map[model.Member]int{}, map[uint32]bool{}
	for socket, records := range bySocket(t, records) {
		if records = fromInit(records, hasInit); len(records) == 0 {
			continue // a listening socket
		}
		replayed += len(records)
		events := eventsOf(records)
		for _, r := range records {
			called[model.Member(r.Member)]++
			windows[r.Left.SndCwnd] = true
		}
		modes := map[model.Mode]bool{}
		options := model.ReplayOptions{Compare: compare, Check: func(_ *model.Event, state any) error {
			if bbr, ok := state.(model.BBR); ok {
				modes[bbr.Mode] = true
			}
			return nil
		}}
		if err := model.Replay(algorithm(), events, options); err != nil {
			t.Errorf("socket %#x, %d events: %v", socket, len(events), err)
		}
		if len(modes) > 0 && len(modes) < 4 {
			t.Errorf("BBR was only in %v", modes)
		}
		newPlayer(t, plain).play(records)
	}
	t.Logf("%d of %d events replayed, with %d different windows; called: %v", replayed, len(records), len(windows), called)
	for _, m := range wanted {
		if called[m] == 0 {
			t.Errorf("%v was never called", m)
		}
	}
	if replayed < 300 || len(windows) < 10 { // an emulated processor records only a few
		t.Errorf("%d events, %d windows: too few to prove anything", replayed, len(windows))
	}
}

// bySocket separates the connections. None of their calls may be missing.
func bySocket(t *testing.T, records []record) map[uint64][]record {
	t.Helper()
	sockets := map[uint64][]record{}
	seen := map[uint64]bool{}
	for _, r := range records {
		if seen[r.Seq] || r.Seq == 0 || r.Seq > uint64(len(records)) {
			t.Fatalf("record %d of %d: some were lost; make the ring buffer larger", r.Seq, len(records))
		}
		seen[r.Seq] = true
		sockets[r.Socket] = append(sockets[r.Socket], r)
	}
	return sockets
}

// fromInit leaves out the calls before init, while the connection was being made. Witnesses begin with init.
func fromInit(records []record, hasInit bool) []record {
	if !hasInit {
		return records
	}
	for i := range records {
		if model.Member(records[i].Member) == model.MemberInit {
			return records[i:]
		}
	}
	return nil
}

// eventsOf are records in the form of the models.
func eventsOf(records []record) (events []model.Event) {
	for _, r := range records {
		events = append(events, r.event())
	}
	return events
}

// sockPaths are the fields of the kernel's socket for those of a sockRecord.
var sockPaths = map[string]string{
	"TCPMstamp": "tcp_mstamp", "DeliveredMstamp": "delivered_mstamp", "ClockCache": "tcp_clock_cache", "WstampNS": "tcp_wstamp_ns",
	"PacingRate": "sk_pacing_rate", "MaxPacingRate": "sk_max_pacing_rate", "SndCwnd": "snd_cwnd", "SndCwndCnt": "snd_cwnd_cnt",
	"SndCwndClamp": "snd_cwnd_clamp", "SndSsthresh": "snd_ssthresh", "PriorCwnd": "prior_cwnd", "MaxPacketsOut": "max_packets_out",
	"SndUna": "snd_una", "SndNxt": "snd_nxt", "RcvNxt": "rcv_nxt", "PacketsOut": "packets_out", "SackedOut": "sacked_out",
	"LostOut": "lost_out", "RetransOut": "retrans_out", "Delivered": "delivered", "DeliveredCE": "delivered_ce", "Lost": "lost",
	"AppLimited": "app_limited", "MSSCache": "mss_cache", "SRTTUS": "srtt_us", "RTTMin": "rtt_min.s[0].v", "LsndTime": "lsndtime",
	"PacingStatus": "sk_pacing_status", "GSOMaxSize": "sk_gso_max_size", "CwndLimited": "is_cwnd_limited", "CAState": "icsk_ca_state",
	"SKState": "skc_state", "ECNFlags": "ecn_flags", "AckPending": "icsk_ack.pending", "PacingShift": "sk_pacing_shift",
}

// A player makes recorded calls with a program in package vm.
type player struct {
	t              *testing.T
	ops            *structopstest.Ops
	sk, sample, rs *vm.Struct
	now, draw      uint64 // what the program's helpers return
}

func newPlayer(t *testing.T, plain structops.Implementation) *player {
	t.Helper()
	kernels := fixture.Kernels()
	types, err := fixture.Open(kernels[len(kernels)-1])
	if err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, ops: structopstest.New(t, compile.Target{BTF: types, ByteOrder: isa.LittleEndian}, plain)}
	p.sk, p.sample, p.rs = p.ops.Sock(), p.ops.Struct("ack_sample"), p.ops.Struct("rate_sample")
	for helper, f := range map[string]vm.Function{
		"bpf_jiffies64":       func(*vm.Machine) (uint64, error) { return p.now, nil },
		"bpf_get_prandom_u32": func(*vm.Machine) (uint64, error) { return p.draw, nil },
		"bpf_tcp_send_ack":    func(*vm.Machine) (uint64, error) { return 0, nil },
	} {
		if err := p.ops.Machine.SetHelper(helper, f); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// play makes the calls of one connection, from its first on. The socket of each call is the recorded one, but the private state continues.
func (p *player) play(records []record) {
	p.t.Helper()
	for i := range records {
		r := &records[i]
		p.setSock(&r.Saw)
		p.now, p.draw = uint64(r.Now), uint64(r.Draw)
		result := p.call(r)
		differ := p.compare(&r.Left)
		if m := model.Member(r.Member); returns(m) && uint32(result) != r.Result {
			differ = append(differ, fmt.Sprintf("the result is %d, and was %d", uint32(result), r.Result))
		}
		if err := p.sk.Err(); err != nil {
			p.t.Fatal(err)
		}
		if len(differ) > 0 {
			p.t.Errorf("call %d of %d, %v: in the vm %s", i+1, len(records), model.Member(r.Member), strings.Join(differ, ", "))
			return
		}
	}
}

func returns(m model.Member) bool {
	switch m {
	case model.MemberSsthresh, model.MemberUndoCwnd, model.MemberMinTSOSegs, model.MemberSndbufExpand:
		return true
	}
	return false
}

// call makes a call with the recorded arguments.
func (p *player) call(r *record) int64 {
	switch m := model.Member(r.Member); m {
	case model.MemberCongAvoid:
		return p.ops.Call(m.String(), p.sk, r.Ack, r.Acked)
	case model.MemberSetState:
		return p.ops.Call(m.String(), p.sk, r.NewState)
	case model.MemberCwndEvent:
		return p.ops.Call(m.String(), p.sk, r.CAEvent)
	case model.MemberInAckEvent:
		return p.ops.Call(m.String(), p.sk, r.Flags)
	case model.MemberPktsAcked:
		p.sample.Set("pkts_acked", int64(r.PktsAcked))
		p.sample.Set("rtt_us", int64(r.RTTUS))
		p.sample.Set("in_flight", int64(r.InFlight))
		return p.ops.Call(m.String(), p.sk, p.sample)
	case model.MemberCongControl:
		for path, value := range map[string]int64{
			"prior_delivered": int64(r.PriorDelivered), "delivered": int64(r.Delivered), "interval_us": r.IntervalUS,
			"rtt_us": r.RateRTTUS, "losses": int64(r.Losses), "acked_sacked": int64(r.AckedSacked),
			"prior_in_flight": int64(r.PriorInFlight),
			"is_app_limited":  int64(r.AppLimited), "is_ack_delayed": int64(r.Delayed),
		} {
			p.rs.Set(path, value)
		}
		return p.ops.Call(m.String(), p.sk, 0, 0, p.rs)
	default:
		return p.ops.Call(m.String(), p.sk)
	}
}

// setSock makes the socket the recorded one.
func (p *player) setSock(saw *sockRecord) {
	for field, value := range reflect.ValueOf(saw).Elem().Fields() {
		if path := sockPaths[field.Name]; path != "" {
			p.sk.Set(path, int64(value.Uint()))
		}
	}
}

// written are the fields that programs write. The kernel changes others during a call: when DCTCP sends an acknowledgement, the time of
// the latest transmission.
var written = map[string]bool{"SndCwnd": true, "SndCwndCnt": true, "SndSsthresh": true, "PacingRate": true, "PacingStatus": true,
	"AppLimited": true, "ECNFlags": true, "AckPending": true}

// compare lists what differs from the recorded socket.
func (p *player) compare(left *sockRecord) (differ []string) {
	for field, value := range reflect.ValueOf(left).Elem().Fields() {
		if !written[field.Name] {
			continue
		}
		if path := sockPaths[field.Name]; uint64(p.sk.Get(path)) != value.Uint() {
			differ = append(differ, fmt.Sprintf("%s is %d, and was %d", path, uint64(p.sk.Get(path)), value.Uint()))
		}
	}
	return differ
}

// TestEachFieldOfARecordHasAPath: the table is complete.
func TestEachFieldOfARecordHasAPath(t *testing.T) {
	for field := range reflect.ValueOf(sockRecord{}).Fields() {
		if field.Name != "_" && sockPaths[field.Name] == "" {
			t.Errorf("sockRecord.%s has no path", field.Name)
		}
	}
}
