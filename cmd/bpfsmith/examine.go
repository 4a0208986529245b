package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A system is what doctor examines. Each question is a function, so that tests can answer for a system that is not theirs.
type system struct {
	os         string                             // as runtime.GOOS
	read       func(path string) (string, error)  // a small file, without blanks around it
	caps       func() (syscall.CapSet, error)     // what this process may do
	level      func() host.Instructions           // the instructions that the kernel accepts
	interfaces func() ([]string, error)           // the structs whose members can be programs
	load       func(t syscall.ProgType) error     // loads a program of two instructions
	register   func() error                       // loads a congestion control, and does not register it
	goVersion  func() (version string, err error) // of the go command; "go1.26.0"
}

// examinations are the questions, in the order of the report.
var examinations = []struct {
	subject string
	look    func(s *system) finding
}{
	{"kernel", kernelRelease},
	{"instructions", instructions},
	{"types (BTF)", kernelTypes},
	{"privileges", privileges},
	{"packets", packetPrograms},
	{"tracing", tracingPrograms},
	{"interfaces", interfacePrograms},
	{"JIT", compiler},
	{"lockdown", lockdown},
	{"pins", pins},
	{"trace pipe", tracePipe},
	{"cgroups", cgroups},
	{"go", goCommand},
}

// examine asks all questions. Where BPF is not to be had, only those that need no Linux.
func examine(s *system) []finding {
	if s.os != "linux" {
		return []finding{
			{"system", no, s.os + ": BPF programs run in Linux", "use a virtual machine with Linux for programs in the kernel"},
			named("go", goCommand(s)),
		}
	}
	findings := make([]finding, len(examinations))
	for i, e := range examinations {
		findings[i] = named(e.subject, e.look(s))
	}
	return findings
}

func named(subject string, f finding) finding {
	f.subject = subject
	return f
}

// The oldest kernels for what we do: memory of BPF objects is charged to the cgroup since 5.11 (package syscall), links of struct_ops came
// with 6.4, and sched_ext with 6.12.
var (
	oldestKernel = isa.KernelVersion{Major: 5, Minor: 11}
	linksKernel  = isa.KernelVersion{Major: 6, Minor: 4}
)

func kernelRelease(s *system) finding {
	release, err := s.read("/proc/sys/kernel/osrelease")
	version, known := isa.ParseKernelVersion(release)
	switch {
	case err != nil || !known:
		return finding{grade: note, found: "the release of Linux is not known", remedy: "mount /proc"}
	case !version.AtLeast(oldestKernel):
		return finding{grade: no, found: "Linux " + release, remedy: "Linux 5.11 or later is needed, 6.4 for links of kernel interfaces"}
	case !version.AtLeast(linksKernel):
		return finding{grade: note, found: "Linux " + release + ": an interface stays registered when its process is killed",
			remedy: "links, which end with their process, came with Linux 6.4"}
	}
	return finding{found: "Linux " + release}
}

func instructions(s *system) finding {
	got := s.level()
	switch {
	case got.Level == 0:
		return finding{grade: note, found: "it is not known which instructions the kernel accepts"}
	case got.Level < isa.V3:
		return finding{grade: note, found: fmt.Sprintf("up to level %s: no atomics but add, no 32-bit jumps", got.Level),
			remedy: "Linux 5.12 has level v3"}
	case got.Kernel != (isa.KernelVersion{}):
		return finding{found: fmt.Sprintf("level %s, nothing newer than Linux %s", got.Level, got.Kernel)}
	}
	return finding{found: fmt.Sprintf("all up to level %s", got.Level)}
}

func kernelTypes(s *system) finding {
	names, err := s.interfaces()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{grade: no, found: "/sys/kernel/btf/vmlinux is missing",
			remedy: "mount /sys, or use a kernel that is built with CONFIG_DEBUG_INFO_BTF, as those of distributions are"}
	case err != nil:
		return finding{grade: no, found: err.Error()}
	case len(names) == 0:
		return finding{grade: no, found: "the kernel describes itself, and no struct of it can be implemented",
			remedy: "use a kernel that is built with CONFIG_BPF_JIT and CONFIG_BPF_SYSCALL"}
	}
	return finding{found: "interfaces: " + strings.Join(names, ", ")}
}

