// Command matrix runs the kernel tests on other kernels than that of this machine.
//
//	go run ./internal/test/matrix                          # every kernel, every package
//	go run ./internal/test/matrix -kernel 6.1 ./structops  # one kernel, one package
//	go run ./internal/test/matrix -run TestDone -v         # some tests, all that they print
//	go run ./internal/test/matrix -steady -run OursCarry ./examples/tcp_cc   # tests that measure time
//
// For each kernel of a small table (kernels.go) it boots a virtual machine without disk or network. qemu emulates the processor, so it
// works without KVM. The first file system is in memory, and the command makes it itself. It has the test binaries of the packages, linked
// statically, and the packages' sources and test data under the same paths as here, so that tests find them. Its /init (folder init)
// mounts the usual file systems, loads the kernel modules that tests need, runs one binary after the other, and ends the machine. There is
// no distribution and no shell.
//
// The machine has two serial ports. The kernel writes its log to the first one; a warning or an oops there is a failure, even if all tests
// pass. The output of /init and of the tests is on the second one, between lines that package job describes, and test2json counts it.
//
// A guest has the time of the real machine, so other work on that machine disturbs tests that measure time. With -steady a guest counts
// its instructions instead (qemu's -icount, one processor after the other). Then each second has the same number of instructions, and
// results of the network lab differ by less than a percent. Use it only for such tests, because long computations take much longer.
//
// In the guest BPFSMITH_KERNEL_TESTS is not set, so a test may skip when its kernel lacks something. The skips are listed with their
// reasons. A test that skips on every kernel here runs on the real machine (make test), where no test may skip. Tests with the build tag
// "guest" are the exception: they need something that the real machine may lack. When all kernels and tests are run, each of these must
// pass on one of the kernels. Tests that cannot work in such a machine are named in the table, each with the reason.
//
// Debian's kernels come from its archive by apt-get download, and stay unpacked in the user's cache folder; -update looks for newer ones.
// The command needs Debian (or dpkg and apt with its archive) and qemu-system-x86. A boot takes some seconds.
package main
