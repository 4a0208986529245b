package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/tool"
)

type options struct {
	kernel  string        // pattern of kernels' names
	run     string        // as go test has it
	random  int           // programs to try
	steady  bool          // time is counted in instructions
	verbose bool          // print what all tests print
	update  bool          // look for newer kernels
	timeout time.Duration // of a machine
}

// testArgs are the arguments of a test binary. Its output has the form that test2json reads best.
func (opt options) testArgs(skip string) []string {
	args := []string{"-test.v=test2json", fmt.Sprintf("-test.timeout=%v", opt.timeout)}
	if opt.run != "" {
		args = append(args, "-test.run="+opt.run)
	}
	if skip != "" {
		args = append(args, "-test.skip="+skip)
	}
	return args
}

func main() {
	var opt options
	flag.StringVar(&opt.kernel, "kernel", "", "only kernels whose names match this `pattern`")
	flag.StringVar(&opt.run, "run", "", "only tests that match this `pattern`, as go test has it")
	flag.IntVar(&opt.random, "random", 200, "how `many` random programs to try, where tests try some")
	flag.BoolVar(&opt.steady, "steady", false, "let guests count time in their instructions, one processor after the other: slower "+
		"where much is computed, but\nno machine is too busy for it, so that tests may measure time")
	flag.BoolVar(&opt.verbose, "v", false, "print what all tests print, and the kernels' logs")
	flag.BoolVar(&opt.update, "update", false, "look for newer kernels in Debian's archive")
	flag.DurationVar(&opt.timeout, "timeout", 10*time.Minute, "how long one machine may run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := matrix(ctx, opt, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// matrix does everything, for all packages with kernel tests if none are named. It reports whether everything passed.
func matrix(ctx context.Context, opt options, pkgs []string) (ok bool, err error) {
	chosen, err := regexp.Compile("^(?:" + opt.kernel + ")$")
	if err != nil {
		return false, err
	}
	if _, err := exec.LookPath(qemu); err != nil { // before the test binaries are built, which takes minutes
		return false, fmt.Errorf("%w: install qemu (Debian: apt-get install qemu-system-x86)", err)
	}
	root, err := tool.Output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return false, err
	}
	m := machine{opt: opt, pkgs: pkgs, root: strings.TrimSpace(string(root))}
	if len(pkgs) == 0 {
		if m.pkgs, err = packages(m.root); err != nil {
			return false, err
		}
	}
	if m.cache, err = os.UserCacheDir(); err != nil {
		return false, err
	}
	m.cache = filepath.Join(m.cache, "bpfsmith-matrix")
	if m.work, err = os.MkdirTemp("", "bpfsmith-matrix-"); err != nil {
		return false, err
	}
	defer os.RemoveAll(m.work)
	if m.binaries, err = build(m.root, m.work, m.pkgs); err != nil {
		return false, err
	}
	var columns []*column
	ok = true
	all := opt.kernel == "" && opt.run == "" && len(pkgs) == 0 // kernels, tests and packages
	for _, k := range kernels {
		if opt.kernel != "" && !chosen.MatchString(k.name) {
			continue
		}
		c, err := m.try(ctx, k)
		if errors.Is(err, errMissing) {
			fmt.Fprintf(os.Stderr, "matrix: %s: %s is not there, left out\n", k.name, k.image)
			all = false
			continue
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", k.name, err)
		}
		columns = append(columns, c)
		ok = ok && !c.failed()
	}
	if len(columns) == 0 {
		return false, fmt.Errorf("no kernel matches %q", opt.kernel)
	}
	if err := writeTable(os.Stdout, m.pkgs, columns); err != nil {
		return false, err
	}
	writeDetails(os.Stdout, m.pkgs, columns)
	idle, err := neverRan(m.root, m.pkgs, columns)
	if err != nil {
		return false, err
	}
	for _, test := range idle {
		fmt.Printf("passed on none of these kernels, and on no other machine: %s\n", test)
	}
	return ok && (!all || len(idle) == 0), nil
}

// A machine has what is the same for all guests.
type machine struct {
	opt               options
	pkgs              []string
	root, cache, work string // folders
	binaries          binaries
}

// boots is how often a kernel may be booted until /init runs. Nothing of ours runs before that. One of a few dozen boots fails ("Oops:
// int3"), because qemu's emulation has a problem with code that another processor patches.
const boots = 3

// try boots one kernel and runs the tests on it.
func (m machine) try(ctx context.Context, k kernel) (*column, error) {
	v, err := k.find(ctx, m.root, m.cache, m.opt.update)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(m.work, k.name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	initrd := filepath.Join(folder, "initrd")
	if err := initramfs(initrd, m.root, k, v, m.pkgs, m.binaries, m.opt); err != nil {
		return nil, err
	}
	var r run
	c := &column{}
	for range boots {
		fmt.Fprintf(os.Stderr, "matrix: %s: booting %s\n", k.name, filepath.Base(v.image))
		r, err = boot(ctx, folder, v, initrd, m.opt)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		*c = column{kernel: k, steady: m.opt.steady, took: r.took}
		if c.read(r.results); c.boot.Release != "" {
			break
		}
	}
	if err != nil {
		c.faults = append(c.faults, err.Error())
	}
	if text := r.complaint(); text != "" {
		c.faults = append(c.faults, "the kernel complained:\n"+text)
	} else if err != nil || len(c.tests) == 0 {
		c.faults = append(c.faults, "the end of the kernel's log:\n"+tail(string(r.console), 40))
	}
	if m.opt.verbose {
		fmt.Printf("%s\n%s\n", r.console, r.results)
	}
	return c, nil
}
