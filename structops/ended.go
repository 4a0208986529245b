package structops

import (
	"os"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/host"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/prog"
)

// The kernel may end a scheduler while its link stays as it is: because of an error that it finds while the scheduler runs, because a task
// does not get its turn, or by a key at the console (scx_disable, kernel/sched/ext.c, 6.12). Only a file in sysfs tells.

// canEnd returns a function that reports whether the kernel has ended the implementation; nil when it does not end those of this type.
func (l *Link) canEnd() func() bool {
	file := linux.OpsTypeNamed(l.typ).Running
	if file == "" || l.name == "" {
		return nil
	}
	return func() bool {
		name, err := os.ReadFile(file)
		return os.IsNotExist(err) || err == nil && strings.TrimSpace(string(name)) != l.name
	}
}

// thrownOut is the error of a link whose implementation the kernel has ended; nil for others. The lock is held.
func (l *Link) thrownOut() error {
	ended := l.canEnd()
	if ended == nil || l.detached || !ended() {
		return nil
	}
	e := stepFailed(prog.StepUnregister, subject(l.typ, l.name), ErrEnded)
	if why := l.whyEnded(host.KernelLog); why != "" {
		e.Help = "the kernel's log says: " + why
	} else {
		e.Help = "the kernel's log says why (dmesg); this process may not read it"
	}
	return e
}

// whyEnded finds the reason in the kernel's log. The kernel writes (6.12)
//
//	sched_ext: BPF scheduler "simple" disabled (runtime error)
//	sched_ext: simple: invalid CPU 77
func (l *Link) whyEnded(log func(begin string) []string) string {
	disabled, detail := "", ""
	for _, message := range log("sched_ext: ") {
		switch text := strings.TrimPrefix(message, "sched_ext: "); {
		case strings.HasPrefix(text, `BPF scheduler "`+l.name+`"`):
			disabled, detail = text, ""
		case disabled != "" && detail == "" && strings.HasPrefix(text, l.name+": "):
			detail = strings.TrimPrefix(text, l.name)
		}
	}
	return disabled + detail
}
