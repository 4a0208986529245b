package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/test/tool"
)

// A kernel is a row of the table: where its image comes from, and what it needs.
type kernel struct {
	name     string
	pattern  string   // of Debian packages: the newest one is used; or
	image    string   // a file, relative to the module's root, that may be missing
	modules  []string // to load, paths below kernel/ without .ko
	excluded []exclusion

	interfaces []string // ops structs that it must have besides tcp_congestion_ops
}

// An exclusion is a test that cannot work on a kernel.
type exclusion struct {
	pkg    string
	test   string // as -test.skip has it
	reason string
}

var kernels = []kernel{
	{
		// No links, no types of modules, no names of stubs.
		name: "6.1", pattern: `^linux-image-6\.1\.0-\d+-cloud-amd64$`,
		modules:    []string{"drivers/net/tun", "drivers/net/veth", "net/ipv4/tcp_dctcp", "net/ipv4/tcp_bbr"},
		interfaces: []string{"bpf_dummy_ops"},
	},
	{
		name: "6.12", pattern: `^linux-image-6\.12\.\d+\+deb12-cloud-amd64$`,
		modules:    []string{"drivers/net/tun", "drivers/net/veth", "net/ipv4/tcp_dctcp", "net/ipv4/tcp_bbr"},
		interfaces: []string{"bpf_dummy_ops"},
	},
	{
		// It also has sched_ext_ops and hid_bpf_ops, and everything is built in. But it lacks CONFIG_TUN, which the network lab needs.
		name: "6.12-ops", image: "../shared/kernels/linux-6.12-ops.bzImage",
		interfaces: []string{"bpf_dummy_ops", "sched_ext_ops", "hid_bpf_ops"},
	},
}

// excludedEverywhere are tests that do not use the kernel, and take minutes on an emulated processor.
var excludedEverywhere = []exclusion{
	{"./internal/verify", "TestRecordedVerdicts", "does not use the kernel, and needs the documents"},
	{"./internal/linux", "TestDocumentCountsContexts", "does not use the kernel, and needs the documents"},
	{"./compile", "TestGrowthIsLinear|TestStructuredGrowth|TestRandomProgramsCompile|TestStretchTakesAnything|" +
		"TestAllocationsDoNotGrow|TestJumpTooFarNamesBothEnds", "does not use the kernel, and is slow"},
}

// unsteady are tests that measure time. They work only in guests that count time in instructions.
var unsteady = []exclusion{
	{"./examples/tcp_cc", "TestOursCarryAsTheKernels|TestDCTCPCarriesAsTheKernels|TestDCTCPKeepsTheQueueShort",
		"measures time: -steady runs it"},
}

// exclusions are those of a kernel, and those of all kernels.
func (k kernel) exclusions(steady bool) []exclusion {
	es := slices.Concat(excludedEverywhere, k.excluded)
	if !steady {
		es = append(es, unsteady...)
	}
	return es
}

// errMissing says that an optional kernel is missing.
var errMissing = errors.New("not there")

// A vmlinuz is a kernel to boot, with the modules to load.
type vmlinuz struct {
	image   string
	configs []string // the configuration with which it was built; none when that is not known
	modules []string
}

// find downloads a kernel to this machine, if it is not there yet.
func (k kernel) find(ctx context.Context, root, cache string, update bool) (vmlinuz, error) {
	if k.image != "" {
		image := filepath.Join(root, k.image)
		if _, err := os.Stat(image); errors.Is(err, fs.ErrNotExist) {
			return vmlinuz{}, errMissing
		}
		return vmlinuz{image: image}, nil
	}
	folder, err := k.unpacked(cache)
	if err != nil || folder == "" || update {
		if folder, err = k.download(ctx, cache); err != nil {
			return vmlinuz{}, err
		}
	}
	images, err := filepath.Glob(filepath.Join(folder, "boot", "vmlinuz-*"))
	if err != nil || len(images) != 1 {
		return vmlinuz{}, fmt.Errorf("%s: %d kernels, want one", folder, len(images))
	}
	v := vmlinuz{image: images[0]}
	if v.configs, err = filepath.Glob(filepath.Join(folder, "boot", "config-*")); err != nil {
		return vmlinuz{}, err
	}
	for _, m := range k.modules {
		files, err := filepath.Glob(filepath.Join(folder, "lib/modules/*/kernel", m+".ko*"))
		if err != nil || len(files) != 1 {
			return vmlinuz{}, fmt.Errorf("%s: %d modules %s, want one", folder, len(files), m)
		}
		v.modules = append(v.modules, files[0])
	}
	return v, nil
}

// unpacked is the newest package in the cache, "" for none.
func (k kernel) unpacked(cache string) (string, error) {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	newest := k.newest(names)
	if newest == "" {
		return "", nil
	}
	return filepath.Join(cache, newest), nil
}

// newest picks the package with the highest version.
func (k kernel) newest(names []string) string {
	matching := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !regexp.MustCompile(k.pattern).MatchString(n) })
	if len(matching) == 0 {
		return ""
	}
	return slices.MaxFunc(matching, func(a, b string) int { return slices.Compare(numbers(a), numbers(b)) })
}

func numbers(name string) (ns []int) {
	for _, digits := range regexp.MustCompile(`\d+`).FindAllString(name, -1) {
		n, _ := strconv.Atoi(digits)
		ns = append(ns, n)
	}
	return ns
}

// download asks Debian's archive for the newest package, and unpacks it.
func (k kernel) download(ctx context.Context, cache string) (string, error) {
	listed, err := tool.Output(ctx, "", "apt-cache", "pkgnames", "linux-image-")
	if err != nil {
		return "", err
	}
	name := k.newest(strings.Fields(string(listed)))
	if name == "" {
		return "", fmt.Errorf("no package matches %s: run apt-get update; 6.12 is in bookworm-backports and bookworm-security", k.pattern)
	}
	folder := filepath.Join(cache, name)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	fmt.Fprintf(os.Stderr, "matrix: downloading %s\n", name)
	if _, err := tool.Output(ctx, work, "apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name); err != nil {
		return "", err
	}
	debs, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(debs) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d packages", name, len(debs))
	}
	if _, err := tool.Output(ctx, work, "dpkg", "-x", debs[0], "unpacked"); err != nil {
		return "", err
	}
	return folder, os.Rename(filepath.Join(work, "unpacked"), folder)
}
