// Code compares our code for TCP congestion controls with the code of clang -O2, function by function.
//
//	make bench-code
//	go run ./internal/bench/code [-check] [-levels v3,v4] [-rounds 20] [-megabytes 2] [-notime]
//
// It needs root, Linux 6.4 or later with TUN devices, and a Debian whose archive has clang-19 and bpftool, which are installed when they
// are missing. It compares:
//
//   - recorded: the counts in clang_sizes.tsv, made of the kernel's own BPF
//     programs (tools/testing/selftests/bpf/progs of Linux 6.12);
//   - CO-RE: the same sources, compiled now against the running kernel's types;
//   - plain: the algorithms in our own C (folder c), with offsets that are
//     fixed when compiling. CO-RE needs an instruction
//     for each access to a field of the kernel, so this variant shows what
//     clang can do without that rule;
//   - ours: the programs in ours.go.
//
// Counts are in slots of 8 bytes, like the recorded ones: a 64-bit immediate takes two. All programs are loaded, and the kernel says how
// many instructions the verifier went through. Then each algorithm carries the same number of bytes over a link of netlab, in several
// rounds, while the kernel measures its programs. Reading the kernel's clock takes longer than a short program. The row "nothing" shows
// how much of each figure that is.
//
// Downloaded sources stay in the user's cache folder. Everything else is
// removed when the program ends. CO-RE objects are loaded with cilium/ebpf,
// which relocates them as libbpf does.
package main
