package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bpfsmith/bpfsmith/internal/test/tool"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/isa"
)

const compiler = "clang-19"

//go:embed c
var plainSources embed.FS

// A workshop is a folder with everything that clang needs.
type workshop struct {
	folder  string // its own folder; close removes it
	sources string // of the kernel's programs
}

// newWorkshop gets the sources and writes the running kernel's types as C.
func newWorkshop(ctx context.Context, cache string, hz uint32, update bool) (_ *workshop, err error) {
	for program, pkg := range map[string]string{compiler: compiler, "bpftool": "bpftool"} {
		if err := need(ctx, program, pkg); err != nil {
			return nil, err
		}
	}
	w := &workshop{}
	if w.sources, err = kernelSources(ctx, cache, update); err != nil {
		return nil, err
	}
	if w.folder, err = os.MkdirTemp(cache, "run-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	declarations, err := tool.Output(ctx, "", "bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(w.folder, "vmlinux.h"), declarations, 0o644); err != nil {
		return nil, err
	}
	if err := w.writeCore(); err != nil {
		return nil, err
	}
	return w, w.writePlain(hz)
}

// writeCore places the kernel's sources in the folder. They register without a
// link, which the loader does not do; the code of functions is the same.
func (w *workshop) writeCore() error {
	for _, a := range algorithms {
		if a.core == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(w.sources, "progs", a.core+".c"))
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte(`SEC(".struct_ops")`), []byte(`SEC(".struct_ops.link")`))
		if err := os.WriteFile(filepath.Join(w.folder, a.core+".c"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (w *workshop) close() error { return os.RemoveAll(w.folder) }

// writePlain places our sources, and the header that they need, in the folder.
func (w *workshop) writePlain(hz uint32) error {
	files, err := fs.Sub(plainSources, "c")
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(w.folder, "c"), files); err != nil {
		return err
	}
	types, err := btf.Kernel()
	if err != nil {
		return err
	}
	defer types.Close()
	var header bytes.Buffer
	if err := writeHeader(&header, types, hz); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.folder, "c", "kernel.h"), header.Bytes(), 0o644)
}

// compile returns the name of the object that clang makes from one source of an algorithm.
func (w *workshop) compile(ctx context.Context, v variant, source string, level isa.Level) (string, error) {
	object := filepath.Join(w.folder, fmt.Sprintf("%s.%v.%v.o", source, v, level))
	args := []string{"-O2", "-g", "-target", "bpf", "-mcpu=" + level.String(), "-Wall", "-Werror", "-o", object, "-c"}
	switch v {
	case core:
		args = append(args, "-Wno-error", "-I"+w.folder, "-I"+filepath.Join(w.sources, "include"),
			"-I"+filepath.Join(w.sources, "progs"), filepath.Join(w.folder, source+".c"))
	case plain:
		args = append(args, filepath.Join(w.folder, "c", source+".c"))
	default:
		return "", fmt.Errorf("clang has no part in variant %v", v)
	}
	_, err := tool.Output(ctx, "", compiler, args...)
	return object, err
}
