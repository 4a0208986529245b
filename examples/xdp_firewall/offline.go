package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// errUnprivileged says that the program was compiled and checked, and that the rest needs privileges.
var errUnprivileged = errors.New("nothing was attached: privileges are missing")

// missingCapabilities describes the capabilities that this process lacks. On
// other systems than Linux that is all of them.
func missingCapabilities(opt options) []string {
	have, err := syscall.Capabilities()
	if err != nil {
		have = 0
	}
	var missing []string
	for _, n := range [...]struct {
		cap  syscall.Cap
		why  string
		demo bool // only the demonstration needs it
	}{
		{syscall.CapBPF, "to load BPF programs", false},
		{syscall.CapPerfmon, "for programs that compute with pointers", false},
		{syscall.CapNetAdmin, "to attach them to an interface", false},
		{syscall.CapSysAdmin, "to make the demonstration's namespaces", true},
	} {
		if !have.Has(n.cap) && (opt.iface == "" || !n.demo) {
			missing = append(missing, fmt.Sprintf("%v %s", n.cap, n.why))
		}
	}
	return missing
}

// offline does the part that needs no privileges: it compiles the program, and checks it against types of a kernel that are part of this
// example.
func offline(missing []string, stdout io.Writer) error {
	fmt.Fprintf(os.Stderr, "xdp_firewall: this process lacks %s\n", strings.Join(missing, ", "))
	fmt.Fprintln(os.Stderr, "help: run it as root, or from this shell: go run -exec sudo ./examples/xdp_firewall")
	kernels := fixture.Kernels()
	newest := kernels[len(kernels)-1]
	types, err := fixture.Open(newest)
	if err != nil {
		return err
	}
	object, err := compile.Compile(newFirewall().program(), compile.Target{BTF: types, ByteOrder: isa.Native})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "compiled and checked against the types of Linux %s: %d instructions, %d bytes\n\n",
		newest, object.Slots(), len(object.Code))
	fmt.Fprintf(stdout, "%s\n", object.AppendListing(nil))
	fmt.Fprintln(os.Stderr, "xdp_firewall: nothing was attached")
	return errUnprivileged
}
