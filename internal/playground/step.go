package playground

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/hextext"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// Limits of a run. A step back runs the program again from its begin, so a run must be short.
const (
	mostSteps   = 1_000_000
	mostMemory  = 64 << 10 // bytes of a packet or a context
	mostOfMaps  = 16 << 20 // bytes of all elements of all maps
	mostPrinted = 100      // lines
	mostShown   = 50       // elements of each map
)

// stepRequest asks for one move of a program. It has all that is known about the program, so that a new Playground can answer it too.
type stepRequest struct {
	Hex    string `json:"hex"`
	Kind   string `json:"kind"`
	Maps   string `json:"maps"`
	Memory string `json:"memory"` // in hex: a packet or a context

	At     uint64 `json:"at"`     // the step from which the program moves
	Move   string `json:"move"`   // of moves
	Breaks []int  `json:"breaks"` // slots
}

// moves are what the buttons of the page do.
var moves = map[string]func(*debug.Debugger) debug.State{
	"":             (*debug.Debugger).State,
	"begin":        func(d *debug.Debugger) debug.State { return d.Goto(0) },
	"step":         (*debug.Debugger).Step,
	"next":         (*debug.Debugger).Next,
	"continue":     (*debug.Debugger).Continue,
	"back":         (*debug.Debugger).Back,
	"backContinue": (*debug.Debugger).BackContinue,
}

// A state is what the page shows of a program that has stopped.
type state struct {
	Step      uint64     `json:"step"` // instructions that ran before
	Slot      int        `json:"slot"` // of the instruction that is next, or that was the last
	Done      bool       `json:"done"`
	Result    string     `json:"result"` // in words, at the end
	Fault     string     `json:"fault"`  // why the program did not reach its end
	Calls     []int      `json:"calls"`  // slots of the calls that led here, the outermost first
	Registers []register `json:"registers"`
	Stack     []word     `json:"stack"`  // of the function that runs, from r10 down; words that are 0 are left out
	Memory    string     `json:"memory"` // the packet or the context, in hex
	Fields    []field    `json:"fields"` // of the context of a packet
	Maps      []mapState `json:"maps"`
	Printed   []string   `json:"printed"`
}

// A register, or a word of the stack.
type register struct {
	Name   string `json:"name"`
	Hex    string `json:"hex"`
	Number string `json:"number"` // in decimal, with a sign
	Points string `json:"points"` // where it points to; "" for a number
}

