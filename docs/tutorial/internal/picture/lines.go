package picture

import (
	"fmt"
	"strings"
)

// A Line is a line of a chart. Its points are in the order of X.
type Line struct {
	Name   string
	Colour string
	X, Y   []float64
}

// Lines draws lines over a common axis, from 0 to the largest values. Their names stand above them.
func Lines(title, xName, yName string, lines []Line) string {
	const w, h, left, top = 640.0, 240.0, 50.0, 34.0
	var d drawing
	mx, my := 1.0, 1.0
	for _, l := range lines {
		for n := range l.X {
			mx, my = max(mx, l.X[n]), max(my, l.Y[n])
		}
	}
	step := 1.0
	for my/step > 6 {
		if step *= 2; my/step > 6 {
			step *= 2.5
		}
	}
	at := func(x, y float64) (float64, float64) { return left + x/mx*w, top + h - y/my*h }
	for y := 0.0; y <= my; y += step {
		_, v := at(0, y)
		fmt.Fprintf(&d, `<path d="M %.1f %.1f h %.1f" stroke="%s"/>`+"\n", left, v, w, line)
		text := fmt.Sprintf("%.0f", y)
		d.text(left-8-width(text), v+5, pale, text)
	}
	for x := 0.0; x <= mx; x++ {
		u, _ := at(x, 0)
		text := fmt.Sprintf("%.0f", x)
		d.text(u-width(text)/2, top+h+20, pale, text)
	}
	d.text(left+w-width(xName), top+h+40, pale, xName)
	d.text(4, 18, pale, yName)
	x := left + width(yName)
	for _, l := range lines {
		fmt.Fprintf(&d, `<path d="M %.1f 13 h 24" stroke="%s" stroke-width="3"/>`+"\n", x, l.Colour)
		d.text(x+32, 18, ink, l.Name)
		x += 32 + width(l.Name) + 24
		var path strings.Builder
		for n := range l.X {
			u, v := at(l.X[n], l.Y[n])
			fmt.Fprintf(&path, "%.1f,%.1f ", u, v)
		}
		fmt.Fprintf(&d, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n",
			strings.TrimSpace(path.String()), l.Colour)
	}
	d.width, d.height = left+w+margin, top+h+54
	return d.svg(title)
}
