package picture

// A Cell is a cell of a table. A changed one is marked.
type Cell struct {
	Text    string
	Changed bool
}

// Table draws rows of cells under a head. The first column has no frame: it names the rows.
func Table(title string, head []string, rows [][]Cell) string {
	widths := make([]float64, len(head))
	for n, h := range head {
		widths[n] = width(h)
		for _, row := range rows {
			widths[n] = max(widths[n], width(row[n].Text))
		}
		widths[n] += 2 * charWidth
	}
	var d drawing
	x := margin
	for n, h := range head {
		d.text(x+charWidth, margin+17, pale, h)
		for r, row := range rows {
			y := margin + rowHeight*float64(r+1)
			fill, colour := "#ffffff", pale
			if row[n].Changed {
				fill, colour = changed, ink
			}
			if n == 0 {
				colour = ink
			} else {
				d.rect(x, y, widths[n], rowHeight, fill)
			}
			d.text(x+charWidth, y+17, colour, row[n].Text)
		}
		x += widths[n]
	}
	d.width, d.height = x+margin, 2*margin+rowHeight*float64(len(rows)+1)
	return d.svg(title)
}
