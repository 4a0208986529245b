package structops

import "testing"

func TestWhyEnded(t *testing.T) {
	l := &Link{typ: "sched_ext_ops", name: "simple"}
	log := func(string) []string {
		return []string{
			`sched_ext: BPF scheduler "simple" enabled`,
			`sched_ext: BPF scheduler "simple" disabled (unregistered from user space)`,
			`sched_ext: BPF scheduler "other" disabled (runtime error)`,
			`sched_ext: other: a reason of its own`,
			`sched_ext: BPF scheduler "simple" disabled (runtime error)`,
			`sched_ext: simple: invalid CPU 9999`,
			`sched_ext: other: another one`,
		}
	}
	if got, want := l.whyEnded(log), `BPF scheduler "simple" disabled (runtime error): invalid CPU 9999`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := l.whyEnded(func(string) []string { return nil }); got != "" {
		t.Errorf("%q without a log", got)
	}
	if (&Link{typ: "tcp_congestion_ops", name: "simple"}).canEnd() != nil {
		t.Error("the kernel does not end algorithms of congestion control")
	}
}
