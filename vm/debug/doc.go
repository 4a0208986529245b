// Package debug steps through programs in user space: by instruction or by line, forwards and backwards, with breakpoints.
//
// # How it works
//
// A program runs in package vm, on a goroutine of its own, which waits before each instruction at which the [Debugger] stops. While it
// waits, the machine can be asked for all it has: registers and what they point to, the stack, fields of objects, elements of maps.
//
// To go back, the program is run again from the begin to the instruction before. For that, memory and maps are made what they were at the
// begin, and the helpers for time and random numbers return the same as before. A step is a number: the count of instructions before it.
//
//	d := debug.New(m, debug.Options{Run: func(ctx context.Context) (uint64, error) { return m.Run(ctx, memory) }})
//	defer d.Close()
//	d.Break(debug.Breakpoint{File: "reno.go", Line: 31})
//	d.Continue()                       // stops at the line
//	fmt.Println(d.State().Pos, m.Value(isa.R1))
//	d.Back()                           // one instruction
//
// A [Tracer] writes all that a program does, as text or as JSON. The tool shows the same on the screen: bpfsmith debug.
package debug
