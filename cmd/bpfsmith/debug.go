package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// debugFlags are the flags of debug.
type debugFlags struct {
	runFlags
	number int
	kernel string
	values []string
}

func newDebug() *cobra.Command {
	var d debugFlags
	cmd := &cobra.Command{
		Use:   "debug HEX|OBJ|PACKAGE [MEMORY_HEX]",
		Short: "Step through a program in user space, forwards and backwards",
		Long: `Debug runs a program in a machine of its own, as bpfsmith run does, and shows on
the screen what it does: source, instructions, registers, the stack, maps, and the
fields of what a register points to. The program is hex on the command line or in
a file, an ELF object of clang's, or one of a Go package: what a variable of the
package holds, or what a function without parameters returns. A member of an
interface gets objects of the kernel as arguments, all zero but what --set says.

Keys:
  s, right    one instruction          S, left   back by one instruction
  n, down     next line, over calls    N, up     back to the begin of a line
  i           next line, into calls    f         to the end of the function
  c           to the next breakpoint   C         back to the last breakpoint
  j, k        move the cursor          b, l      breakpoint at the cursor, at its line
  0 to 9, a   show what a register points to (a is r10)
  tab         other panes, on a small screen
  g           back to the begin        q         quit

A step back runs the program again from the begin. So nothing that it does is
lost, and helpers for time and random numbers return the same as before.`,
		Example: `  bpfsmith debug b7000000030000009500000000000000
  bpfsmith debug --name xdp_filter --packet trace.pcap --number 7 firewall.o
  bpfsmith debug --type kprobe prog.o 00ff
  bpfsmith debug ./reno --name Reno.cong_avoid --set sk.snd_cwnd=10 --set acked=2`,
		Args: cobra.RangeArgs(1, 2),
		RunE: d.run,
	}
	flags := cmd.Flags()
	d.machineFlags(flags)
	flags.StringVar(&d.packets, "packet", "", "run it on a packet of a capture, a `FILE` in the format of pcap or pcapng")
	flags.StringVar(&d.kernel, "kernel", "6.18", "`KERNEL` that a Go package's programs are compiled for: 6.1, 6.12, 6.12-ops, 6.18")
	flags.StringArrayVar(&d.values, "set", nil, "set an argument of a member, or a field of one: `NAME=NUMBER`")
	flags.IntVar(&d.number, "number", 1, "`NUMBER` of the packet in the capture")
	return cmd
}

func (d *debugFlags) run(cmd *cobra.Command, args []string) error {
	debugger, sources, err := d.open(cmd, args)
	if err != nil {
		return err
	}
	defer debugger.Close()
	_, err = tea.NewProgram(newScreen(debugger, sources), tea.WithContext(cmd.Context()), tea.WithInput(cmd.InOrStdin()),
		tea.WithOutput(cmd.OutOrStdout())).Run()
	return asInputError(err)
}

// open loads the program, and stops before its first instruction.
func (d *debugFlags) open(cmd *cobra.Command, args []string) (*debug.Debugger, *sources, error) {
	options, err := d.options()
	if err != nil {
		return nil, nil, err
	}
	memory, err := memoryArgument(args[1:])
	if err != nil {
		return nil, nil, err
	}
	chosen, name, err := d.choose(cmd, args[0], options)
	if err != nil {
		return nil, nil, err
	}
	m := vm.New(chosen.program)
	m.StepLimit = d.steps
	if chosen.arguments != nil {
		addr, err := d.passArguments(m, chosen)
		if err != nil {
			return nil, nil, err
		}
		run := func(ctx context.Context) (uint64, error) { return m.Call(ctx, addr) }
		return debug.New(m, debug.Options{Run: run}), new(sources), nil
	}
	run := func(ctx context.Context) (uint64, error) { // again for each step back: the program may have changed the memory
		return d.start(ctx, m, chosen.section.Type, slices.Clone(memory))
	}
	var packet *vm.Packet
	if seesPackets(chosen.section.Type) {
		if d.packets != "" {
			if memory, err = packetNumber(d.packets, d.number); err != nil {
				return nil, nil, &inputError{err}
			}
		}
		if packet, err = d.packetFor(chosen.section.Type, memory); err != nil {
			return nil, nil, err
		}
		run = func(ctx context.Context) (uint64, error) { return m.RunOn(ctx, packet) }
	}
	return debug.New(m, debug.Options{Run: run, Packet: packet}), &sources{beside: filepath.Dir(name)}, nil
}

// choose finds the program: in a Go package, an object, or hex.
func (d *debugFlags) choose(cmd *cobra.Command, argument string, o vm.Options) (chosen runnable, name string, err error) {
	if isPackage(argument) {
		programs, err := packageRunnables(cmd.Context(), argument, d.kernel)
		if err != nil {
			return runnable{}, "", err
		}
		chosen, err = chooseProgram(programs, d.name)
		return chosen, argument, err
	}
	name, data, err := new(checkFlags).input(cmd, []string{argument})
	if err != nil {
		return runnable{}, "", err
	}
	chosen, err = d.load(name, data, o)
	return chosen, name, err
}

// isPackage reports whether an argument names a Go package, as the go command has it: a directory, or an import path.
func isPackage(argument string) bool {
	info, err := os.Stat(argument)
	if err == nil {
		return info.IsDir()
	}
	first, _, slash := strings.Cut(argument, "/")
	return slash && strings.Contains(first, ".") && !strings.HasSuffix(argument, ".o")
}

// passArguments makes the arguments of a member of an interface, and returns the address of the array that R1 points to.
func (d *debugFlags) passArguments(m *vm.Machine, chosen runnable) (addr uint64, err error) {
	values := make(map[string]int64)
	for _, text := range d.values {
		name, number, ok := strings.Cut(text, "=")
		value, err := strconv.ParseInt(number, 0, 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("--set %s: expected NAME=NUMBER, such as sk.snd_cwnd=10", text)
		}
		values[name] = value
	}
	var array []byte
	var names []string
	for _, argument := range chosen.arguments {
		names = append(names, argument.Name)
		value := uint64(values[argument.Name])
		delete(values, argument.Name)
		if argument.Struct != "" {
			object := vm.NewStruct(chosen.types, argument.Struct)
			object.AllowWrites()
			for name, value := range values {
				if path, ok := strings.CutPrefix(name, argument.Name+"."); ok {
					object.Set(path, value)
					delete(values, name)
				}
			}
			if value, err = m.Object(object); err != nil {
				return 0, fmt.Errorf("--set: %w", err)
			}
		}
		array = binary.LittleEndian.AppendUint64(array, value)
	}
	for name := range values {
		return 0, fmt.Errorf("--set %s: there is no such argument; there are %s", name, strings.Join(names, ", "))
	}
	return m.Add(vm.Memory{Name: "the arguments", Data: array, ReadOnly: true}), nil
}

// packetNumber is a packet of a capture, from 1.
func packetNumber(name string, number int) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	source, err := openCapture(name, file)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		data, _, err := source.ReadPacketData()
		switch {
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%s has %d packets: --number %d", name, n-1, number)
		case err != nil:
			return nil, fmt.Errorf("%s: packet %d: %w", name, n, err)
		case n == number:
			return data, nil
		}
	}
}
