package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// A screen is what bpfsmith debug shows. It only shows what the debugger knows, and gives it commands.
type screen struct {
	d       *debug.Debugger
	sources *sources

	width, height int
	cursor        int         // the index of an instruction; breakpoints are set there
	pointer       int         // the register whose memory is shown
	other         int         // the pane that a small screen shows, of small
	before        [11]uint64  // registers before the last command
	texts         []string    // of the instructions
	slots         []int       // of the instructions
	program       *vm.Program // whose texts and slots these are
}

func newScreen(d *debug.Debugger, s *sources) *screen {
	sc := &screen{d: d, sources: s, width: 80, height: 24, pointer: 1}
	sc.remember()
	sc.follow()
	return sc
}

// Init is the beginning of tea.Model.
func (s *screen) Init() tea.Cmd { return nil }

// moves are the keys that move the program.
var moves = map[string]func(*debug.Debugger) debug.State{
	"s": (*debug.Debugger).Step, "right": (*debug.Debugger).Step, "n": (*debug.Debugger).Next, "down": (*debug.Debugger).Next,
	"i": (*debug.Debugger).Into, "f": (*debug.Debugger).Finish, "c": (*debug.Debugger).Continue, "C": (*debug.Debugger).BackContinue,
	"S": (*debug.Debugger).Back, "left": (*debug.Debugger).Back, "N": (*debug.Debugger).BackLine, "up": (*debug.Debugger).BackLine,
	"g": func(d *debug.Debugger) debug.State { return d.Goto(0) },
}

// Update does what a key says.
func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		key := msg.String()
		if move, ok := moves[key]; ok {
			s.remember()
			move(s.d)
			s.follow()
			break
		}
		switch {
		case key == "q" || key == "ctrl+c" || key == "esc":
			return s, tea.Quit
		case key == "j":
			s.cursor = min(s.cursor+1, len(s.texts)-1)
		case key == "k":
			s.cursor = max(s.cursor-1, 0)
		case key == "b":
			s.d.Break(debug.Breakpoint{Slot: s.slots[s.cursor]})
		case key == "l":
			if pos := s.program.Pos(s.slots[s.cursor]); pos.IsValid() {
				s.d.Break(debug.Breakpoint{File: filepath.ToSlash(pos.File), Line: pos.Line})
			}
		case key == "tab":
			s.other = (s.other + 1) % len(small)
		case key == "a":
			s.pointer = 10
		case len(key) == 1 && key[0] >= '0' && key[0] <= '9':
			s.pointer = int(key[0] - '0')
		}
	}
	return s, nil
}

// remember keeps the registers, to show which ones a command changes.
func (s *screen) remember() {
	for r := range s.before {
		s.before[r] = s.d.Machine().Register(isa.Register(r))
	}
}

// follow puts the cursor where the program is.
func (s *screen) follow() {
	if p := s.d.Machine().Program(); p != s.program {
		s.program, s.slots, s.texts = p, p.Slots(), nil
		for _, ins := range p.Instructions() {
			s.texts = append(s.texts, ins.String())
		}
	}
	if n, ok := slices.BinarySearch(s.slots, s.d.State().Slot); ok {
		s.cursor = n
	}
}

// The styles. Colours are those of the terminal.
var (
	styleTitle   = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Color("6"))
	styleHere    = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Color("3"))
	styleChanged = lipgloss.NewStyle().Foreground(lipgloss.Color("3"))
	styleDim     = lipgloss.NewStyle().Faint(true)
	styleError   = lipgloss.NewStyle().Foreground(lipgloss.Color("1"))
)

// A pane is a part of the screen. lines gives at most height lines, of any length.
type pane struct {
	title string
	lines func(s *screen, width, height int) []string
}

var (
	paneSource    = pane{"source", (*screen).sourceLines}
	paneCode      = pane{"instructions", (*screen).codeLines}
	paneRegisters = pane{"registers", (*screen).registerLines}
	paneStack     = pane{"stack", (*screen).stackLines}
	paneMaps      = pane{"maps", (*screen).mapLines}
	panePointer   = pane{"memory", (*screen).pointerLines}
)

// small are the panes of which a small screen shows one.
var small = []pane{panePointer, paneStack, paneMaps}

