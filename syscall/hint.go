package syscall

import (
	"errors"
	"fmt"
	errno "syscall"
)

// hintFor says what the likely cause of an error is, and what to do; "" when the error itself says it. The kernel has one number for many
// causes, so the command decides. read reads the settings of the system, from files: most errors do not need them, such as that of a
// look-up that finds nothing.
func hintFor(r request, err error, read func() setting) string {
	if errors.Is(err, errno.EPERM) {
		return explain(r, read())
	}
	if err == ENOTSUPP && r.command == CmdProgLoad {
		return withoutJIT(read())
	}
	for _, h := range hints {
		if (h.command == anyCommand || h.command == r.command) && errors.Is(err, h.errno) {
			return h.text
		}
	}
	return ""
}

// anyCommand is no command: the row holds for all of them.
const anyCommand = Command(^uint32(0))

// hints has the errors whose cause is outside of the program or map; the first row that fits is the one.
var hints = [...]struct {
	command Command
	errno   errno.Errno
	text    string
}{
	{anyCommand, errno.EMFILE, "the process may not open more files: close some, or raise its limit (ulimit -n, LimitNOFILE= of systemd)"},
	{anyCommand, errno.ENFILE, "the system may not open more files: see fs.file-max"},
	{anyCommand, errno.ENOSYS, "there is no bpf(2) here: the kernel is built without CONFIG_BPF_SYSCALL, or a sandbox hides it"},
	{CmdObjPin, errno.ENOENT, "the folder does not exist: make it on a bpf file system (mount -t bpf bpf /sys/fs/bpf)"},
	{CmdObjPin, errno.EEXIST, "something is pinned there: pin at another path, or remove that file; " +
		"what it pins ends then, unless somebody has it open"},
	{CmdObjPin, errno.EACCES, "this user may not write to the folder"},
	{CmdObjGet, errno.ENOENT, "nothing is pinned there"},
	{CmdObjGet, errno.EACCES, "the file is not in a bpf file system, or this user may not open it: it belongs to the user who pinned it"},
	{anyCommand, errno.EACCES, "the verifier did not refuse it, so a security module may have: SELinux, AppArmor, or a BPF LSM program; " +
		"their log says so (dmesg, ausearch -m avc)"},
}

// withoutJIT explains an ENOTSUPP of a load: the verifier took the program, but it needs the JIT compiler, which did not compile it
// (bpf_prog_select_runtime, kernel/bpf/core.c, 6.18).
func withoutJIT(s setting) string {
	text := "programs with kernel functions, functions of their own or arenas need the JIT compiler, which did not compile this one: "
	switch {
	case s.jitEnable == "0":
		return text + "it is off: set net.core.bpf_jit_enable to 1"
	case s.jitHarden != "" && s.jitHarden != "0":
		return text + fmt.Sprintf("net.core.bpf_jit_harden is %s, and then it replaces constants, which it cannot do in all programs; "+
			"0 turns that off, and 1 turns it off for root", s.jitHarden)
	}
	return text + "look at net.core.bpf_jit_enable, bpf_jit_harden and bpf_jit_limit, which is the memory for all compiled programs"
}
