package debug

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A Format is how a Tracer writes.
type Format uint8

// The formats.
const (
	Text Format = iota // a line for each instruction, with what it has changed
	JSON               // the same as an object of JSON on a line: an Event
)

// An Event is an instruction that has run, as JSON has it.
type Event struct {
	Step        uint64            `json:"step"`           // how many ran before it
	Slot        int               `json:"slot"`           // where it is in the code
	Instruction string            `json:"insn"`           // as the kernel's log shows it
	File        string            `json:"file,omitempty"` // its line, if the program knows it
	Line        int               `json:"line,omitempty"`
	Depth       int               `json:"depth"`             // how many functions wait for this one
	Changed     map[string]string `json:"changed,omitempty"` // the registers that it has changed: "r0": "0x5"
	Points      map[string]string `json:"points,omitempty"`  // where these point to: "r1": "the packet, byte 0 of 60"
}

// A Tracer writes each instruction that a machine runs. Set Machine.Trace to its Step, and call End after the run: what an instruction has
// changed is known when the next one begins.
type Tracer struct {
	w      io.Writer
	format Format
	m      *vm.Machine
	before [11]uint64
	event  Event
	begun  bool
	err    error
}

// NewTracer makes a tracer for a machine.
func NewTracer(w io.Writer, format Format, m *vm.Machine) *Tracer {
	return &Tracer{w: w, format: format, m: m}
}

// Step is for Machine.Trace.
func (t *Tracer) Step(s vm.Step) {
	step := uint64(0)
	if t.begun {
		step = t.event.Step + 1
		t.write()
	}
	t.begun = true
	t.event = Event{Step: step, Slot: s.Slot, Instruction: s.Instruction.String(), Depth: t.m.Depth()}
	if s.Pos.IsValid() {
		t.event.File, t.event.Line = s.Pos.File, s.Pos.Line
	}
	for r := range t.before {
		t.before[r] = t.m.Register(isa.Register(r))
	}
}

// End writes the last instruction, and returns the first error of writing.
func (t *Tracer) End() error {
	if t.begun {
		t.write()
		t.begun = false
	}
	return t.err
}

// write writes the instruction that has run, with what it has changed.
func (t *Tracer) write() {
	if t.err != nil {
		return
	}
	e := t.event
	var changed []string
	for r := range t.before {
		now := t.m.Value(isa.Register(r))
		if now.Bits == t.before[r] {
			continue
		}
		name := fmt.Sprintf("r%d", r)
		changed = append(changed, name+" = "+now.String())
		if e.Changed == nil {
			e.Changed = make(map[string]string)
		}
		e.Changed[name] = fmt.Sprintf("%#x", now.Bits)
		if now.Points != "" {
			if e.Points == nil {
				e.Points = make(map[string]string)
			}
			e.Points[name] = now.Points
		}
	}
	if t.format == JSON {
		t.err = json.NewEncoder(t.w).Encode(e)
		return
	}
	line := fmt.Sprintf("%4d: %s%s", e.Slot, strings.Repeat("  ", e.Depth), e.Instruction)
	if changed != nil {
		line = fmt.Sprintf("%-44s ; %s", line, strings.Join(changed, ", "))
	}
	if e.Line > 0 {
		line = fmt.Sprintf("%-72s %s:%d", line, filepath.Base(e.File), e.Line)
	}
	_, t.err = fmt.Fprintln(t.w, line)
}
