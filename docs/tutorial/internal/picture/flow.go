package picture

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/isa"
)

// Flow draws a program: an instruction in each row, and an arc for each jump. Jumps forwards are on the right, jumps back on the left.
func Flow(title string, ins []isa.Instruction) string {
	var d drawing
	longest := 0.0
	texts := make([]string, len(ins))
	for n, i := range ins {
		texts[n] = fmt.Sprintf("%2d: %v", n, i)
		longest = max(longest, width(texts[n]))
	}
	const lane = 26.0
	left, right := 0, 0 // lanes for arcs
	for n, i := range ins {
		if isJump(i) {
			if to := n + 1 + int(i.Off); to <= n {
				left++
			} else {
				right++
			}
		}
	}
	x := margin + lane*float64(left) + 10
	end := x + longest + 2*charWidth
	middle := func(n int) float64 { return margin + rowHeight*float64(n) + rowHeight/2 }
	for n, text := range texts {
		d.rect(x, margin+rowHeight*float64(n)+2, longest+2*charWidth, rowHeight-4, "#f6f8fa")
		d.text(x+charWidth, middle(n)+5, ink, text)
	}
	l, r := 0, 0
	for n, i := range ins {
		if !isJump(i) {
			continue
		}
		to := n + 1 + int(i.Off)
		from, side := end, lane*float64(right-r)
		if to <= n {
			l++
			from, side = x, -lane*float64(l)
		} else {
			r++
		}
		fmt.Fprintf(&d, `<path d="M %.1f %.1f h %.1f V %.1f h %.1f" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n",
			from, middle(n), side, middle(to), -side, blue)
		tip := 6.0
		if side < 0 {
			tip = -6
		}
		fmt.Fprintf(&d, `<path d="M %.1f %.1f l %.1f -4 v 8 z" fill="%s"/>`+"\n", from, middle(to), tip, blue)
	}
	d.width = end + lane*float64(right) + margin
	d.height = 2*margin + rowHeight*float64(len(ins))
	return d.svg(title)
}

// isJump reports whether an instruction goes on elsewhere, in the same function, by its offset.
func isJump(i isa.Instruction) bool {
	class := i.Op.Class()
	if class != isa.ClassJMP && class != isa.ClassJMP32 {
		return false
	}
	return i.Off != 0 || i.String() == "goto pc+0"
}
