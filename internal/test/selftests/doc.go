// Command selftests compares `bpfsmith check` with the running kernel on what the kernel's developers test their verifier with.
//
//	go run ./internal/test/selftests                    # as root on Debian: prints the table, exits with 1 if a limit is missed
//	go run ./internal/test/selftests -level v4          # another ISA level: v2, v3 (the default) or v4
//	go run ./internal/test/selftests -only verifier_and # objects with this in their names
//
// # How it is measured
//
//	prepare   linux-source-6.12 and clang from Debian; libbpf and bpftool made from that source; vmlinux.h of the running kernel
//	compile   tools/testing/selftests/bpf/progs/*.c
//	ask       each program singly, by libbpf (loader/objects.c), and the programs of test_verifier as it loads them (loader/verifier.c):
//	          the kernel's verdict, its message, the code, and the maps in it
//	check     each object by the tool, and each program as hex by internal/verify
//	compare   prints the table, and writes the programs with their verdicts and findings to report.jsonl
//
// All of it stays in the user's cache folder (bpfsmith/selftests), by release of the kernel and by level, and is not made again; -fresh
// makes the objects and verdicts again. The sources are the kernel's, under the GPL: nothing of them is in this tree.
//
// A program that the kernel refuses without a message of the verifier is not compared: what is attached to, or who asks, was refused. Of a
// program that libbpf cannot prepare, because the running kernel lacks something, there is no verdict.
package main
