package fourteen_test

import (
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/docs/tutorial/internal/picture"
	"github.com/bpfsmith/bpfsmith/structops/tcpsim"
)

// TestKernelSays records what the verifier says about the mistake of this chapter.
func TestKernelSays(t *testing.T) {
	recorded.RefusedOps(t, "testdata/pushy.txt", pushy)
}

// TestPictures draws windows from the samples of the simulator.
func TestPictures(t *testing.T) {
	for _, p := range []struct {
		file, title string
		flows       []tcpsim.Flow
		duration    time.Duration
	}{
		{"reno.svg", "The window of Reno over ten seconds", []tcpsim.Flow{{Ops: reno}}, 10 * time.Second},
		{"compare.svg", "The windows of two algorithms over twenty seconds", []tcpsim.Flow{{Ops: gentle}, {Ops: reno}}, 20 * time.Second},
	} {
		result, err := tcpsim.Run(t.Context(), tcpsim.Experiment{Link: link, Flows: p.flows, Duration: p.duration,
			SampleEvery: p.duration / 400})
		if err != nil {
			t.Fatal(err)
		}
		var lines []picture.Line
		for n, flow := range result.Flows {
			l := picture.Line{Name: flow.Algorithm, Colour: []string{"#0969da", "#bc4c00"}[n]}
			for _, s := range flow.Samples {
				l.X = append(l.X, s.At.Seconds())
				l.Y = append(l.Y, float64(s.Cwnd))
			}
			lines = append(lines, l)
		}
		recorded.Compare(t, p.file, picture.Lines(p.title, "seconds", "segments", lines))
	}
}
