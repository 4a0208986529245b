package howto_test

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestBuild runs the commands of the page, and records what the binaries are.
func TestBuild(t *testing.T) {
	sh := kerneltest.RequireTool(t, "dash", "sh")
	dir := t.TempDir()
	build := exec.Command(sh, "-eu", filepath.FromSlash("testdata/build.sh"))
	build.Env = append(os.Environ(), "OUT="+dir, "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var report strings.Builder
	for _, arch := range []string{"amd64", "arm64"} {
		text, err := describe(filepath.Join(dir, "guard-"+arch))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&report, "guard-%s: %s\n", arch, text)
	}
	recorded.Compare(t, "testdata/binaries.txt", report.String())
}

// describe says whether a binary needs a loader and libraries of the system, and how large it is.
func describe(name string) (string, error) {
	file, err := elf.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	kind := "static"
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			kind = "dynamic"
		}
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	size := "10 MB or more"
	if info.Size() < 10<<20 {
		size = "less than 10 MB"
	}
	return fmt.Sprintf("%s, %s, %s", file.Machine, kind, size), nil
}