// View draws the screen.
func (s *screen) View() tea.View {
	height := max(s.height-2, 4) // without the first and the last line
	left := s.width / 2
	right := s.width - left - 1
	const registers = 12
	rightPanes := []string{s.draw(paneRegisters, right, min(registers, height))}
	rest := height - min(registers, height)
	if rest >= 18 {
		third := rest / 3
		rightPanes = append(rightPanes, s.draw(panePointer, right, rest-2*third), s.draw(paneStack, right, third),
			s.draw(paneMaps, right, third))
	} else if rest > 1 {
		rightPanes = append(rightPanes, s.draw(small[s.other], right, rest))
	}
	code := height / 2
	leftPanes := []string{s.draw(paneSource, left, height-code), s.draw(paneCode, left, code)}
	if pos := s.d.State().Pos; !pos.IsValid() || s.sources.lines(pos.File) == nil {
		leftPanes = []string{s.draw(paneCode, left, height)}
	}
	line := styleDim.Render(strings.TrimSuffix(strings.Repeat("│\n", height), "\n"))
	body := lipgloss.JoinHorizontal(lipgloss.Top, strings.Join(leftPanes, "\n"), line, strings.Join(rightPanes, "\n"))
	v := tea.NewView(s.head() + "\n" + body + "\n" + styleDim.Render(inWidth(
		"s n i f c: on   S N C g: back   b l: break  j k: cursor  0-9 a: memory  tab  q", s.width)))
	v.AltScreen = true
	v.WindowTitle = "bpfsmith debug"
	return v
}

// head says where the program is.
func (s *screen) head() string {
	state := s.d.State()
	if !state.Done {
		text := fmt.Sprintf("step %d  insn %d", state.Step, state.Slot)
		if state.Pos.IsValid() {
			text += fmt.Sprintf("  %s:%d", visible(filepath.Base(state.Pos.File)), state.Pos.Line)
		}
		if state.Depth > 0 {
			text += fmt.Sprintf("  frame %d", state.Depth)
		}
		return styleTitle.Render(inWidth(text, s.width))
	}
	var fault *vm.Fault
	switch {
	case errors.As(state.Err, &fault):
		text := fmt.Sprintf("step %d  insn %d: %v: %s", state.Step, fault.Slot, fault.Kind, visible(fault.Detail))
		return styleError.Render(inWidth(text, s.width))
	case state.Err != nil:
		return styleError.Render(inWidth(visible(state.Err.Error()), s.width))
	}
	text := fmt.Sprintf("step %d  the end: R0 = %#x (%d)", state.Step, state.Result, int64(state.Result))
	return styleTitle.Render(inWidth(text, s.width))
}

// inWidth cuts a line to a width, and fills it with blanks.
func inWidth(line string, width int) string {
	line = ansi.Truncate(line, width, "…")
	return line + strings.Repeat(" ", max(0, width-ansi.StringWidth(line)))
}

// draw draws a pane: a title, and lines that fill it.
func (s *screen) draw(p pane, width, height int) string {
	title := "─ " + p.title + " "
	lines := []string{styleDim.Render(inWidth(title+strings.Repeat("─", max(0, width-ansi.StringWidth(title))), width))}
	lines = append(lines, p.lines(s, width, height-1)...)
	for len(lines) < height {
		lines = append(lines, "")
	}
	lines = lines[:height]
	for n := range lines {
		lines[n] = inWidth(lines[n], width)
	}
	return strings.Join(lines, "\n")
}

// around is the first of n lines to show in a height, so that the line at is in the middle.
func around(at, n, height int) int { return max(0, min(at-height/2, n-height)) }

