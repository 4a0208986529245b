package structops_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

// byHand is a struct that stands for one of the kernel's, without bpfsmith gen.
type byHand struct {
	Ssthresh  func(f *dsl.Fn, sk sock) dsl.U32 `ops:"ssthresh"`
	UndoCwnd  func(f *dsl.Fn, sk sock) dsl.U32 `ops:"undo_cwnd"`
	CongAvoid *dsl.Program                     `ops:"cong_avoid"`
	Release   func(f *dsl.Fn, sk sock)         `ops:"release"`
	Name      string                           `ops:"name"`
	Flags     uint32                           `ops:"flags"`
	License   string                           `ops:",license"`
	Sleepable sleepable                        `ops:",sleepable"`

	Comment string        // no tag: for whoever wrote it
	private func(*dsl.Fn) `ops:"init"` // not exported: nobody else can set it
}

type sleepable struct {
	Release bool `ops:"release"`
	Init    bool `ops:"init"`
}

func (byHand) KernelStruct() string { return "tcp_congestion_ops" }

// sock is a struct tcp_sock, without package tcp.
type sock struct{ dsl.Ptr }

func (sock) StructName() string { return "tcp_sock" }

func two(f *dsl.Fn, sk sock) dsl.U32 { return f.U32(2) }

func soundByHand() byHand {
	return byHand{Name: "go_hand", Ssthresh: two, UndoCwnd: two, CongAvoid: nothing, License: "GPL", Comment: "two segments for ever",
		private: func(*dsl.Fn) {}}
}

func TestByName(t *testing.T) {
	hand := soundByHand()
	hand.Release = func(f *dsl.Fn, sk sock) {}
	hand.Sleepable.Release = true
	for _, impl := range []structops.Implementation{hand, &hand, structops.ByName(hand)} {
		ops := structops.ByName(impl)
		if ops.Type != "tcp_congestion_ops" || ops.License != "GPL" {
			t.Errorf("%T: type %q, licence %q", impl, ops.Type, ops.License)
		}
		if got, want := slices.Sorted(maps.Keys(ops.Members)), []string{"cong_avoid", "name", "release", "ssthresh",
			"undo_cwnd"}; !slices.Equal(got, want) {
			t.Errorf("%T: members %v, want %v", impl, got, want)
		}
		if p, ok := ops.Members["release"].(*dsl.Program); !ok || !p.Sleepable {
			t.Errorf("%T: release is %v, want a sleepable program", impl, ops.Members["release"])
		}
	}
}

// TestNilImplementations: a nil implementation is a finding, and not a panic.
func TestNilImplementations(t *testing.T) {
	for _, impl := range []structops.Implementation{nil, (*byHand)(nil)} {
		err := structops.Validate(impl, on(t, "6.18"))
		var found mistake.Findings
		if !errors.As(err, &found) || len(found) != 1 || found[0].Kind != mistake.UnknownType || !strings.Contains(err.Error(),
			"implementation_test.go:") {
			t.Errorf("%T: %v", impl, err)
		}
	}
}

// TestMistakesInAStruct: mistakes that Go's compiler cannot see are found when the struct is compared with the kernel.
func TestMistakesInAStruct(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*byHand)
		kind  mistake.Kind
		want  string
	}{
		{"a member that must be set", func(h *byHand) { h.Ssthresh = nil }, mistake.MissingMember,
			"tcp_congestion_ops needs ssthresh, which is not set"},
		{"no name", func(h *byHand) { h.Name = "" }, mistake.MissingMember, "tcp_congestion_ops needs name"},
		{"a name that is too long", func(h *byHand) { h.Name = "a_name_of_17_byte" }, mistake.BadValue, "name holds 15 and a NUL"},
		{"a licence", func(h *byHand) { h.License = "Proprietary" }, mistake.BadLicense, "not compatible with the GPL"},
		{"sleeping", func(h *byHand) {
			h.Release = func(f *dsl.Fn, sk sock) {}
			h.Sleepable.Release = true
		}, mistake.MustNotSleep, "release is called where the kernel must not sleep"},
		{"what the function does", func(h *byHand) {
			h.Release = func(f *dsl.Fn, sk sock) { sk.Field("snd_cwd").U32().Var() }
		}, mistake.UnknownField, "did you mean snd_cwnd?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hand := soundByHand()
			if err := structops.Validate(hand, on(t, "6.18")); err != nil {
				t.Fatal(err)
			}
			tt.spoil(&hand)
			err := structops.Validate(hand, on(t, "6.18"))
			var found mistake.Findings
			if !errors.As(err, &found) || len(found) != 1 || found[0].Kind != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if !strings.Contains(err.Error(), "implementation_test.go:") {
				t.Errorf("the line is not named: %v", err)
			}
		})
	}
}
