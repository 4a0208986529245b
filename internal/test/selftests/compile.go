package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// suffix is that of objects.
const suffix = ".bpf.o"

// compile compiles all programs. The few that do not fit the types of the running kernel are left out, and remembered.
func (w *workshop) compile(ctx context.Context) error {
	sources, err := filepath.Glob(filepath.Join(w.selftests(), "progs", "*.c"))
	if err != nil || len(sources) == 0 {
		return fmt.Errorf("no programs in %s", w.selftests())
	}
	headers, err := resource(ctx)
	if err != nil {
		return err
	}
	var todo []string
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		if strings.Contains(name, w.only) && !exists(w.in("objects", name+suffix)) && !exists(w.in("objects", name+".error")) {
			todo = append(todo, name)
		}
	}
	if len(todo) > 0 {
		say("compiling %d of %d files", len(todo), len(sources))
	}
	return each(ctx, todo, func(ctx context.Context, name string) error { return w.compileOne(ctx, name, headers) })
}

// compileOne compiles a file. Some declare functions of the kernel themselves, others count on those of vmlinux.h.
func (w *workshop) compileOne(ctx context.Context, name, headers string) error {
	object := w.in("objects", name+suffix)
	part := object + ".part" // it gets its name when it is whole
	var output []byte
	for _, more := range [][]string{nil, {"-DBPF_NO_KFUNC_PROTOTYPES"}} {
		args := append([]string{"-g", "-O2", "-Wno-everything", "--target=bpf", "-mcpu=" + w.level, "-mlittle-endian",
			"-D__TARGET_ARCH_x86", "-DENABLE_ATOMICS_TESTS", "-I" + w.folder,
			"-I" + filepath.Join(w.tools, "libbpf", "usr", "include"), "-I" + w.selftests(),
			"-I" + filepath.Join(w.selftests(), "progs"), "-I" + w.source("tools", "include", "uapi"),
			"-I" + w.source("tools", "testing", "selftests"), "-idirafter", headers, "-idirafter", "/usr/local/include",
			"-idirafter", "/usr/include/x86_64-linux-gnu", "-idirafter", "/usr/include", "-c", name + ".c", "-o", part}, more...)
		cmd := exec.CommandContext(ctx, compiler, args...)
		cmd.Dir = filepath.Join(w.selftests(), "progs")
		var err error
		switch output, err = cmd.CombinedOutput(); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return os.Rename(part, object)
		}
	}
	_ = os.Remove(part) // there is none, or not all of it
	return os.WriteFile(w.in("objects", name+".error"), append(output, '\n'), 0o644)
}

// each does something for each name, two at a time.
func each(ctx context.Context, names []string, do func(ctx context.Context, name string) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan string)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for name := range work {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, name); err != nil {
					stop(fmt.Errorf("%s: %w", name, err))
				}
			}
		})
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	group.Wait()
	return context.Cause(ctx)
}

// objects are the names of the objects that were compiled.
func (w *workshop) objects() ([]string, error) {
	files, err := filepath.Glob(w.in("objects", "*"+suffix))
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), suffix); strings.Contains(name, w.only) {
			names = append(names, name)
		}
	}
	return names, err
}
