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
	code := filepath.Join(w.tools, "loader.c")
	if old, err := os.ReadFile(code); err == nil && string(old) == string(loaderSource) && exists(w.loader()) {
		return nil
	}
	if err := os.WriteFile(code, loaderSource, 0o644); err != nil {
		return err
	}
	_, err := tool.Output(ctx, w.tools, "gcc", "-O1", "-Wall", "-Werror", "-o", w.loader(), code,
		"-I"+filepath.Join(lib, "usr", "include"), "-I"+w.source("tools", "include", "uapi"), "-Wl,--wrap=syscall", archive,
		"-lelf", "-lz")
	return err
}

func (w *workshop) loader() string { return filepath.Join(w.tools, "loader") }

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
