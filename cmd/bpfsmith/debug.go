package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/vm"
	"github.com/bpfsmith/bpfsmith/vm/debug"
)

// debugFlags are the flags of debug.
type debugFlags struct {
	runFlags
	number int
}

func newDebug() *cobra.Command {
	var d debugFlags
	cmd := &cobra.Command{
		Use:   "debug HEX|OBJ [MEMORY_HEX]",
		Short: "Step through a program in user space, forwards and backwards",
		Long: `Debug runs a program in a machine of its own, as bpfsmith run does, and shows on
the screen what it does: source, instructions, registers, the stack, maps, and the
fields of what a register points to. The program is hex on the command line or in
a file, or an ELF object of clang's.

Keys:
  s, right    one instruction          S, left   back by one instruction
  n, down     next line, over calls    N, up     back to the begin of a line
  i           next line, into calls    f         to the end of the function
  c           to the next breakpoint   C         back to the last breakpoint
  j, k        move the cursor          b         breakpoint at the cursor
  0 to 9, a   show what a register points to (a is r10)
  tab         other panes, on a small screen
  g           back to the begin        q         quit

A step back runs the program again from the begin. So nothing that it does is
lost, and helpers for time and random numbers return the same as before.`,
		Example: `  bpfsmith debug b7000000030000009500000000000000
  bpfsmith debug --name xdp_filter --packet trace.pcap --number 7 firewall.o
  bpfsmith debug --type kprobe prog.o 00ff`,
		Args: cobra.RangeArgs(1, 2),
		RunE: d.run,
	}
	flags := cmd.Flags()
	d.machineFlags(flags)
	flags.StringVar(&d.packets, "packet", "", "run it on a packet of a capture, a `FILE` in the format of pcap or pcapng")
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
	name, data, err := new(checkFlags).input(cmd, args[:1])
	if err != nil {
		return nil, nil, err
	}
	chosen, err := d.load(name, data, options)
	if err != nil {
		return nil, nil, err
	}
	m := vm.New(chosen.program)
	m.StepLimit = d.steps
	run := func(ctx context.Context) (uint64, error) { return d.start(ctx, m, chosen.section.Type, memory) }
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
