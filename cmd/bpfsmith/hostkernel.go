package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/objfile"
)

// testedKernel is the kernel that check speaks about, 6.18.0, in the form of LINUX_KERNEL_VERSION.
const testedKernel = 6<<16 | 18<<8

// otherKernel is a kernel of which only the types are known.
func otherKernel(types *btf.Types) *objfile.Kernel {
	return &objfile.Kernel{Types: types, Version: testedKernel}
}

// hostKernel is the running kernel. Its files are read when a program asks for them. A file that is not there answers nothing.
func hostKernel(types *btf.Types) *objfile.Kernel {
	k := otherKernel(types)
	release := host.Release()
	if version, ok := releaseVersion(release); ok {
		k.Version = version
	}
	if config := openConfig(release); config != nil {
		read := sync.OnceValue(func() map[string]string { defer config.Close(); return readConfig(config) })
		k.Config = func(name string) (string, bool) {
			value, ok := read()[name]
			return value, ok
		}
	}
	symbols := sync.OnceValue(readSymbols)
	k.Symbol = func(name string) (uint64, bool) {
		address, ok := symbols()[name]
		return address, ok
	}
	return k
}

// releaseVersion reads "6.18.44-amd64" as LINUX_KERNEL_VERSION. The third number has 8 bits.
func releaseVersion(release string) (version uint32, ok bool) {
	var major, minor, patch uint32
	if n, err := fmt.Sscanf(release, "%d.%d.%d", &major, &minor, &patch); n < 2 {
		return 0, err == nil
	}
	return major<<16 | minor<<8 | min(patch, 255), true
}

// openConfig opens the configuration of the running kernel; nil if it does not show it.
func openConfig(release string) io.ReadCloser {
	if file, err := os.Open("/boot/config-" + release); err == nil {
		return file
	}
	file, err := os.Open("/proc/config.gz")
	if err != nil {
		return nil
	}
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		_ = file.Close()
		return nil
	}
	return struct {
		io.Reader
		io.Closer
	}{unzipped, file}
}

// readConfig reads lines such as CONFIG_NET=y.
func readConfig(r io.Reader) map[string]string {
	config := map[string]string{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok && strings.HasPrefix(name, "CONFIG_") {
			config[name] = value
		}
	}
	return config
}

// readSymbols reads the addresses of the kernel's symbols. They are 0 for users who may not see them.
func readSymbols() map[string]uint64 {
	symbols := map[string]uint64{}
	raw, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return symbols
	}
	for line := range bytes.Lines(raw) { // "ffffffff81000000 T _text"
		fields := bytes.Fields(line)
		if len(fields) < 3 {
			continue
		}
		if address, err := strconv.ParseUint(string(fields[0]), 16, 64); err == nil {
			symbols[string(fields[2])] = address
		}
	}
	return symbols
}
