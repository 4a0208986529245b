// Command matrix runs the kernel tests on kernels other than the one at hand.
//
//	go run ./internal/test/matrix                          # every kernel, every package
//	go run ./internal/test/matrix -kernel 6.1 ./structops  # one kernel, one package
//	go run ./internal/test/matrix -run TestDone -v         # some tests, all that they print
//	go run ./internal/test/matrix -steady -run OursCarry ./examples/tcp_cc   # tests that measure time
//
// For each kernel of a small table (kernels.go) it boots a virtual machine
// without disk or network: qemu, emulating the processor, so that it works where
// there is no KVM, and a first file system in memory that it makes itself. In it
// are the test binaries of the packages, linked statically, the packages'
// sources and test data under the same paths as here, so that tests find what
// they look for, and an /init (folder init) that mounts what a Linux process
// expects, loads the kernel modules that tests need, runs one binary after the
// other, and ends the machine. No distribution, no shell.
//
// The machine has two serial ports. The kernel writes its log to the first; a
// warning or an oops there is a failure, whatever the tests say. The second
// carries what /init and the tests print, framed by lines that package job
// describes, and test2json counts.
//
// A guest's time is the machine's, so what else runs there disturbs tests that
// measure time. With -steady a guest counts its instructions instead (qemu's
// -icount, one processor after the other): a second then has as many of them as it
// always has, and transfers of the network lab come out alike within a fraction of
// a percent. It is for such tests: what computes for long takes far longer.
//
// In the guest BPFSMITH_KERNEL_TESTS is not set: a test may skip when its kernel
// lacks something. The skips are listed with their reasons. A test that skips on
// every kernel here runs on the machine at hand (make test), where no test may
// skip; unless it has the build tag "guest", which is for tests of what that
// machine may lack. When all kernels and tests were asked for, it is a failure if
// one of those passed on none of them. Tests that cannot work in such a machine at
// all are named in the table, each with the reason.
//
// Debian's kernels come from its archive by apt-get download, and stay unpacked
// in the user's cache folder; -update looks for newer ones. It takes Debian
// (or dpkg and apt with its archive) and qemu-system-x86; boots take seconds.
package main
