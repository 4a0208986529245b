package host

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/isa"
)

// TestTheKernelSaysWhatItsVersionSays: none of the kernels here has BPF from a newer version.
func TestTheKernelSaysWhatItsVersionSays(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	got, want := Ask(), byVersion()
	if _, _, release := kerneltest.Linux(t); got != want {
		t.Errorf("Linux %s takes %+v, want %+v", release, got, want)
	}
	if !asked.done {
		t.Error("the kernel did not answer")
	}
	t.Logf("%+v", got)
}

// TestEachStepIsAsked: a kernel that accepts a step accepts all earlier steps too.
func TestEachStepIsAsked(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	takes := false
	for _, s := range steps() {
		err := s.load()
		if err != nil && (takes || !refused(err)) {
			t.Errorf("%+v: %v", s.Instructions, err)
		}
		takes = takes || err == nil
	}
}

func BenchmarkAsk(b *testing.B) {
	kerneltest.Require(b)
	for b.Loop() {
		asked.done = false
		Ask()
	}
}

func TestByVersion(t *testing.T) {
	for release, want := range map[string]Instructions{
		"7.0.1":                         {Level: isa.V4},
		"6.9":                           {Level: isa.V4},
		"6.8.0-31-generic":              {isa.V4, isa.KernelVersion{Major: 6, Minor: 8}},
		"6.1.0-56-cloud-amd64\n":        {Level: isa.V3},
		"5.4.0":                         {isa.V3, isa.KernelVersion{Major: 5, Minor: 11}},
		"4.18.0":                        {Level: isa.V2},
		"4.9.0":                         {Level: isa.V1},
		"the release of something else": {},
	} {
		if got := since(release); got != want {
			t.Errorf("%q: %+v, want %+v", release, got, want)
		}
	}
}