func privileges(s *system) finding {
	set, err := s.caps()
	if err != nil {
		return finding{grade: note, found: err.Error()}
	}
	var missing []string
	for _, c := range []syscall.Cap{syscall.CapBPF, syscall.CapPerfmon, syscall.CapNetAdmin} {
		if !set.Has(c) {
			missing = append(missing, c.String())
		}
	}
	if len(missing) == 0 {
		return finding{found: "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN"}
	}
	f := finding{grade: no, found: strings.Join(missing, ", ") + pick(len(missing) == 1, " is", " are") + " missing",
		remedy: "run as root (sudo), or give the program that loads what it needs: setcap cap_bpf,cap_perfmon,cap_net_admin+ep FILE"}
	if setting, err := s.read("/proc/sys/kernel/unprivileged_bpf_disabled"); err == nil && setting == "0" {
		f.found += "; without them socket filters and programs of cgroups can be loaded (kernel.unprivileged_bpf_disabled is 0)"
	}
	return f
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func packetPrograms(s *system) finding {
	return s.tried(s.load(syscall.ProgTypeXDP), note, "an XDP program was loaded")
}

func tracingPrograms(s *system) finding {
	return s.tried(s.load(syscall.ProgTypeTracepoint), note, "a program for a tracepoint was loaded")
}

func interfacePrograms(s *system) finding {
	return s.tried(s.register(), no, "a congestion control was compiled and loaded (and not registered)")
}

// tried is the finding about something that was loaded. When the kernel does not permit it and privileges are missing, that is said once.
func (s *system) tried(err error, worst grade, found string) finding {
	hint := syscall.ExplainPermission(err)
	switch {
	case err == nil:
		return finding{found: found}
	case hint == "":
		return finding{grade: worst, found: err.Error()}
	case privileges(s).grade != fine:
		return finding{grade: worst, found: "the kernel does not permit it: see privileges"}
	}
	return finding{grade: worst, found: "the kernel does not permit it", remedy: hint}
}

func compiler(s *system) finding {
	enable, err := s.read("/proc/sys/net/core/bpf_jit_enable")
	switch {
	case errors.Is(err, fs.ErrPermission):
		return finding{found: "only root can see it"}
	case err != nil:
		return finding{grade: note, found: err.Error()}
	case enable == "0":
		return finding{grade: no, found: "it is off: programs with kernel functions and kernel interfaces need it",
			remedy: "sysctl net.core.bpf_jit_enable=1"}
	}
	if harden, err := s.read("/proc/sys/net/core/bpf_jit_harden"); err == nil && harden != "0" {
		return finding{grade: note, found: "on, and hardened (net.core.bpf_jit_harden is " + harden + "): constants are replaced, which " +
			"makes programs larger, and is not possible for all of them"}
	}
	return finding{found: "on"}
}

func lockdown(s *system) finding {
	text, err := s.read("/sys/kernel/security/lockdown")
	if err != nil {
		return finding{found: "this kernel has none"}
	}
	switch {
	case strings.Contains(text, "[confidentiality]"):
		return finding{grade: note, found: "confidentiality: helpers that read the kernel's memory are refused",
			remedy: "boot with lockdown=integrity, or turn Secure Boot off, if you need them"}
	case strings.Contains(text, "[integrity]"):
		return finding{grade: note, found: "integrity: bpf_probe_write_user is refused"}
	}
	return finding{found: "none"}
}

func pins(s *system) finding {
	if at := mounted(s, "bpf"); at != "" {
		return finding{found: "a bpf file system is at " + at}
	}
	return finding{grade: note, found: "no bpf file system is mounted: nothing can outlive its process by a pin",
		remedy: "mount -t bpf bpf /sys/fs/bpf"}
}

func tracePipe(s *system) finding {
	if at := mounted(s, "tracefs"); at != "" {
		return finding{found: "what programs print is in " + at + "/trace_pipe"}
	}
	return finding{grade: note, found: "no tracefs is mounted: tracepoints have no ids, and what programs print cannot be read",
		remedy: "mount -t tracefs tracefs /sys/kernel/tracing"}
}

func cgroups(s *system) finding {
	if at := mounted(s, "cgroup2"); at != "" {
		return finding{found: "the cgroups of version 2 are at " + at}
	}
	return finding{grade: note, found: "no cgroup2 is mounted: programs cannot be attached to cgroups",
		remedy: "mount -t cgroup2 none FOLDER"}
}

// mounted returns where the first file system of a type is mounted; "" if none is.
func mounted(s *system, fsType string) string {
	text, _ := s.read("/proc/mounts") // without it nothing is mounted that we know of
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] == fsType { // device, place, type
			return fields[1]
		}
	}
	return ""
}

func goCommand(s *system) finding {
	version, err := s.goVersion()
	if err != nil {
		return finding{grade: note, found: "the go command is missing: new and learn need it", remedy: "https://go.dev/dl"}
	}
	return finding{found: version}
}

// thisSystem is the system at hand.
func thisSystem(ctx context.Context) *system {
	return &system{
		os: runtime.GOOS,
		read: func(path string) (string, error) {
			text, err := os.ReadFile(path)
			return strings.TrimSpace(string(text)), err
		},
		caps:       syscall.Capabilities,
		level:      host.Ask,
		interfaces: hostInterfaces,
		load:       loadSmallest,
		register:   loadCongestionControl,
		goVersion: func() (string, error) {
			text, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
			return strings.TrimSpace(string(text)), err
		},
	}
}

// opsPrefix begins the name of the struct that the kernel makes for each struct_ops type (kernel/bpf/bpf_struct_ops.c, 6.18).
const opsPrefix = "bpf_struct_ops_"

// hostInterfaces returns the running kernel's structs whose members can be programs, without those of its modules.
func hostInterfaces() ([]string, error) {
	types, err := btf.Kernel()
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range types.Names(btf.KindStruct) {
		ops, ok := strings.CutPrefix(name, opsPrefix)
		if !ok {
			continue
		}
		if _, err := types.Lookup(btf.KindStruct, ops); err == nil {
			names = append(names, ops)
		}
	}
	slices.Sort(names)
	return names, types.Close()
}

// loadSmallest loads "r0 = 0; exit", and closes it.
func loadSmallest(t syscall.ProgType) error {
	code, err := isa.Append(nil, isa.Native, isa.Mov64Imm(isa.R0, 0), isa.Exit())
	if err != nil {
		return err
	}
	fd, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: t, Name: "doctor", License: "GPL", Instructions: code})
	if err != nil {
		return err
	}
	return fd.Close()
}

// loadCongestionControl takes all steps of a kernel interface but the last: types, compiler, verifier, JIT, map.
func loadCongestionControl() error {
	loaded, err := structops.Load(tcp.CongestionOps{
		Name: "doctor", License: "GPL",
		Ssthresh:  func(_ *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd().Shr(1).Max(2) },
		CongAvoid: func(_ *dsl.Fn, tp tcp.Sock, _, acked dsl.U32) { tp.CongAvoidAI(tp.SndCwnd(), acked) },
		UndoCwnd:  func(_ *dsl.Fn, tp tcp.Sock) dsl.U32 { return tp.SndCwnd() },
	})
	if err != nil {
		return err
	}
	return loaded.Close()
}
