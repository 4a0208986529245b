package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A peerMachine is another machine that runs BPF in user space. Its sources are fetched into the user's cache at a fixed commit, and built
// there with a program that drives it.
type peerMachine struct {
	name   string
	source string  // a git repository
	commit string  // of it
	goal   float64 // how many times as long as ours its time should be
	make   func(ctx context.Context, folder string) error
}

var peerMachines = []peerMachine{
	{"ubpf", "https://github.com/iovisor/ubpf", "2a8edd11e00fa42235865a339f46ea3ee92fa6b8", 2.5, makeUBPF},
	{"mimic", "https://github.com/dylandreimerink/mimic", "475bdbdec97f16cba4a214d72e636337772d6248", 8, makeMimic},
}

// errNotAtHand is for what this machine or its network does not have. It is not a failure of the benchmark.
var errNotAtHand = errors.New("not at hand")

//go:embed peers/ubpf.c
var ubpfDriver string

//go:embed peers/mimic.go.txt
var mimicDriver string

//go:embed peers/mimic.mod.txt
var mimicModule string

// mostBuilding is how long a machine may take to fetch and build. A network that answers nothing does not hold up the benchmarks.
const mostBuilding = 2 * time.Minute

// build returns the program that drives a machine. It makes it if the cache does not have it.
func (p peerMachine) build(ctx context.Context) (program string, err error) {
	ctx, cancel := context.WithTimeout(ctx, mostBuilding)
	defer cancel()
	base, err := os.UserCacheDir()
	if err != nil { // no HOME, as in some containers
		base = os.TempDir()
	}
	folder := filepath.Join(base, "bpfsmith", "bench", p.name+"-"+p.commit[:12])
	if program = filepath.Join(folder, "driver"); isFresh(program) {
		return program, nil
	}
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	sources := filepath.Join(folder, "source")
	for _, args := range [][]string{
		{"init", "-q", sources}, {"-C", sources, "fetch", "-q", "--depth", "1", p.source, p.commit},
		{"-C", sources, "checkout", "-q", "FETCH_HEAD"},
	} {
		if err := command(ctx, folder, "git", args...); err != nil {
			return "", fmt.Errorf("%w: %w", errNotAtHand, err)
		}
	}
	return program, p.make(ctx, folder)
}

// isFresh reports whether a driver is not older than this program, which has its source.
func isFresh(driver string) bool {
	own, err := os.Executable()
	if err != nil {
		return false
	}
	made, err1 := os.Stat(driver)
	self, err2 := os.Stat(own)
	return err1 == nil && err2 == nil && made.ModTime().After(self.ModTime())
}

// makeUBPF compiles it as its own build does in the configuration Release, without what ELF files need.
func makeUBPF(ctx context.Context, folder string) error {
	compiler, err := exec.LookPath("clang")
	if err != nil {
		if compiler, err = exec.LookPath("gcc"); err != nil {
			return fmt.Errorf("%w: there is neither clang nor gcc", errNotAtHand)
		}
	}
	if err := save(folder, "driver.c", ubpfDriver); err != nil {
		return err
	}
	if err := save(folder, "ubpf_config.h", "#pragma once\n"); err != nil {
		return err
	}
	args := []string{"-O2", "-DNDEBUG", "-w", "-I.", "-Isource/vm", "-Isource/vm/inc", "-o", "driver", "driver.c"}
	for _, name := range []string{"instruction_valid", "jit", "jit_arm64", "jit_support", "jit_x86_64", "loader", "safe", "vm"} {
		args = append(args, "source/vm/ubpf_"+name+".c")
	}
	return command(ctx, folder, compiler, append(args, "-lm")...)
}

// makeMimic builds it in a module of its own, with what it requires itself.
func makeMimic(ctx context.Context, folder string) error {
	sums, err := os.ReadFile(filepath.Join(folder, "source", "go.sum"))
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"main.go": mimicDriver, "go.mod": mimicModule, "go.sum": string(sums)} {
		if err := save(folder, name, text); err != nil {
			return err
		}
	}
	if err := command(ctx, folder, "go", "mod", "tidy"); err != nil {
		return fmt.Errorf("%w: %w", errNotAtHand, err)
	}
	return command(ctx, folder, "go", "build", "-o", "driver", ".")
}

func save(folder, name, text string) error {
	return os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644)
}

// command runs a tool, and has what it says in the error.
func command(ctx context.Context, folder, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = folder, append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// A peer is a driver that runs. It reads how often to run the program, and writes the nanoseconds and the result.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startPeer(ctx context.Context, driver, program string) (*peer, error) {
	p := &peer{cmd: exec.CommandContext(ctx, driver, program)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

func (p *peer) run(turns int) (time.Duration, uint64, error) {
	if _, err := fmt.Fprintln(p.in, turns); err != nil {
		return 0, 0, err
	}
	var took int64
	var result uint64
	_, err := fmt.Fscanln(p.out, &took, &result)
	return time.Duration(took), result, err
}

// close ends the driver.
func (p *peer) close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }
