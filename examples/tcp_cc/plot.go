package main

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// seriesColor returns a colour of the palette of Okabe and Ito. People with any kind of colour vision can distinguish these colours.
func seriesColor(i int) color.Color {
	palette := [...]color.RGBA{
		{0x00, 0x72, 0xb2, 0xff}, // blue
		{0xd5, 0x5e, 0x00, 0xff}, // vermillion
		{0x00, 0x9e, 0x73, 0xff}, // bluish green
		{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
		{0xe6, 0x9f, 0x00, 0xff}, // orange
		{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	}
	return palette[i%len(palette)]
}

const (
	plotName    = "tcp_cc" // of the files, without extension
	plotWidth   = 10 * vg.Inch
	panelHeight = 2.2 * vg.Inch
	plotDPI     = 120
)

// writePlots draws the results as an SVG and a PNG file in dir, and makes dir if it is missing. Each algorithm has a panel with window and
// ssthresh; all panels have the same axes. Below them are the round-trip times of all algorithms. It returns the names of the files.
func writePlots(dir, title string, results []result) (paths []string, err error) {
	panels, err := plotPanels(title, results)
	if err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	height := panelHeight * vg.Length(len(panels))
	svg := vgsvg.New(plotWidth, height)
	drawPanels(panels, draw.New(svg))
	img := vgimg.NewWith(vgimg.UseWH(plotWidth, height), vgimg.UseDPI(plotDPI))
	drawPanels(panels, draw.New(img))
	for _, file := range []struct {
		extension string
		content   io.WriterTo
	}{{".svg", svg}, {".png", vgimg.PngCanvas{Canvas: img}}} {
		path := filepath.Join(dir, plotName+file.extension)
		if err := writeFile(path, file.content); err != nil {
			return paths, fmt.Errorf("plot: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func writeFile(path string, content io.WriterTo) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := content.WriteTo(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}

// drawPanels draws the panels below each other, with aligned axes.
func drawPanels(panels []*plot.Plot, canvas draw.Canvas) {
	rows := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		rows[i] = []*plot.Plot{p}
	}
	tiles := draw.Tiles{
		Rows: len(panels), Cols: 1,
		PadTop: vg.Points(8), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(14), PadY: vg.Points(10),
	}
	for i, row := range plot.Align(rows, tiles, canvas) {
		panels[i].Draw(row[0])
	}
}

func plotPanels(title string, results []result) ([]*plot.Plot, error) {
	var end, top, slowest float64
	for _, r := range results {
		for _, s := range r.Samples {
			end = max(end, s.At.Seconds())
			top = max(top, float64(s.Cwnd))
			slowest = max(slowest, milliseconds(s.RTT))
		}
	}
	if end == 0 {
		return nil, fmt.Errorf("no samples to draw")
	}
	corners, room := legendCorners(results, end, 1.08*top)
	var panels []*plot.Plot
	for i, r := range results {
		p := newPanel(fmt.Sprintf("%s (%s): %.2f Mbit/s, mean window %.1f segments, %d retransmits",
			r.Algorithm, r.origin(), r.GoodputBPS/1e6, r.MeanCwnd, r.Retransmits), "window (segments)", end, 1.08*top*room)
		p.Legend.Left = corners[i]
		if p.Legend.Left {
			p.Legend.XOffs = -p.Legend.XOffs
		}
		window, err := line(r.Samples, seriesColor(i), func(s netlab.Sample) (float64, bool) { return float64(s.Cwnd), true })
		if err != nil {
			return nil, err
		}
		for _, l := range window {
			p.Add(l)
		}
		threshold, err := line(r.Samples, color.Gray{0x60}, func(s netlab.Sample) (float64, bool) {
			return float64(s.Ssthresh), s.Ssthresh < netlab.InfiniteSsthresh
		})
		if err != nil {
			return nil, err
		}
		for _, l := range threshold {
			l.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
			l.Width = vg.Points(1)
			p.Add(l)
		}
		if len(window) > 0 {
			p.Legend.Add("congestion window", window[0])
		}
		if len(threshold) > 0 {
			p.Legend.Add("ssthresh", threshold[0])
		}
		panels = append(panels, p)
	}
	// Room at the top for the legend, which has a line for each algorithm.
	rtt := newPanel("smoothed round-trip time", "RTT (ms)", end, (1.1+0.12*float64(len(results)))*slowest)
	for i, r := range results {
		lines, err := line(r.Samples, seriesColor(i), func(s netlab.Sample) (float64, bool) { return milliseconds(s.RTT), s.RTT > 0 })
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			rtt.Add(l)
		}
		if len(lines) > 0 {
			rtt.Legend.Add(r.Algorithm, lines[0])
		}
	}
	panels = append(panels, rtt)
	panels[0].Title.Text = title + "\n" + panels[0].Title.Text
	rtt.X.Label.Text = "time since the connection was established (s)"
	return panels, nil
}

// The part of a panel that the legend of window and ssthresh needs, with its margins.
const (
	legendWidth  = 0.22 // of the time axis
	legendHeight = 0.30 // of the window axis
)

// legendCorners chooses for each panel whether its legend is at the left or at the right of the top, so that no curve is below it. room is
// how much higher the panels must be where both corners have a curve. All panels have the same axes, so all get that room.
func legendCorners(results []result, end, top float64) (left []bool, room float64) {
	room = 1
	for _, r := range results {
		var atLeft, atRight float64
		for _, s := range r.Samples {
			highest := float64(s.Cwnd)
			if s.Ssthresh < netlab.InfiniteSsthresh {
				highest = max(highest, min(float64(s.Ssthresh), top))
			}
			switch x := s.At.Seconds() / end; {
			case x <= legendWidth:
				atLeft = max(atLeft, highest)
			case x >= 1-legendWidth:
				atRight = max(atRight, highest)
			}
		}
		const free = 1 - legendHeight
		left = append(left, atRight > free*top && atLeft <= free*top)
		if min(atLeft, atRight) > free*top {
			room = 1 / free
		}
	}
	return left, room
}

func newPanel(title, unit string, end, top float64) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.TextStyle.Font = sans(11)
	p.Title.Padding = vg.Points(4)
	p.X.Min, p.X.Max = 0, end
	p.X.Tick.Marker = tickEvery(axisStep(math.Round(10*end)/10, 8)) // 4.003 s are 4 for this purpose
	p.Y.Min, p.Y.Max = 0, top
	p.Y.Tick.Marker = tickEvery(axisStep(top, 5))
	p.Y.Label.Text = unit
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(10)
		axis.Tick.Label.Font = sans(9)
		axis.Padding = 0 // lines that start at 0 start at the axis
	}
	p.Legend.Top = true
	p.Legend.XOffs = vg.Points(-6)
	p.Legend.YOffs = vg.Points(-3)
	p.Legend.Padding = vg.Points(2)
	p.Legend.TextStyle.Font = sans(9)
	grid := plotter.NewGrid()
	grid.Vertical.Color = color.Gray{0xdd}
	grid.Horizontal.Color = color.Gray{0xdd}
	p.Add(grid)
	return p
}

// sans is a font of gonum, so the pictures look the same everywhere.
func sans(points float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(points))
}

// tickEvery puts labelled ticks at the multiples of step.
func tickEvery(step float64) plot.Ticker {
	return plot.TickerFunc(func(from, to float64) (ticks []plot.Tick) {
		for i := math.Ceil(from / step); i*step <= to*(1+1e-9); i++ {
			ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, 'g', 4, 64)})
		}
		return ticks
	})
}

// line makes the lines of one quantity. A line is interrupted where a sample has no value.
func line(samples []netlab.Sample, c color.Color, value func(netlab.Sample) (float64, bool)) ([]*plotter.Line, error) {
	var lines []*plotter.Line
	var points plotter.XYs
	flush := func() error {
		if len(points) < 2 {
			points = nil
			return nil
		}
		l, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		l.Color = c
		l.Width = vg.Points(1.4)
		lines = append(lines, l)
		points = nil
		return nil
	}
	for _, s := range samples {
		if v, ok := value(s); ok {
			points = append(points, plotter.XY{X: s.At.Seconds(), Y: v})
		} else if err := flush(); err != nil {
			return nil, err
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return lines, nil
}
