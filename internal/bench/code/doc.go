// Code compares the code that we make of TCP congestion controls with what
// clang -O2 makes of them, function by function.
//
//	make bench-code
//	go run ./internal/bench/code [-check] [-levels v3,v4] [-rounds 20] [-megabytes 2] [-notime]
//
// It takes root, Linux 6.4 or later with TUN devices, and a Debian with
// clang-19 and bpftool in its archive, which are installed when missing. What
// is compared:
//
//   - recorded: the counts in clang_sizes.tsv, made of the kernel's own BPF
//     programs (tools/testing/selftests/bpf/progs of Linux 6.12);
//   - CO-RE: the same sources, compiled now against the running kernel's types;
//   - plain: the algorithms in our own C (folder c), with offsets that are
//     fixed when compiling. CO-RE pins each access to a field of the kernel to
//     an instruction of its own, so this is what clang can do when let loose;
//   - ours: the programs in ours.go.
//
// A count is in slots of 8 bytes, as the recorded ones are: a 64-bit immediate
// is two. All programs are loaded; the kernel says how many instructions the
// verifier went through. Then each algorithm carries the same number of bytes
// over a link of netlab, in rounds that take turns, while the kernel measures
// its programs. The kernel's clock costs more than a short program takes: the
// "nothing" row shows how much of each figure that is.
//
// Downloaded sources stay in the user's cache folder; everything else is gone
// when the program ends. CO-RE objects are loaded with cilium/ebpf, which
// relocates them as libbpf does.
package main
