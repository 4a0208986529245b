package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A screen shows a table that changes. On a terminal it draws the table again in the same place; elsewhere it prints one line a second.
type screen struct {
	w        io.Writer
	terminal *os.File // nil when w is not a terminal
	drawn    int      // lines of the table that is on the screen
}

// newScreen makes a screen for a writer, which may be a terminal.
func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		s.terminal = f
	}
	return s
}

// live reports whether a table can be drawn in the place of the last one.
func (s *screen) live() bool { return s.terminal != nil }

// colour reports whether colours are wanted (no-color.org).
func (s *screen) colour() bool { return s.live() && os.Getenv("NO_COLOR") == "" }

// Control sequences (ECMA-48; the cursor's visibility is DEC's).
const (
	up        = "\x1b[%dA"
	clearLine = "\x1b[K"
	clearRest = "\x1b[J"
	hide      = "\x1b[?25l"
	show      = "\x1b[?25h"
)

// draw shows a table in the place of the last one. Lines that do not fit are cut, because the way back to the first line is counted in
// lines.
func (s *screen) draw(lines []string) error {
	width, height, err := term.GetSize(int(s.terminal.Fd()))
	if err != nil || width < 1 || height < 2 {
		width, height = 80, 24
	}
	if len(lines) > height-1 {
		lines = lines[:height-1]
	}
	var b strings.Builder
	b.WriteString(hide)
	if s.drawn > 0 {
		fmt.Fprintf(&b, up, s.drawn)
	}
	b.WriteString("\r")
	for _, line := range lines {
		b.WriteString(cut(line, width) + clearLine + "\n")
	}
	b.WriteString(clearRest)
	s.drawn = len(lines)
	_, err = io.WriteString(s.w, b.String())
	return err
}

// close makes the terminal's cursor visible again.
func (s *screen) close() {
	if s.live() {
		io.WriteString(s.w, show)
	}
}
