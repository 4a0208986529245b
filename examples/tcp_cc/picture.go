package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"
	"golang.org/x/term"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// pictureStyle says what the output can show.
type pictureStyle struct {
	width int // columns
	color bool
}

// styleOf chooses the style for an output. Only terminals get more than plain text of 80 columns. See https://no-color.org.
func styleOf(f *os.File) pictureStyle {
	style := pictureStyle{width: 80}
	if !term.IsTerminal(int(f.Fd())) {
		return style
	}
	style.color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
		style.width = columns
	}
	return style
}

const (
	minPictureWidth = 40
	maxPictureWidth = 160 // in a wider picture it is hard to follow the axis
	pictureRows     = 12  // at most, of one panel
)

// writePicture draws the congestion windows over time, one panel below the other with the same axes. One panel for all would need colours,
// and the kernel's Reno and ours would hide each other, because they are alike. The picture should show that they are.
func writePicture(w io.Writer, results []result, style pictureStyle) error {
	var panels []string
	end, top := pictureRange(results)
	for _, r := range results {
		if len(r.Samples) < 2 || end <= 0 {
			panels = append(panels, heading(r)+"\n  (nothing was measured)\n")
			continue
		}
		panels = append(panels, panel(r, end, top, style))
	}
	_, err := io.WriteString(w, strings.Join(panels, "\n"))
	return err
}

func heading(r result) string {
	return fmt.Sprintf("%s (%s): congestion window in segments", r.Algorithm, r.origin())
}

// pictureRange returns the end of the time axis, and the top of the window axis. No algorithm is above that top for more than 3 % of the
// time. Reno's slow start reaches twice the window that the link can hold, for one round trip. With room for that peak, the teeth after it
// would be only two lines high.
func pictureRange(results []result) (end time.Duration, top float64) {
	for _, r := range results {
		if n := len(r.Samples); n > 0 {
			end = max(end, r.Samples[n-1].At)
			windows := make([]uint32, n)
			for i, s := range r.Samples {
				windows[i] = s.Cwnd
			}
			slices.Sort(windows)
			top = max(top, float64(windows[(n-1)*97/100]))
		}
	}
	return end, 1.1*top + 1
}

// axisStep returns the distance of the labels on an axis that reaches to top in at most rows steps: 1, 2, 4, 5, 6, 8, 10, 20 and so on,
// and for short axes 0.1, 0.2 and so on.
func axisStep(top float64, rows int) float64 {
	for scale := 0.1; ; scale *= 10 {
		for _, digit := range []float64{1, 2, 4, 5, 6, 8} {
			if step := digit * scale; top <= step*float64(rows) {
				return step
			}
		}
	}
}

// panel draws one algorithm.
func panel(r result, end time.Duration, top float64, style pictureStyle) string {
	step := max(1, axisStep(top, pictureRows)) // segments are whole numbers
	rows := int(math.Ceil(top / step))
	top = step * float64(rows)
	label := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	const axis = 3 // columns that asciigraph takes between label and line
	width := min(max(style.width, minPictureWidth), maxPictureWidth) - len(label(top)) - axis - 2

	end = max(rounded(end), time.Millisecond)
	cwnd, ssthresh := columns(r.Samples, end, width)
	var peak float64
	for i := range cwnd {
		peak = max(peak, cwnd[i])
		cwnd[i] = min(cwnd[i], top)
		if ssthresh[i] > top {
			ssthresh[i] = math.NaN()
		}
	}
	series := [][]float64{ssthresh, cwnd} // the later is drawn over the earlier
	dots := asciigraph.CreateCharSet("·")
	dots.VerticalLine = " "
	options := []asciigraph.Option{
		asciigraph.Height(rows),
		asciigraph.LowerBound(0),
		asciigraph.UpperBound(top),
		asciigraph.YAxisValueFormatter(label),
		asciigraph.SeriesChars(dots, asciigraph.DefaultCharSet),
		asciigraph.XAxisRange(0, end.Seconds()),
		asciigraph.XAxisTickCount(ticks(end)),
		asciigraph.XAxisValueFormatter(func(v float64) string {
			if v == end.Seconds() {
				return fmt.Sprintf("%.3g s", v)
			}
			return fmt.Sprintf("%.2g", v)
		}),
	}
	line, dot := "─ window", "· ssthresh"
	if style.color {
		options = append(options, asciigraph.SeriesColors(asciigraph.Goldenrod, asciigraph.DodgerBlue))
		line = asciigraph.DodgerBlue.String() + line + asciigraph.Default.String()
		dot = asciigraph.Goldenrod.String() + dot + asciigraph.Default.String()
	}
	title := heading(r) + "   " + line + "   " + dot
	if peak > top {
		title += fmt.Sprintf("\n  (cut off at the top: slow start reaches %.0f)", peak)
	}
	return title + "\n" + asciigraph.PlotMany(series, options...) + "\n"
}

// rounded is a duration with few digits: 4 s for 4.003 s, 50 ms for 50.3 ms.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= 100*time.Millisecond:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

// ticks returns the number of labels of the time axis: one for each full second, if there are few of them and the axis ends at a full
// second.
func ticks(end time.Duration) int {
	if seconds := int(end / time.Second); end%time.Second == 0 && seconds >= 2 && seconds <= 10 {
		return seconds + 1
	}
	return 3
}

// columns computes one value for each column of the picture. For the window it is the largest in the column's time, because short peaks
// matter most. For ssthresh it is the latest, and NaN while ssthresh is infinite. Columns after the last sample are NaN.
func columns(samples []netlab.Sample, end time.Duration, width int) (cwnd, ssthresh []float64) {
	cwnd, ssthresh = make([]float64, width), make([]float64, width)
	next := 0
	last := samples[0]
	for i := range width {
		until := end * time.Duration(i+1) / time.Duration(width)
		largest, fresh := uint32(0), false
		for next < len(samples) && (samples[next].At < until || i == width-1) {
			last = samples[next]
			largest, fresh = max(largest, last.Cwnd), true
			next++
		}
		cwnd[i], ssthresh[i] = float64(largest), float64(last.Ssthresh)
		if !fresh {
			cwnd[i] = float64(last.Cwnd)
		}
		if last.Ssthresh >= netlab.InfiniteSsthresh {
			ssthresh[i] = math.NaN()
		}
		if next == len(samples) && !fresh {
			cwnd[i], ssthresh[i] = math.NaN(), math.NaN()
		}
	}
	return cwnd, ssthresh
}
