// Package verifierlog reads what the kernel's verifier prints about a program, and finds in it what a person wants to know first: why it
// was refused, at which instruction, what the registers held there, and which line of Go made it.
//
// # The machine
//
// Before a BPF program may run, the kernel walks through it as if it ran, with sets of possible values instead of values. It does so one
// instruction after the other; at a branch it takes one side first and comes back for the other. The first rule that an
// instruction breaks ends the walk, and the program is refused. The log is the diary of that walk. It is plain text, meant for people, and has
// no stable format: this package reads those of Linux 5.15 to 7.3.
//
// How much is in it depends on the log level that was asked for:
//
//   - Level 1 tells the path that failed: the finished branches are wiped, so what is left reads as one run of the program from its entry to
//     the mistake. A program that loads leaves only statistics.
//   - Level 2 tells every path, and how the verifier compares states to cut the search short. It may be a thousand times longer.
//   - Level 4 adds time and stack depth. Alone, it gives the error without any instruction.
//
// # The lines
//
// These are the lines of a refused program at level 1, in their order:
//
//	0: R1=ctx() R10=fp0                        the state before instruction 0: what each register holds
//	; return tp.SndCwnd() @ reno.go:12         the source line of the instructions that follow
//	0: (79) r1 = *(u64 *)(r1 +0)               instruction 0, its opcode in hex ...
//	1: (bf) r6 = r1             ; R1=... R6=.. ... and the registers that it read or wrote, as they are afterwards
//	2: (55) if r0 != 0x0 goto pc+2 5: R0=...   a branch that was taken, and the whole state at its target
//	6: (79) r0 = *(u64 *)(r6 +0)               the last instruction: the one that broke a rule
//	R6 invalid mem access 'scalar'             the reason; of several lines the last names the rule, the others the numbers
//	processed 7 insns (limit 1000000) ...      statistics, always last
//
// Instructions are counted in slots of 8 bytes; a 64-bit load takes two, so the number after it is skipped. Where the program's
// shape is wrong (a jump out of it, code that nothing reaches) the walk has not begun: there is an error and no instruction, though the
// text may name one. From 7.3 on the kernel adds an explanation of several paragraphs after the reason.
//
// A log that was larger than its buffer lacks its beginning (Linux 6.4 and later) or its end (before). Without its end there is no
// reason in it.
//
// A log of BPF_BTF_LOAD looks different: a header, then one line a type. The type that is wrong is printed twice, the second time with the reason.
//
// # What to read
//
// [Explain] reads a log into a [Report]: the kernel's reason, the instruction, what the registers held there, which rule it is, how the
// value that broke it came to be, and what to change. Report.Render shows it at a terminal, package page in a page beside the source, and as JSON it goes to
// tools.
// The rules are a table ([Rules]).
//
// [Scanner] reads logs of any size, event by event, in constant memory; [Walk] follows the events and keeps the path that leads to the last.
// A printed state is split into [Value]s only when somebody asks.
//
// Sources: kernel/bpf/verifier.c and log.c of Linux 5.15, 6.1, 6.12 and 7.0, kernel/bpf/diagnostics.c of 7.3, and 588 logs of 6.18.
package verifierlog
