package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/test/matrix/guest"
	"github.com/bpfsmith/bpfsmith/internal/test/matrix/job"
)

// elsewhere are packages whose kernel tests are not useful in a guest.
var elsewhere = map[string]string{
	"./internal/test/kerneltest": "tests itself",
	"./internal/netlab":          "measures time, which an emulated processor cannot keep",
}

// packages finds the packages with kernel tests: files that call kerneltest.
func packages(root string) ([]string, error) {
	found := make(map[string]bool)
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(text, []byte("kerneltest.")) {
			return err
		}
		pkg, err := filepath.Rel(root, filepath.Dir(file))
		if name := "./" + filepath.ToSlash(pkg); elsewhere[name] == "" {
			found[name] = true
		}
		return err
	})
	return slices.Sorted(maps.Keys(found)), err
}

// binaries are programs for the guest, by package; init's is under initPackage.
type binaries map[string]string

const initPackage = "./internal/test/matrix/init"

// guestTag is the build tag of tests that are only for guests, because the real machine may lack what they need. Such a test
// must run on at least one of the kernels.
const guestTag = "guest"

// build compiles the test binaries and /init into a folder: static, for the
// machine that qemu emulates.
func build(root, folder string, pkgs []string) (binaries, error) {
	b := binaries{initPackage: filepath.Join(folder, "init")}
	if err := compile(root, "build", "-o", b[initPackage], initPackage); err != nil {
		return nil, err
	}
	for _, pkg := range pkgs {
		file := filepath.Join(folder, strings.ReplaceAll(strings.TrimPrefix(pkg, "./"), "/", "_")+".test")
		if err := compile(root, "test", "-c", "-o", file, pkg); err != nil {
			return nil, err
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			continue // no tests
		}
		b[pkg] = file
	}
	return b, nil
}

func compile(root, command string, args ...string) error {
	cmd := exec.Command("go", append([]string{command, "-tags=" + guestTag, "-ldflags=-s -w"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s %s: %w\n%s", command, strings.Join(args, " "), err, out)
	}
	return nil
}

// initramfs writes the first file system of a guest.
func initramfs(file, root string, k kernel, v vmlinuz, pkgs []string, b binaries, opt options) error {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	if err != nil {
		return err
	}
	a := newArchive(z)
	a.device("/dev/console", 5, 1)
	a.device("/dev/null", 1, 3)
	var j job.Job
	add := func(name, source string, perm fs.FileMode) error {
		content, err := os.ReadFile(source)
		if err == nil {
			a.file(name, perm, content)
		}
		return err
	}
	if err := add("/init", b[initPackage], 0o755); err != nil {
		return err
	}
	for _, c := range v.configs { // CUBIC and BBR want CONFIG_HZ
		if err := add(path.Join("/boot", filepath.Base(c)), c, 0o644); err != nil {
			return err
		}
	}
	for _, m := range v.modules {
		name := path.Join("/modules", filepath.Base(m))
		if err := add(name, m, 0o644); err != nil {
			return err
		}
		j.Modules = append(j.Modules, name)
	}
	if !slices.Contains(pkgs, recorded) {
		if err := addTree(a, filepath.Join(root, recorded)); err != nil {
			return err
		}
	}
	for _, pkg := range pkgs {
		binary, ok := b[pkg]
		if !ok {
			continue
		}
		name := path.Join("/bin", filepath.Base(binary))
		if err := add(name, binary, 0o755); err != nil {
			return err
		}
		// The sources have the same paths as here: tests read their test data, and verifier logs and positions quote lines of Go.
		folder := filepath.Join(root, pkg)
		if err := addTree(a, folder); err != nil {
			return err
		}
		j.Tests = append(j.Tests, job.Test{Package: pkg, Dir: folder, Binary: name, Args: opt.testArgs(k.skipped(pkg, opt.steady)),
			Env: []string{guest.InterfacesVariable + "=" + strings.Join(k.interfaces, ","), "BPFSMITH_RANDOM=" +
				strconv.Itoa(opt.random)}})
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	a.file(job.Path, 0o644, text)
	if err := errors.Join(a.close(), z.Close()); err != nil {
		return err
	}
	return os.WriteFile(file, buf.Bytes(), 0o644)
}

// recorded is a package whose test data other packages also read.
const recorded = "./isa"

// addTree adds a package's folder, without the packages below it.
func addTree(a *archive, folder string) error {
	return filepath.WalkDir(folder, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside := strings.Contains(file[len(folder):], "/testdata")
		switch {
		case e.IsDir() && file != folder && e.Name() != "testdata" && !inside:
			return filepath.SkipDir
		case e.Type().IsRegular():
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			a.file(file, 0o644, content)
		}
		return nil
	})
}

// skipped is the pattern of a package's tests that the kernel's row excludes.
func (k kernel) skipped(pkg string, steady bool) string {
	var patterns []string
	for _, e := range k.exclusions(steady) {
		if e.pkg == pkg {
			patterns = append(patterns, e.test)
		}
	}
	return strings.Join(patterns, "|")
}
