package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about what a program acquires and must release.
var resourceRules = [...]Rule{
	{
		Kind:    mistake.UnreleasedReference,
		Pattern: "%s would lead to reference leak",
		Also: []string{
			"Unreleased reference id=%d alloc_insn=%d",
			"tail_call would lead to reference leak",
			"BPF_LD_[ABS|IND] cannot be mixed with socket references",
		},
		Explanation: "On the path to this instruction something was acquired and not released: {details}.",
		Fix:         "Release it on this path too, before the exit. alloc_insn is the instruction that acquired it.",
		Example:     "ringbuf_leak",
	},
	{
		Kind:    mistake.ReleasedTwice,
		Pattern: "release kernel function %s expects refcounted PTR_TO_BTF_ID",
		Also: []string{
			"R%d must be referenced when passed to release function",
			"release helper %s expects referenced PTR_TO_BTF_ID",
			"arg#%d expected pointer to allocated object",
			"arg %d is an unacquired reference",
			"func %s#%d reference has not been acquired before",
			"kfunc %s#%d reference has not been acquired before",
			"R%d must be referenced",
		},
		Explanation: "The program releases something that it did not acquire, or that it has released already.",
		Fix:         "Release only what the program acquired, and only once.",
		Example:     "kfunc_release_unowned",
	},
	{
		Kind:    mistake.LockHeld,
		Pattern: "%s cannot be used inside %s-ed region",
		Also: []string{
			"bpf_spin_unlock is missing",
			"bpf_rcu_read_unlock is missing",
			"nested rcu read lock (kernel function %s)",
			"%d bpf_preempt_enable%s missing",
		},
		Explanation: "A section was begun and is not ended on the path to this instruction.",
		Fix:         "End it on every path: f.Locked and f.RCU do this.",
		Example:     "lock_leak",
	},
	{
		Kind:    mistake.NotHeld,
		Pattern: "unmatched rcu read unlock (kernel function %s)",
		Also: []string{
			"unmatched rcu read unlock",
			"bpf_spin_unlock without taking a lock",
			"unmatched attempt to enable preemption (kernel function %s)",
			"%s_unlock without taking a lock",
			"%s_unlock cannot be out of order",
		},
		Explanation: "A section is ended, but it was not begun on this path.",
		Fix:         "Begin it first: f.RCU and f.Locked begin and end sections.",
	},
	{
		Kind:    mistake.NotHeld,
		Pattern: "bpf_spin_unlock of different lock",
		Also:    []string{"%s_unlock of different lock"},
		Explanation: "The lock that is released is not the one that is held. For the verifier a lock belongs to the value that it was " +
			"looked up in: after a second look-up the pointer is to another value, even with the same key.",
		Fix: "Release the lock through the same pointer that took it: keep the result of the look-up, and look nothing up again in " +
			"between.",
	},
	{
		Kind:    mistake.NotHeld,
		Pattern: "cannot restore irq state out of order, expected id=%d acquired at insn_idx=%d",
		Explanation: "Interrupt flags must be restored in the reverse order of saving. The flags that were saved at instruction {2} " +
			"must be restored next.",
		Fix:     "Restore the flags that were saved last first.",
		Example: "irq_out_of_order",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "expected an initialized irq flag as arg#%d",
		Also:        []string{"expected uninitialized irq flag as arg#%d"},
		Explanation: "Interrupt flags are restored without being saved first, or are saved twice.",
		Fix:         "Save them once with bpf_local_irq_save, and restore them from the same place.",
		Example:     "irq_uninit",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "expected an initialized iter_%s as arg #%d",
		Explanation: "The iterator was not begun on this path, or it has already ended.",
		Fix:         "Call its _new function first, and its _destroy function once at the end.",
		Example:     "iter_no_new",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "expected uninitialized iter_%s as arg #%d",
		Explanation: "An iterator is begun in a place where another iterator has not ended yet.",
		Fix:         "End that iterator first with its _destroy function.",
		Example:     "iter_new_twice",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "Expected an initialized dynptr as arg #%d",
		Also:        []string{"Expected a dynptr of type %s as arg #%d"},
		Explanation: "The call needs a dynptr here, but it was never made or was released.",
		Fix:         "Make it first, for example with bpf_dynptr_from_mem or bpf_ringbuf_reserve_dynptr.",
		Example:     "dynptr_uninit",
	},
	{
		Kind:        mistake.UnreleasedReference,
		Pattern:     "cannot overwrite referenced dynptr",
		Explanation: "The program overwrites a dynptr that it must release first.",
		Fix:         "Submit or discard it first.",
		Example:     "dynptr_overwrite",
	},
	{
		Kind:        mistake.SpecialField,
		Pattern:     "off %d doesn't point to 'struct %s' that is at %d",
		Explanation: "The {2} of the value is at offset {3}, but offset {1} is passed to the call.",
		Fix:         "Pass the address of the field: r.Part(\"Lock\").",
	},
	{
		Kind:        mistake.SpecialField,
		Pattern:     "%s cannot be accessed directly by load/store",
		Explanation: "{1} in a map's value belongs to the kernel. Programs cannot read or write it like other memory.",
		Fix:         "Use the calls for it, such as f.Locked, and do not copy the field.",
		Example:     "lock_direct",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "kptr access size must be BPF_DW",
		Also: []string{
			"kptr access misaligned expected=%d off=%d",
			"kptr in map can only be accessed using BPF_MEM instruction mode",
			"store to referenced kptr disallowed",
			"kptr access cannot have variable offset",
			"%s access size must be BPF_DW",
			"%s access misaligned expected=%d off=%d",
			"kptr in map can only be accessed using BPF_LDX/BPF_STX/BPF_ST",
			"BPF_ST imm must be 0 when storing to kptr at off=%u",
			"store to uptr disallowed",
		},
		Explanation: "A kptr is read as 8 bytes, and only bpf_kptr_xchg may write it.",
		Fix:         "Use r.Owned and r.Exchange.",
		Example:     "kptr_unaligned",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "invalid kptr access, R%d type=%s expected=%s",
		Also:    []string{"invalid kptr access, R%d type=%s"},
		Explanation: "R{1} is a {2}, which does not fit the kptr at this place: that has another type, or it must be a pointer that the " +
			"program owns, to the beginning of the object.",
		Fix: "Store a pointer of the type with which the kptr is declared: the one that an allocation or an acquiring call returned.",
	},
	{
		Kind:        mistake.ForbiddenWithLock,
		Pattern:     "Locking two bpf_spin_locks are not allowed",
		Also:        []string{"Acquiring the same lock again, AA deadlock detected"},
		Explanation: "A spin lock is already held here. A program may hold only one at a time.",
		Fix:         "End the first section before the second: do not use f.Locked inside the body of f.Locked.",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "bpf_spin_lock at off=%d must be held for %s",
		Also:        []string{"held lock and object are not in the same allocation"},
		Explanation: "The program changes a list or tree without holding its lock, which is the lock in the same object.",
		Fix:         "Change it inside f.Locked(lock, body), with the lock of the same value.",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "%s has to be at a constant offset",
		Also: []string{
			"R%d doesn't have constant offset. %s has to be at the constant offset",
			"%s cannot be accessed indirectly by helper",
			"%s access cannot have variable offset",
		},
		Explanation: "A lock, timer or kptr in a map's value must be at a constant offset, and only its own calls may use it.",
		Fix:         "Pass the address of the field, r.Part(\"Lock\"), and do not let helpers read or write such fields.",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "map '%s' has no valid kptr",
		Also:    []string{"off=%d doesn't point to kptr", "off=%d kptr isn't referenced kptr", "R%d has no valid kptr"},
		Explanation: "The call needs a kptr in the map's value, and the map's BTF shows none there. A kptr is a pointer with a type tag " +
			"(__kptr), and old compilers do not write the tag into BTF: clang does since release 15.",
		Fix: "Add the field to the Go type of the map's value: package maps describes it to the kernel. In C, declare the member with " +
			"__kptr and compile with a newer clang.",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "map '%s' has no valid %s",
		Also: []string{
			"map '%s' doesn't have 'struct bpf_spin_lock'",
			"map '%s' doesn't have 'struct bpf_timer'",
			"map '%s' has more than one 'struct bpf_spin_lock'",
			"map '%s' has more than one 'struct bpf_timer'",
			"map '%s' is not a struct type or %s is mangled",
			"%s '%s' has no valid %s_lock",
			"%s '%s' has no valid bpf_spin_lock",
		},
		Explanation: "The call needs a lock or a timer in the map's value, but the value has none, has it at another offset, or " +
			"has two.",
		Fix: "Add the field to the Go type of the map's value: package maps describes it to the kernel.",
	},
	{
		Kind:    mistake.BadMap,
		Pattern: "%s progs cannot use bpf_spin_lock yet",
		Also: []string{
			"%s progs cannot use bpf_timer yet",
			"%s progs cannot use bpf_wq yet",
			"tracing progs cannot use bpf_{list_head,rb_root} yet",
		},
		Explanation: "Programs of this type may not use maps whose values contain a lock, timer, work queue, list or tree.",
		Fix:         "Use another map in this program, with atomic operations instead of a lock: r.U64(\"Packets\").AtomicAdd.",
	},
	{
		Kind:        mistake.UnreleasedReference,
		Pattern:     "potential write to dynptr at off=%d disallowed",
		Also:        []string{"Dynptr has to be an uninitialized dynptr"},
		Explanation: "The write may overwrite a dynptr on the stack that is in use.",
		Fix:         "Release it first, or write to another place.",
	},
}
