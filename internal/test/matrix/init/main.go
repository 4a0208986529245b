//go:build linux

// Command init is the first and only program of a matrix guest: it makes the
// machine usable, runs the job's test binaries, and ends the machine.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/matrix/job"
)

// resultPort is the second serial port; the first is the kernel's.
const resultPort = "/dev/ttyS1"

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "init: for a matrix guest only")
		os.Exit(2)
	}
	err := mountAll()
	out, openErr := os.OpenFile(resultPort, os.O_RDWR|unix.O_NOCTTY, 0)
	if openErr != nil {
		out = os.Stderr // the kernel's console: it is the only other output
	}
	s := session{out}
	s.report(errors.Join(err, openErr))
	s.report(loopbackUp())
	s.run()
	s.say(job.Done, nil)
	unix.Sync()
	time.Sleep(50 * time.Millisecond) // so that the port can send everything
	// qemu runs with -no-reboot: a reboot ends it, also for kernels that cannot switch a machine off.
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART); err != nil {
		s.report(err)
	}
	select {}
}

// mounts are what processes expect. The parents of a mount come before it.
var mounts = []struct{ path, kind, options string }{
	{"/proc", "proc", ""},
	{"/dev", "devtmpfs", ""},
	{"/sys", "sysfs", ""},
	{"/sys/fs/bpf", "bpf", ""},
	{"/sys/fs/cgroup", "cgroup2", ""},
	{"/sys/kernel/debug", "debugfs", ""},
	{"/sys/kernel/tracing", "tracefs", ""},
	{"/tmp", "tmpfs", ""},
	{"/run", "tmpfs", ""},
}

// optional are mounts that some kernels lack.
var optional = map[string]bool{"debugfs": true, "tracefs": true}

func mountAll() error {
	var errs []error
	for _, m := range mounts {
		if !strings.HasPrefix(m.path, "/sys/") {
			errs = append(errs, os.MkdirAll(m.path, 0o755))
		}
		if m.kind == "tmpfs" && !isEmpty(m.path) {
			continue
		}
		if err := unix.Mount(m.kind, m.path, m.kind, 0, m.options); err != nil && !optional[m.kind] {
			errs = append(errs, fmt.Errorf("mount %s: %w", m.path, err))
		}
	}
	return errors.Join(errs...)
}

// isEmpty reports whether a folder has nothing in it. The first file system, which is in memory too, has files in /tmp if the clone
// on the real machine is there: sources and test data keep their paths. A mount would hide them.
func isEmpty(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err == nil && len(entries) == 0
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	return nil
}

// A session talks to the matrix.
type session struct{ out io.Writer }

func (s session) say(word string, value any) { fmt.Fprintln(s.out, job.Line(word, value)) }

func (s session) report(err error) {
	if err != nil {
		s.say(job.Error, err.Error())
	}
}

func (s session) run() {
	text, err := os.ReadFile(job.Path)
	var j job.Job
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	if err != nil {
		s.report(err)
		return
	}
	for _, module := range j.Modules {
		s.report(load(module))
	}
	s.say(job.Ready, boot())
	for _, t := range j.Tests {
		s.say(job.Start, t.Package)
		s.say(job.End, s.test(t))
	}
}

func boot() job.Boot {
	var b job.Boot
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		b.Release = unix.ByteSliceToString(u.Release[:])
	}
	if text, err := os.ReadFile("/proc/uptime"); err == nil {
		fmt.Sscan(string(text), &b.Uptime)
	}
	return b
}

func (s session) test(t job.Test) job.Result {
	r := job.Result{Package: t.Package, Exit: -1}
	start := time.Now()
	cmd := exec.Command(t.Binary, t.Args...)
	cmd.Dir = t.Dir
	cmd.Env = append([]string{"PATH=/bin", "HOME=/tmp", "TMPDIR=/tmp"}, t.Env...)
	cmd.Stdout, cmd.Stderr = s.out, s.out
	err := cmd.Run()
	if cmd.ProcessState != nil {
		r.Exit = cmd.ProcessState.ExitCode()
	} else {
		s.report(fmt.Errorf("run %s: %w", t.Binary, err))
	}
	r.Seconds = time.Since(start).Seconds()
	// The output of a binary may not end with a newline, but our next line must begin a line.
	fmt.Fprintln(s.out)
	return r
}

// load loads a kernel module, which the kernel itself decompresses.
func load(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	flags := 0
	if !strings.HasSuffix(path, ".ko") {
		flags = unix.MODULE_INIT_COMPRESSED_FILE
	}
	if err := unix.FinitModule(int(f.Fd()), "", flags); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load module %s: %w", path, err)
	}
	return nil
}
