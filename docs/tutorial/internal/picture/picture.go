// Package picture draws the pictures of the tutorial as SVG, from what programs really do.
package picture

import (
	"fmt"
	"html"
	"strings"
)

// The size of a character of the pictures' font, and the height of a row, in pixels.
const (
	charWidth = 8.4
	rowHeight = 24.0
	margin    = 14.0
)

// Colours. Each picture has a white ground, so it can be read on dark pages too.
const (
	ink, pale, changed, line = "#1f2328", "#818b98", "#fff1c2", "#d1d9e0"
	blue                     = "#0969da"
)

// A drawing is an SVG that is being made.
type drawing struct {
	strings.Builder
	width, height float64
}

func (d *drawing) text(x, y float64, colour, text string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x, y, colour, html.EscapeString(text))
}

func (d *drawing) rect(x, y, w, h float64, fill string) {
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" stroke="%s"/>`+"\n", x, y, w, h, fill, line)
}

// svg is the whole picture. The title is what readers hear who cannot see it.
func (d *drawing) svg(title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img">
<title>%s</title>
<rect width="100%%" height="100%%" fill="#ffffff"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">
%s</g>
</svg>
`, d.width, d.height, d.width, d.height, html.EscapeString(title), d.String())
}

// width of a text in pixels.
func width(text string) float64 { return float64(len([]rune(text))) * charWidth }
