// Package bpfsmith is BPF written in Go and nothing else: programs are functions of Go, compiled to BPF and loaded into the running Linux
// kernel by one static binary. There is no C, no clang, no cgo and no other loader.
//
// This package holds no code. It is the map of the others; each of them begins with a page that explains its part of the machine.
//
// # Write
//
//   - [github.com/bpfsmith/bpfsmith/dsl]: functions over typed values, or instructions and labels
//   - [github.com/bpfsmith/bpfsmith/maps]: memory that programs and user space share
//   - [github.com/bpfsmith/bpfsmith/helper]: the kernel's helpers as Go functions
//   - [github.com/bpfsmith/bpfsmith/kernel/tcp], [github.com/bpfsmith/bpfsmith/kernel/scx], [github.com/bpfsmith/bpfsmith/kernel/ctx]:
//     the kernel's structs, functions, constants and interfaces as Go types
//
// # Load
//
//   - [github.com/bpfsmith/bpfsmith/structops]: implement an interface of the kernel, such as a TCP congestion control or a scheduler
//   - [github.com/bpfsmith/bpfsmith/prog]: programs of all other types: XDP, traffic control, cgroups, tracepoints
//   - [github.com/bpfsmith/bpfsmith/link]: attach programs to interfaces, cgroups, tracepoints and sockets; update, pin and detach them
//
// # Understand
//
//   - [github.com/bpfsmith/bpfsmith/mistake]: the kinds of mistakes, and findings
//   - [github.com/bpfsmith/bpfsmith/verifierlog]: why the kernel refused a program, by whichever loader
//
// # Build on
//
//   - [github.com/bpfsmith/bpfsmith/isa]: the instruction set: encode, decode, print and parse
//   - [github.com/bpfsmith/bpfsmith/compile]: the passes from a program to its bytes
//   - [github.com/bpfsmith/bpfsmith/btf]: the kernel's types
//   - [github.com/bpfsmith/bpfsmith/syscall]: bpf(2), one Go function for each command
//
// The command bpfsmith assembles, disassembles, explains logs and checks programs; the folder examples has programs to run.
package bpfsmith
