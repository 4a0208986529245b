package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/structops"
)

func picture(t *testing.T, results []result, style pictureStyle) string {
	t.Helper()
	var b strings.Builder
	if err := writePicture(&b, results, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlainPicture(t *testing.T) {
	golden(t, "picture.txt", picture(t, twoResults(), pictureStyle{width: 80}))
}

func TestColoursAddNothingButColour(t *testing.T) {
	plain := picture(t, twoResults(), pictureStyle{width: 100})
	coloured := picture(t, twoResults(), pictureStyle{width: 100, color: true})
	if strings.Contains(plain, "\x1b") {
		t.Error("plain text has escape sequences")
	}
	stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured, "")
	if stripped == coloured {
		t.Error("the coloured picture has no colours")
	}
	if stripped != plain {
		t.Errorf("without its colours the picture is\n%s\nplain it is\n%s", stripped, plain)
	}
}

func TestPictureFitsTheTerminal(t *testing.T) {
	for _, width := range []int{0, 40, 79, 80, 81, 132, 1000} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			allowed := min(max(width, 80), maxPictureWidth) // the heading is not shortened
			var longest int
			for line := range strings.Lines(picture(t, twoResults(), pictureStyle{width: width})) {
				n := utf8.RuneCountInString(strings.TrimRight(line, "\n"))
				longest = max(longest, n)
				if n > allowed {
					t.Errorf("line of %d columns: %s", n, line)
				}
			}
			if width >= 80 && longest < allowed-4 {
				t.Errorf("only %d of %d columns are used", longest, allowed)
			}
		})
	}
}

func TestPictureOfLittle(t *testing.T) {
	for name, samples := range map[string][]netlab.Sample{
		"nothing":    nil,
		"one sample": {{Cwnd: 10}},
		"no time":    {{Cwnd: 10}, {Cwnd: 11}},
		"two":        {{Cwnd: 10, Ssthresh: netlab.InfiniteSsthresh}, {At: 3 * time.Millisecond, Cwnd: 20, Ssthresh: 7}},
		"zeros":      {{}, {At: time.Second}, {At: 2 * time.Second}},
		"huge":       {{}, {At: time.Hour, Cwnd: math.MaxUint32, Ssthresh: math.MaxUint32}},
	} {
		t.Run(name, func(t *testing.T) {
			got := picture(t, []result{{Result: netlab.Result{Algorithm: "some", Samples: samples}}}, pictureStyle{width: 80})
			if !strings.HasPrefix(got, "some (Go)") {
				t.Errorf("picture %q does not begin with the name", got)
			}
		})
	}
}

func TestColumnsKeepPeaksAndGaps(t *testing.T) {
	infinite := uint32(netlab.InfiniteSsthresh)
	const ms = time.Millisecond
	cwnd, ssthresh := columns([]netlab.Sample{
		{At: 0, Cwnd: 10, Ssthresh: infinite},
		{At: 10 * ms, Cwnd: 90, Ssthresh: infinite}, // shorter than a column
		{At: 20 * ms, Cwnd: 45, Ssthresh: 45},
		{At: 350 * ms, Cwnd: 50, Ssthresh: 45}, // nothing in columns 1 and 2: as before
		{At: 410 * ms, Cwnd: 60, Ssthresh: 45},
	}, time.Second, 10)
	if got, want := fmt.Sprint(cwnd), "[90 45 45 50 60 NaN NaN NaN NaN NaN]"; got != want {
		t.Errorf("windows %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(ssthresh), "[45 45 45 45 45 NaN NaN NaN NaN NaN]"; got != want {
		t.Errorf("thresholds %s, want %s", got, want)
	}
}

func TestAxisStep(t *testing.T) {
	for _, test := range []struct {
		top  float64
		rows int
		want float64
	}{{12, 12, 1}, {12.1, 12, 2}, {44, 12, 4}, {61, 12, 6}, {120, 12, 10}, {121, 12, 20}, {4, 8, 0.5}, {5000, 10, 500}} {
		if got := axisStep(test.top, test.rows); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("axisStep(%v, %d) = %v, want %v", test.top, test.rows, got, test.want)
		}
	}
}

func TestPlotsAreWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when", "needed")
	paths, err := writePlots(dir, "a lab", twoResults())
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) != 2 || filepath.Ext(paths[0]) != ".svg" || filepath.Ext(paths[1]) != ".png" {
		t.Fatalf("paths %q, want an SVG and a PNG file", paths)
	}
	svg, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is not XML: %v", err)
		}
	}
	for _, text := range []string{"a lab", "reno (kernel)", "go_cubic (Go)", "window (segments)", "RTT (ms)", "ssthresh",
		"time since the connection was established (s)"} {
		if !strings.Contains(string(svg), text) {
			t.Errorf("the SVG does not say %q", text)
		}
	}
	f, err := os.Open(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	colours := map[color.Color]int{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			colours[color.RGBAModel.Convert(img.At(x, y))]++
		}
	}
	for i := range 2 {
		if n := colours[seriesColor(i)]; n < 500 {
			t.Errorf("%d pixels of the PNG have the colour of algorithm %d, want a line of them", n, i)
		}
	}
}

func TestPlotsOfNothingAreRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if paths, err := writePlots(dir, "", []result{{}}); err == nil || len(paths) != 0 {
		t.Errorf("writePlots = %q, %v; want an error", paths, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made nevertheless: %v", err)
	}
}

func TestInfiniteThresholdIsNotDrawn(t *testing.T) {
	samples := sawtooth(time.Second, 70, 19, 38)
	lines, err := line(samples, color.Black, func(s netlab.Sample) (float64, bool) {
		return float64(s.Ssthresh), s.Ssthresh < netlab.InfiniteSsthresh
	})
	if err != nil || len(lines) != 1 {
		t.Fatalf("%d lines, %v; want one", len(lines), err)
	}
	for _, p := range lines[0].XYs {
		if p.Y != 19 {
			t.Fatalf("point %v, want all at 19", p)
		}
	}
	if n := len(lines[0].XYs); n < 150 || n >= len(samples) {
		t.Errorf("%d points of %d samples, want those after slow start", n, len(samples))
	}
}

func TestProgressWithoutTerminal(t *testing.T) {
	for _, test := range []struct {
		name  string
		quiet bool
		want  string
	}{
		{"line for each transfer", false, "reno: 9.53 Mbit/s in 4s, mean window 30.2 segments, 46 retransmits\n"},
		{"nothing when quiet", true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p := newProgress(f, test.quiet)
			r := twoResults()[0].Result
			r.Elapsed = 4001 * time.Millisecond
			one := p.start("reno", 4*time.Second)
			for _, s := range r.Samples {
				one.sample(s)
			}
			one.done(r, nil)
			failed := p.start("cubic", 4*time.Second)
			failed.done(netlab.Result{}, errors.New("cancelled"))
			got, err := os.ReadFile(f.Name())
			if err != nil || string(got) != test.want {
				t.Errorf("output %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// TestLegendIsBesideTheCurves: a curve that ends high is not below the legend.
func TestLegendIsBesideTheCurves(t *testing.T) {
	samples := func(windows ...uint32) result {
		var r netlab.Result
		for i, w := range windows {
			r.Samples = append(r.Samples, netlab.Sample{At: time.Duration(i) * time.Second, Cwnd: w, Ssthresh: netlab.InfiniteSsthresh})
		}
		return result{Result: r}
	}
	rising, falling, level := samples(10, 40, 70, 100), samples(100, 70, 40, 10), samples(100, 95, 95, 100)
	withThreshold := samples(10, 10, 10, 10)
	withThreshold.Samples[3].Ssthresh = 100
	for _, test := range []struct {
		results []result
		left    []bool
		room    bool
	}{
		{[]result{falling}, []bool{false}, false},
		{[]result{rising, falling, withThreshold}, []bool{true, false, true}, false},
		{[]result{falling, level}, []bool{false, false}, true},
	} {
		left, room := legendCorners(test.results, 3, 108)
		if !slices.Equal(left, test.left) || room > 1 != test.room {
			t.Errorf("at the left: %v, want %v; room %v, want some: %v", left, test.left, room, test.room)
		}
	}
}

// TestShortTransfersAreShort: the length is not rounded to another one.
func TestShortTransfersAreShort(t *testing.T) {
	for length, want := range map[time.Duration]string{
		4003 * time.Millisecond: "4s", 1260 * time.Millisecond: "1.3s", 254 * time.Millisecond: "250ms", 50300 * time.Microsecond: "50ms",
	} {
		if got := rounded(length).String(); got != want {
			t.Errorf("%v is %s, want %s", length, got, want)
		}
	}
	samples := []netlab.Sample{{Cwnd: 10}, {At: 25 * time.Millisecond, Cwnd: 12}, {At: 50 * time.Millisecond, Cwnd: 14}}
	got := picture(t, []result{{Result: netlab.Result{Algorithm: "some", Samples: samples}}}, pictureStyle{width: 80})
	if !strings.Contains(got, "0.05 s\n") {
		t.Errorf("the axis does not end at 0.05 s:\n%s", got)
	}
}

// TestEndings: what was not registered is not unregistered.
func TestEndings(t *testing.T) {
	if got, want := ending(nil, []string{"reno"}), "nothing was registered; tcp_available_congestion_control is: reno"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := ending([]*structops.Plan{nil}, []string{"reno"}); !strings.HasPrefix(got, "unregistered; ") {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"go_reno", "go_bbr", "tcp_available_congestion_control", "try your own"} {
		if !strings.Contains(compareHelp(), name) {
			t.Errorf("the help of -compare does not have %s", name)
		}
	}
}
