// Package verifierlog reads the log that the kernel's verifier prints about a program. It finds why the program was refused, at which
// instruction, which values the registers had there, and which Go line made the instruction.
//
// # The machine
//
// Before a BPF program may run, the verifier walks through it, one instruction after the other. It works like a run of the program, but
// with sets of possible values. At a branch it takes one side first and comes back for the other. When an instruction breaks a rule, the
// walk ends and the program is refused. The log is a record of this walk. It is plain text for people, and its format changes between
// releases: this package reads the logs of Linux 5.15 to 7.3.
//
// The log level decides how much the log contains:
//
//   - Level 1 prints the path that failed. The kernel removes finished branches from the log, so the log shows one run of the program,
//     from its entry to the mistake. For a program that loads, only statistics are left.
//   - Level 2 prints every path, and how the verifier compares states to save work. This log may be a thousand times longer.
//   - Level 4 adds time and stack depth. Alone, it prints the error without any instruction.
//
// # The lines
//
// A level 1 log of a refused program has these lines, in this order:
//
//	0: R1=ctx() R10=fp0                        the state before instruction 0: the value of each register
//	; return tp.SndCwnd() @ reno.go:12         the source line of the instructions that follow
//	0: (79) r1 = *(u64 *)(r1 +0)               instruction 0, its opcode in hex ...
//	1: (bf) r6 = r1             ; R1=... R6=.. ... and the registers that it read or wrote, with their values after it
//	2: (55) if r0 != 0x0 goto pc+2 5: R0=...   a branch that was taken, and the whole state at its target
//	6: (79) r0 = *(u64 *)(r6 +0)               the last instruction: the one that broke a rule
//	R6 invalid mem access 'scalar'             the reason; if it has several lines, the last names the rule, the others have numbers
//	processed 7 insns (limit 1000000) ...      statistics, always last
//
// Instructions are counted in slots of 8 bytes. A 64-bit load takes two slots, so the number after it is skipped. When the shape of the
// program is wrong (a jump out of it, code that nothing reaches), the walk does not begin: the log has an error and no instruction,
// but the text may name one. Since 7.3 the kernel adds an explanation of several paragraphs after the reason.
//
// When a log is larger than its buffer, its beginning is missing (Linux 6.4 and later) or its end (before 6.4). A log without its end does
// not contain the reason.
//
// A log of BPF_BTF_LOAD is different: a header, then one line for each type. The wrong type is printed twice, the second time with the
// reason.
//
// # What to read
//
// [Explain] reads a log and returns a [Report]: the kernel's reason, the instruction, the values of its registers, the rule that was
// broken, how the wrong value was computed, and what to change. Report.Render shows it in a terminal, package page makes an HTML page with
// the source, and its JSON is for tools. The rules are a table ([Rules]).
//
// [Read] does the same for a log of any size in constant memory, and package page can write the page from what it keeps.
//
// [Scanner] reads logs of any size, event by event, in constant memory. [Walk] follows the events and keeps the path to the last one.
// A printed state is split into [Value]s only on request.
//
// Sources: kernel/bpf/verifier.c and log.c of Linux 5.15, 6.1, 6.12 and 7.0, kernel/bpf/diagnostics.c of 7.3, and 588 logs of 6.18.
package verifierlog