type word struct {
	register
	Bytes string `json:"bytes"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type mapState struct {
	Name     string      `json:"name"`
	Length   int         `json:"length"` // elements, or bytes of a ring buffer
	Elements [][2]string `json:"elements"`
}

// A session is a program that was stopped.
type session struct {
	of      stepRequest // without what changes with each move
	kind    kind
	d       *debug.Debugger
	m       *vm.Machine
	memory  []byte // of this run, if there is no packet
	packet  *vm.Packet
	context uint64 // R1 at the begin
	printed []string
	lost    int // lines of printed that were dropped
}

func (p *Playground) step(r stepRequest) (*state, error) {
	move, ok := moves[r.Move]
	if !ok {
		return nil, fmt.Errorf("there is no move %q", r.Move)
	}
	of := r
	of.At, of.Move, of.Breaks = 0, "", nil
	if p.session == nil || !p.session.of.same(of) {
		p.end()
		s, err := newSession(of)
		if err != nil {
			return nil, err
		}
		p.session = s
	}
	d := p.session.d
	d.Goto(r.At)
	for len(d.Breakpoints()) > 0 {
		d.Break(d.Breakpoints()[0]) // takes it away
	}
	for _, slot := range r.Breaks {
		if b := (debug.Breakpoint{Slot: slot}); !slices.Contains(d.Breakpoints(), b) {
			d.Break(b)
		}
	}
	return p.session.state(move(d)), nil
}

func (r stepRequest) same(other stepRequest) bool {
	return r.Hex == other.Hex && r.Kind == other.Kind && r.Maps == other.Maps && r.Memory == other.Memory
}

// end ends the session.
func (p *Playground) end() {
	if p.session != nil {
		p.session.d.Close()
		p.session = nil
	}
}

// newSession stops before the first instruction of a program.
func newSession(r stepRequest) (*session, error) {
	k, err := kindNamed(r.Kind)
	if err != nil {
		return nil, err
	}
	code, _, wrong := disassemble(r.Hex)
	switch {
	case wrong != nil:
		return nil, errors.New(wrong.Detail)
	case len(code) == 0:
		return nil, errors.New("there is no program yet")
	}
	options := vm.Options{Mode: vm.Linux}
	if r.Kind == "" {
		options.Mode = vm.Conformant
	}
	if options.Maps, err = machineMaps(r.Maps); err != nil {
		return nil, fmt.Errorf("maps: %w", err)
	}
	loaded, err := vm.LoadInstructions(code, options)
	if err != nil {
		return nil, err
	}
	memory, err := readMemory(r.Memory)
	if err != nil {
		return nil, err
	}
	s := &session{of: r, kind: k, m: vm.New(loaded)}
	s.m.StepLimit = mostSteps
	s.m.Print = s.print
	run := func(ctx context.Context) (uint64, error) { return s.m.Run(ctx, s.memory) }
	if k.Packets {
		if s.packet, err = vm.NewPacket(k.place.Type, memory); err != nil {
			return nil, err
		}
		run = func(ctx context.Context) (uint64, error) { return s.m.RunOn(ctx, s.packet) }
	} else if missing := k.Size - int64(len(memory)); missing > 0 {
		memory = append(memory, make([]byte, missing)...)
	}
	s.d = debug.New(s.m, debug.Options{Packet: s.packet, Run: func(ctx context.Context) (uint64, error) {
		s.memory, s.printed, s.lost = slices.Clone(memory), nil, 0 // the program may have changed them
		return run(ctx)
	}})
	s.context = s.m.Register(isa.R1)
	return s, nil
}

// readMemory reads the packet or the context. There is always some memory, so that R1 points to it.
func readMemory(text string) ([]byte, error) {
	hex := hextext.Text{Text: []byte(text)}
	if wrong := hex.Read(); wrong != nil {
		line, column := hextext.LineAndColumn(hex.Text, wrong.Offset)
		return nil, fmt.Errorf("memory: line %d, column %d: %s", line, column, wrong.Detail)
	}
	if len(hex.Code) > mostMemory {
		return nil, fmt.Errorf("memory: it has %d bytes; at most %d are taken here", len(hex.Code), mostMemory)
	}
	return hex.Code, nil
}

// machineMaps makes the maps of a machine.
func machineMaps(text string) (map[int32]*maps.Map, error) {
	known, err := readMaps(text)
	if err != nil {
		return nil, err
	}
	handles := map[int32]*maps.Map{}
	size := uint64(0)
	for fd, m := range known {
		size += uint64(m.Max) * max(1, uint64(m.Key)+uint64(m.Value))
		handles[fd] = maps.New(&dsl.MapSpec{Name: fmt.Sprintf("map %d", fd), Type: m.Type, KeySize: m.Key, ValueSize: m.Value,
			MaxEntries: m.Max, Flags: m.Flags})
	}
	if size > mostOfMaps {
		return nil, fmt.Errorf("they have %s; at most %d are taken here", phrase.Count(int(size), "byte"), mostOfMaps)
	}
	return handles, nil
}

// print keeps the last lines that the program prints.
func (s *session) print(line string) {
	if len(s.printed) == mostPrinted {
		s.printed = slices.Delete(s.printed, 0, 1)
		s.lost++
	}
	s.printed = append(s.printed, line)
}

// state describes where the program is.
func (s *session) state(at debug.State) *state {
	out := &state{Step: at.Step, Slot: at.Slot, Done: at.Done, Calls: s.m.Calls(), Printed: slices.Clone(s.printed)}
	var fault *vm.Fault
	switch {
	case errors.As(at.Err, &fault):
		out.Slot, out.Calls = fault.Slot, fault.Calls
		out.Fault = fault.Kind.String() + ": " + fault.Detail
	case at.Err != nil:
		out.Fault = at.Err.Error()
	case at.Done:
		out.Result = s.result(at.Result)
	}
	if s.lost > 0 {
		out.Printed = slices.Insert(out.Printed, 0, phrase.Count(s.lost, "earlier line")+" left out")
	}
	for r := isa.R0; r <= isa.R10; r++ {
		out.Registers = append(out.Registers, newRegister(r.String(), s.m.Value(r)))
	}
	stack := s.m.Stack(s.m.Depth())
	for end := len(stack); end >= 8; end -= 8 {
		b := stack[end-8 : end]
		if v := s.m.ValueOf(binary.LittleEndian.Uint64(b)); v.Bits != 0 {
			name := fmt.Sprintf("r10 -%d", len(stack)-end+8)
			out.Stack = append(out.Stack, word{newRegister(name, v), fmt.Sprintf("% x", b)})
		}
	}
	out.Memory = fmt.Sprintf("% x", s.memory)
	if s.packet != nil {
		out.Memory = fmt.Sprintf("% x", s.packet.Bytes())
		_, fields := s.m.Describe(s.context)
		for _, f := range fields {
			out.Fields = append(out.Fields, field{f.Name, f.Value})
		}
	}
	for _, view := range s.m.Maps(mostShown) {
		out.Maps = append(out.Maps, newMapState(view))
	}
	return out
}

// result says what the program has returned.
func (s *session) result(r0 uint64) string {
	text := fmt.Sprintf("%d", int64(r0))
	if r0 > 9 {
		text += fmt.Sprintf(" (%#x)", r0)
	}
	if verdict := s.kind.place.Type.Verdict(uint32(r0)); s.of.Kind != "" && verdict != fmt.Sprint(int64(int32(r0))) {
		text = verdict + ", " + text
	}
	return text
}

func newRegister(name string, v vm.Value) register {
	return register{Name: name, Hex: fmt.Sprintf("%#x", v.Bits), Number: fmt.Sprint(int64(v.Bits)), Points: v.Points}
}

func newMapState(view vm.MapView) mapState {
	out := mapState{Name: view.Name + ", " + view.Type, Length: view.Len}
	for _, e := range view.Elements {
		value := fieldsText(e.Value)
		if strings.Trim(value, "0 ") == "" { // as most elements of arrays are
			continue
		}
		out.Elements = append(out.Elements, [2]string{fieldsText(e.Key), value})
	}
	return out
}

// fieldsText is a key or a value on one line.
func fieldsText(fields []vm.Field) string {
	var parts []string
	for _, f := range fields {
		if f.Name != "" {
			parts = append(parts, f.Name+"="+f.Value)
			continue
		}
		parts = append(parts, f.Value)
	}
	return strings.Join(parts, " ")
}
