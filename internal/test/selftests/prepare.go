package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bpfsmith/bpfsmith/internal/test/tool"
)

const (
	sourcePackage = "linux-source-6.12"
	compiler      = "clang-19"
)

// packages are needed, each with a file that shows that it is there.
var packages = []struct{ name, file string }{
	{sourcePackage, "/usr/src/" + sourcePackage + ".tar.xz"},
	{compiler, "/usr/bin/" + compiler},
	{"gcc", "/usr/bin/gcc"},
	{"make", "/usr/bin/make"},
	{"xz-utils", "/usr/bin/xz"},
	{"libelf-dev", "/usr/include/libelf.h"},
	{"zlib1g-dev", "/usr/include/zlib.h"},
}

// prepare makes what is the same for all kernels, and vmlinux.h of the running one.
func (w *workshop) prepare(ctx context.Context) error {
	if os.Getuid() != 0 {
		return errors.New("only root can ask the kernel")
	}
	for _, p := range packages {
		if exists(p.file) {
			continue
		}
		say("installing %s", p.name)
		if _, err := tool.Output(ctx, "", "apt-get", "install", "-q", "-y", "--no-install-recommends", p.name); err != nil {
			return fmt.Errorf("%w\nrun apt-get update; %s is in bookworm-backports, bookworm-security and trixie", err, sourcePackage)
		}
	}
	if err := w.unpack(ctx); err != nil {
		return err
	}
	if err := w.makeTools(ctx); err != nil {
		return err
	}
	header := w.in("vmlinux.h")
	if exists(header) {
		return nil
	}
	text, err := tool.Output(ctx, "", filepath.Join(w.tools, "bpftool", "bootstrap", "bpftool"), "btf", "dump", "file",
		"/sys/kernel/btf/vmlinux", "format", "c")
	if err != nil {
		return err
	}
	return os.WriteFile(header, text, 0o644)
}

func (w *workshop) source(parts ...string) string {
	return filepath.Join(append([]string{w.tools, sourcePackage}, parts...)...)
}

// selftests is the folder of the kernel's programs.
func (w *workshop) selftests() string { return w.source("tools", "testing", "selftests", "bpf") }

// unpack unpacks the part of the kernel that is needed. The folder has its name only when it is whole.
func (w *workshop) unpack(ctx context.Context) error {
	if exists(w.source("Makefile")) {
		return nil
	}
	say("unpacking %s", sourcePackage)
	part := filepath.Join(w.tools, "unpacking")
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil {
		return err
	}
	args := []string{"-xJf", "/usr/src/" + sourcePackage + ".tar.xz", "--wildcards"}
	for _, name := range []string{"tools/*", "scripts/*", "include/uapi/*", "kernel/bpf/*", "Makefile"} {
		args = append(args, sourcePackage+"/"+name)
	}
	if _, err := tool.Output(ctx, part, "tar", args...); err != nil {
		return err
	}
	return errors.Join(os.Rename(filepath.Join(part, sourcePackage), w.source()), os.Remove(part))
}

// makeTools makes libbpf, bpftool and the loader.
func (w *workshop) makeTools(ctx context.Context) error {
	lib, bpftool := filepath.Join(w.tools, "libbpf"), filepath.Join(w.tools, "bpftool")
	archive := filepath.Join(lib, "usr", "lib", "libbpf.a")
	if !exists(archive) {
		say("making libbpf")
		if _, err := tool.Output(ctx, w.source("tools", "lib", "bpf"), "make", "-s", "-j2", "OUTPUT="+made(lib, "build")+"/",
			"prefix=/usr", "libdir=/usr/lib", "DESTDIR="+lib, "install", "install_headers"); err != nil {
			return err
		}
	}
	if !exists(filepath.Join(bpftool, "bootstrap", "bpftool")) {
		say("making bpftool")
		if _, err := tool.Output(ctx, w.source("tools", "bpf", "bpftool"), "make", "-s", "-j2", "OUTPUT="+made(bpftool)+"/",
			"bootstrap"); err != nil {
			return err
		}
	}
	return w.makeLoaders(ctx)
}

// Loaders, each with the sources of this tree and of the kernel's tests.
const (
	objectLoader = "ask-objects"
	rawLoader    = "ask-test_verifier"
)

// makeLoaders makes the programs that ask the kernel.
func (w *workshop) makeLoaders(ctx context.Context) error {
	dir := filepath.Join(w.tools, "loader")
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(w.tools, loaderSources)); err != nil {
		return err
	}
	library := filepath.Join(w.tools, "libbpf", "usr")
	link := func(name string, args ...string) error {
		args = append(args, "-O1", "-w", "-D_GNU_SOURCE", "-o", filepath.Join(w.tools, name), "-I"+filepath.Join(library, "include"),
			"-I"+w.source("tools", "include"), "-I"+w.source("tools", "include", "uapi"), "-Wl,--wrap=syscall",
			filepath.Join(library, "lib", "libbpf.a"), "-lelf", "-lz")
		_, err := tool.Output(ctx, dir, "gcc", args...)
		return err
	}
	if err := link(objectLoader, "objects.c", "ask.c"); err != nil {
		return err
	}
	// The list of the tests is a header that the kernel's Makefile makes.
	tests, err := filepath.Glob(filepath.Join(w.selftests(), "verifier", "*.c"))
	if err != nil || len(tests) == 0 {
		return fmt.Errorf("no tests in %s", w.selftests())
	}
	list := "#ifdef FILL_ARRAY\n"
	for _, test := range tests {
		list += fmt.Sprintf("#include %q\n", test)
	}
	if err := os.WriteFile(filepath.Join(made(dir, "verifier"), "tests.h"), []byte(list+"#endif\n"), 0o644); err != nil {
		return err
	}
	args := []string{"verifier.c", "ask.c", "-I" + dir, "-I" + w.selftests(), "-I" + w.source("kernel", "bpf"),
		"-Wl,--wrap=load_bpf_testmod,--wrap=unload_bpf_testmod"}
	for _, name := range []string{"test_verifier.c", "testing_helpers.c", "cap_helpers.c", "unpriv_helpers.c", "disasm.c"} {
		args = append(args, filepath.Join(w.selftests(), name))
	}
	return link(rawLoader, args...)
}

// made makes a folder and returns its name.
func made(parts ...string) string {
	folder := filepath.Join(parts...)
	_ = os.MkdirAll(folder, 0o755) // make says so if it is missing
	return folder
}

// resource is the folder of the compiler's own headers.
func resource(ctx context.Context) (string, error) {
	path, err := exec.LookPath(compiler)
	if err != nil {
		return "", err
	}
	out, err := tool.Output(ctx, "", path, "-print-resource-dir")
	if err != nil {
		return "", err
	}
	return filepath.Join(string(out[:len(out)-1]), "include"), nil
}
