package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/test/tool"
)

const (
	sourcePackage = "linux-source-6.12"
	helperPackage = "libbpf-dev"
)

// These files of the kernel are needed, with their places in the cache.
var wanted = map[string]string{
	"tools/testing/selftests/bpf/progs/bpf_cubic.c":       "progs",
	"tools/testing/selftests/bpf/progs/bpf_dctcp.c":       "progs",
	"tools/testing/selftests/bpf/progs/bpf_cc_cubic.c":    "progs",
	"tools/testing/selftests/bpf/progs/bpf_tracing_net.h": "progs",
	"tools/lib/bpf/bpf_helpers.h":                         "include/bpf",
	"tools/lib/bpf/bpf_tracing.h":                         "include/bpf",
	"tools/lib/bpf/bpf_core_read.h":                       "include/bpf",
	"tools/lib/bpf/bpf_endian.h":                          "include/bpf",
}

// cacheFolder is where downloads stay and temporary files are made.
func cacheFolder() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil { // no HOME, as in some containers
		base = os.TempDir()
	}
	folder := filepath.Join(base, "bpfsmith", "bench-code")
	return folder, os.MkdirAll(folder, 0o755)
}

// kernelSources returns the folder with the kernel's BPF programs (progs) and their headers (include), from the cache or from Debian's
// archive.
func kernelSources(ctx context.Context, cache string, update bool) (string, error) {
	folder := filepath.Join(cache, sourcePackage)
	if _, err := os.Stat(folder); err == nil && !update {
		return folder, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "bench-code: downloading %s and %s\n", sourcePackage, helperPackage)
	if err := need(ctx, "xz", "xz-utils"); err != nil {
		return "", err
	}
	for _, name := range []string{sourcePackage, helperPackage} {
		_, err := tool.Output(ctx, work, "apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name)
		if err != nil {
			return "", fmt.Errorf("%w\nrun apt-get update; %s is in bookworm-backports, bookworm-security and trixie", err, sourcePackage)
		}
	}
	made := filepath.Join(work, "unpacked")
	for _, dir := range []string{"progs", "include/bpf"} {
		if err := os.MkdirAll(filepath.Join(made, dir), 0o755); err != nil {
			return "", err
		}
	}
	if err := unpack(ctx, work, sourcePackage+"_*.deb", func(name string, r io.Reader) (bool, error) {
		if path.Base(name) != sourcePackage+".tar.xz" {
			return false, nil
		}
		return true, unpackSources(ctx, r, made)
	}); err != nil {
		return "", err
	}
	// The declarations of helpers are not in the sources, because a script makes them. They are the same in every libbpf.
	if err := unpack(ctx, work, helperPackage+"_*.deb", func(name string, r io.Reader) (bool, error) {
		if path.Base(name) != "bpf_helper_defs.h" {
			return false, nil
		}
		return true, save(filepath.Join(made, "include/bpf/bpf_helper_defs.h"), r)
	}); err != nil {
		return "", err
	}
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	return folder, os.Rename(made, folder)
}

// unpack goes through the files of a package until one has the wanted content.
func unpack(ctx context.Context, dir, pattern string, take func(name string, r io.Reader) (bool, error)) error {
	debs, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("apt-get download left %d files %s in %s, want one", len(debs), pattern, dir)
	}
	return through(ctx, nil, func(files *tar.Reader) error {
		for {
			file, err := files.Next()
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("%s does not have the expected files: the package has changed, so change sources.go too", debs[0])
			}
			if err != nil {
				return fmt.Errorf("%s: %w", debs[0], err)
			}
			if taken, err := take(file.Name, files); taken || err != nil {
				return err
			}
		}
	}, "dpkg-deb", "--fsys-tarfile", debs[0])
}

// unpackSources copies the wanted files from the kernel's sources.
func unpackSources(ctx context.Context, compressed io.Reader, to string) error {
	missing := len(wanted)
	return through(ctx, compressed, func(files *tar.Reader) error {
		for missing > 0 {
			file, err := files.Next()
			if err != nil {
				return fmt.Errorf("%s: %d of %d files are missing: %w", sourcePackage, missing, len(wanted), err)
			}
			_, name, _ := strings.Cut(file.Name, "/")
			dir, ok := wanted[name]
			if !ok {
				continue
			}
			if err := save(filepath.Join(to, dir, path.Base(name)), files); err != nil {
				return err
			}
			missing--
		}
		return nil
	}, "xz", "-dc")
}

// through reads the archive that a program prints, as far as read needs it.
func through(ctx context.Context, in io.Reader, read func(*tar.Reader) error, name string, args ...string) error {
	ctx, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = in
	out, err := cmd.StdoutPipe()
	if err != nil {
		stop()
		return err
	}
	if err := cmd.Start(); err != nil {
		stop()
		return err
	}
	err = read(tar.NewReader(out))
	stop()         // the rest is not needed
	_ = cmd.Wait() // says that it was stopped
	return err
}

func save(name string, r io.Reader) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// need installs a program's package when the program is not there.
func need(ctx context.Context, program, pkg string) error {
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	fmt.Fprintf(os.Stderr, "bench-code: installing %s\n", pkg)
	if _, err := tool.Output(ctx, "", "apt-get", "install", "-q", "-y", "--no-install-recommends", pkg); err != nil {
		return fmt.Errorf("%s is needed: %w", program, err)
	}
	return nil
}