func (s *screen) sourceLines(_, height int) []string {
	pos := s.d.State().Pos
	text := s.sources.lines(pos.File)
	var lines []string
	for n := around(pos.Line-1, len(text), height); n < len(text) && len(lines) < height; n++ {
		mark := " "
		if slices.Contains(s.d.Breakpoints(), debug.Breakpoint{File: filepath.ToSlash(pos.File), Line: n + 1}) {
			mark = "●"
		}
		line := fmt.Sprintf(" %4d %s%s", n+1, mark, text[n])
		if n+1 == pos.Line {
			line = styleHere.Render("▶" + line[1:])
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *screen) codeLines(_, height int) []string {
	state := s.d.State()
	var lines []string
	for n := around(s.cursor, len(s.texts), height); n < len(s.texts) && len(lines) < height; n++ {
		mark := [2]string{" ", " "}
		if slices.Contains(s.d.Breakpoints(), debug.Breakpoint{Slot: s.slots[n]}) {
			mark[0] = styleError.Render("●")
		}
		text := fmt.Sprintf("%4d  %s", s.slots[n], s.texts[n])
		switch {
		case s.slots[n] == state.Slot:
			mark[1], text = styleHere.Render("▶"), styleHere.Render(text)
		case n == s.cursor:
			mark[1] = ">"
		}
		lines = append(lines, mark[0]+mark[1]+text)
	}
	return lines
}

func (s *screen) registerLines(int, int) []string {
	var lines []string
	for r := range s.before {
		value := s.d.Machine().Value(isa.Register(r))
		mark := " "
		if r == s.pointer {
			mark = ">"
		}
		text := fmt.Sprintf("r%-2d %#x", r, value.Bits)
		switch signed := int64(value.Bits); {
		case value.Points != "":
			text = fmt.Sprintf("r%-2d → %s", r, visible(value.Points))
		case signed < 0 && signed > -1<<32:
			text += fmt.Sprintf("  %d", signed)
		case value.Bits > 9:
			text += fmt.Sprintf("  %d", value.Bits)
		}
		if value.Bits != s.before[r] {
			text = styleChanged.Render(text)
		}
		lines = append(lines, mark+text)
	}
	return lines
}

// stackLines shows the stack of the function from its end on, 8 bytes a line; zeros are left out.
func (s *screen) stackLines(_, height int) []string {
	m := s.d.Machine()
	stack := m.Stack(m.Depth())
	var lines []string
	for at := len(stack) - 8; at >= 0 && len(lines) < height; at -= 8 {
		b := stack[at : at+8]
		value := m.ValueOf(binary.LittleEndian.Uint64(b))
		if value.Bits == 0 {
			continue
		}
		text := fmt.Sprintf("% x", b)
		if value.Points != "" {
			text = "→ " + visible(value.Points)
		}
		lines = append(lines, fmt.Sprintf(" r10 -%-4d %s", len(stack)-at, text))
	}
	if lines == nil {
		lines = []string{styleDim.Render(" all zero")}
	}
	return lines
}

func (s *screen) mapLines(_, height int) []string {
	var lines []string
	for _, view := range s.d.Machine().Maps(height) {
		lines = append(lines, fmt.Sprintf(" %s, %s: %d", visible(view.Name), view.Type, view.Len))
		for _, e := range view.Elements {
			if value := fieldText(e.Value); strings.Trim(value, "0 ") != "" {
				lines = append(lines, fmt.Sprintf("   %s: %s", fieldText(e.Key), value))
			}
		}
	}
	if lines == nil {
		lines = []string{styleDim.Render(" the program has none")}
	}
	return lines
}

// fieldText is a key or a value on one line.
func fieldText(fields []vm.Field) string {
	var parts []string
	for _, f := range fields {
		if f.Name == "" {
			parts = append(parts, f.Value)
			continue
		}
		parts = append(parts, f.Name+"="+f.Value)
	}
	return visible(strings.Join(parts, " "))
}

// pointerLines shows what a register points to: fields where they are known, else bytes.
func (s *screen) pointerLines(_, height int) []string {
	m := s.d.Machine()
	value := m.Value(isa.Register(s.pointer))
	lines := []string{fmt.Sprintf(" r%d → %s", s.pointer, visible(value.Points))}
	if value.Points == "" {
		return []string{styleDim.Render(fmt.Sprintf(" r%d is a number; 0 to 9 and a show other registers", s.pointer))}
	}
	if _, fields := m.Describe(value.Bits); fields != nil {
		for _, f := range fields {
			lines = append(lines, fmt.Sprintf("   %s = %s", visible(or(f.Name, "value")), visible(f.Value)))
		}
		return lines
	}
	for at := uint64(0); len(lines) < height; at += 8 {
		n := 8
		b, err := m.Bytes(value.Bits+at, n)
		for ; err != nil && n > 1; b, err = m.Bytes(value.Bits+at, n) {
			n--
		}
		if err != nil {
			break
		}
		lines = append(lines, fmt.Sprintf("   +%-4d % x", at, b))
	}
	return lines
}
