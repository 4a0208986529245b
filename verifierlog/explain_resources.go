package verifierlog

import (
	"strconv"
	"strings"
)

// releases say how to release what a call acquired, and whether this is also needed when the call failed.
var releases = [...]struct {
	acquire string // the beginning of the call's name
	release string
	always  bool // it must be released even when the call failed
}{
	{"bpf_ringbuf_reserve_dynptr", "bpf_ringbuf_submit_dynptr or bpf_ringbuf_discard_dynptr, even when the call returned an error", true},
	{"bpf_ringbuf_reserve", "ring.Submit(f, r) or ring.Discard(f, r)", false},
	{"bpf_sk_lookup_", "bpf_sk_release (f.Helper(\"bpf_sk_release\", sk))", false},
	{"bpf_skc_lookup_", "bpf_sk_release (f.Helper(\"bpf_sk_release\", sk))", false},
	{"bpf_task_", "f.Kernel(\"bpf_task_release\", task)", false},
	{"bpf_cgroup_", "f.Kernel(\"bpf_cgroup_release\", cgroup)", false},
	{"bpf_cpumask_", "f.Kernel(\"bpf_cpumask_release\", mask)", false},
	{"bpf_iter_", "the iterator's _destroy function, even when no element is left; f.Range does this itself", true},
	{"bpf_kptr_xchg", "the release function of its type (bpf_task_release for a task), or put it back with r.Exchange", false},
	{"bpf_obj_new", "f.Kernel(\"bpf_obj_drop_impl\", p, 0)", false},
}

// refineReference names what is held, and how to release it.
func refineReference(a *account) {
	args, ok := a.detail("Unreleased reference id=%d alloc_insn=%d")
	if !ok {
		return
	}
	insn, ok := parseInt(args[1])
	if !ok {
		return
	}
	acquired, ok := a.step(func(s Step) bool { return s.Insn == insn })
	if !ok {
		a.Explanation = "Instruction " + args[1] + " acquired something (reference " + args[0] + "), and it is still held at the end of " +
			"this path."
		a.Fix = "Release it on this path too, before the exit."
		return
	}
	a.Explanation = "The program still holds reference " + args[0] + " at the end of this path. It was acquired by " + placed(acquired) +
		"."
	if lost, ok := a.noted(LastIsLost); ok {
		a.Explanation += " Its last copy is overwritten at " + placed(lost) + "."
	}
	for _, r := range releases {
		if strings.HasPrefix(calleeOf(acquired.Text), r.acquire) {
			if r.always {
				a.Fix = "End it on every path to the exit: " + r.release + "."
				return
			}
			a.Fix = "Release it on every path to the exit, except where it is nil: " + r.release + "."
			return
		}
	}
}

// refineReleased says why the program may not release this.
func refineReleased(a *account) {
	n, ok := namedRegister(a.Reason, a.Details)
	callee := calleeOf(a.Text)
	if !ok || callee == "" {
		return
	}
	from, ok := a.noted(FromContext)
	if v := a.register(n); ok && v.Kind.IsPointer() && v.Ref == 0 {
		a.Explanation = "R" + strconv.Itoa(n) + " " + v.what() + " that the kernel passed to the program: " + placed(from) + " read it. " +
			"It still belongs to the kernel. " + callee + " accepts only pointers that the program acquired itself."
		a.Fix = "Remove the call. Or acquire the object first, and release the pointer that the acquiring call returned."
	}
}

// sections are what the kernel calls regions, with the calls that end them.
var sections = [...]struct{ region, what, end string }{
	{"bpf_spin_lock", "a spin lock is held", "f.Locked(lock, body) releases it at the end of its body: exit the program after it, not " +
		"inside. By hand, call bpf_spin_unlock on every path."},
	{"bpf_rcu_read_lock", "an RCU section is open", "f.RCU(body) ends it: exit the program after it, not inside. By hand, call " +
		"bpf_rcu_read_unlock on every path."},
	{"bpf_preempt_disable", "preemption is disabled", "Call bpf_preempt_enable on every path: f.Kernel(\"bpf_preempt_enable\")."},
	{"bpf_local_irq_save", "interrupts are disabled", "Call bpf_local_irq_restore with the saved flags on every path."},
}

// refineSection names the section that is not ended.
func refineSection(a *account) {
	for _, s := range sections {
		unlock := strings.Replace(s.region, "lock", "unlock", 1)
		if !strings.Contains(a.Reason, s.region) && !strings.Contains(a.Reason, unlock) {
			continue
		}
		a.Explanation = "Here " + s.what
		if began, ok := a.noted(BeginsIt); ok {
			a.Explanation += ", since " + placed(began)
		}
		a.Explanation += ". " + instructionOf(*a.Report) + " is not allowed before it ends."
		a.Fix = s.end
		return
	}
}

// refineLocked names the call.
func refineLocked(a *account) {
	callee := calleeOf(a.Text)
	switch callee {
	case "":
		return
	case "bpf_spin_lock":
		a.Explanation = "A spin lock is already held here. A program may hold only one at a time: a second call of bpf_spin_lock would " +
			"wait forever."
		a.Fix = "End the first section before the second: do not use f.Locked inside the body of f.Locked."
	default:
		a.Explanation = callee + " is called while a spin lock is held. Before the lock is released, no other call is allowed."
	}
}
