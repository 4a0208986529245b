// Package prog loads programs of all types but struct_ops into the kernel.
//
// Kernel interfaces, which are made of several programs, are the subject of package structops; maps of package maps; attaching a loaded
// program, of package link.
//
// # What loading is
//
// A program is given to the kernel as instructions, together with its type: an XDP program, a socket filter, a program for a tracepoint.
// The type decides what R1 points to when the program begins (its context), which helpers it may call, and what its result means. The
// kernel's verifier then follows all paths through the program, and accepts it only if none does harm. A program that is loaded has a
// descriptor, and does nothing: it runs when it is attached (package link), or when [Loaded.Run] runs it on made-up input, which is how
// most types are tested.
//
// # Three steps
//
// As with package structops, there are three steps, and a function that takes all of them for the running kernel:
//
//	err := prog.Validate(p, options, target)          // all mistakes that can be known without a kernel, as mistake.Findings
//	plan, err := prog.Prepare(p, options, target)     // the same, and the compiled program
//	loaded, err := plan.Load()                        // the kernel verifies it
//
//	loaded, err := prog.Load(p, options)              // all of it, for the running kernel
//
// A target is what is known about a kernel: its types, its release, the instructions that it accepts. [Host] is the running kernel; the
// zero Target is a kernel that is not known: programs compile for it when they name no types of the kernel. Validate and Prepare need
// neither privilege nor Linux. What the verifier refuses comes back as a [ProgramError] with the line of Go; other failures are a
// [StepError]. With Options.Unchecked only the kernel checks the code.
//
//	runs := maps.NewGlobal("runs", uint64(0))
//	defer runs.Close()
//	p, err := prog.Load(count, prog.Options{License: "GPL"})
//	…
//	defer p.Close()
//	l, err := link.AttachXDP(p, link.XDPOptions{Interface: eth0.Index})
//	…
//	defer l.Close()
//	n, err := runs.Load()
//
// # Maps
//
// The maps that a program names are created while it is loaded, unless they exist. They belong to their handles: closing a program closes
// no map.
package prog
