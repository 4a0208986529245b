package verifierlog

import "github.com/bpfsmith/bpfsmith/mistake"

// Messages about objects that a program allocates, lists and trees of them, and objects that belong to the values of maps.
var objectRules = [...]Rule{
	{
		Kind:    mistake.ArgumentType,
		Pattern: "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct",
		Also: []string{
			"bpf_obj_new/bpf_percpu_obj_new requires prog BTF",
			"bpf_obj_new type ID argument must be of a struct",
			"bpf_obj_new requires prog BTF",
			"bpf_percpu_obj_new type ID argument must be of a struct of scalars",
			"bpf_percpu_obj_new type ID argument must not contain special fields",
			"bpf_percpu_obj_new type size (%d) is greater than %d",
			"local type ID argument must be in range [0, U32_MAX]",
		},
		Explanation: "The first argument is the number of the object's type in the program's BTF. It must be a constant, and the " +
			"type a struct. An object for each CPU (bpf_percpu_obj_new) has at most 512 bytes, all of them numbers.",
		Fix: "Load the program with BTF, and pass the number of the type: bpf_core_type_id_local(struct x), as the macro " +
			"bpf_obj_new does.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "kfunc bpf_rdonly_cast type ID argument must be of a struct",
		Also:    []string{"Unknown type ID %lld passed to kfunc bpf_rdonly_cast"},
		Explanation: "The second argument of bpf_rdonly_cast is the number of a struct in the kernel's BTF, as a constant. This " +
			"number is of something else, or this kernel has no such type.",
		Fix: "Pass bpf_core_type_id_kernel(struct x) and load with CO-RE, or use the macro bpf_core_cast.",
	},
	{
		Kind:    mistake.ReleasedTwice,
		Pattern: "allocated object must be referenced",
		Also: []string{
			"arg#%d is neither owning or non-owning ref",
			"kfunc %s#%d conversion of owning ref to non-owning failed",
		},
		Explanation: "The program does not own this object: it never did, it has released it, or it has put it into a list or a " +
			"tree. After that a pointer to it is only good for reading, until the lock is released.",
		Fix: "Pass the pointer that the allocation or bpf_refcount_acquire returned, and do not use it as the owner's after the " +
			"object was released, or was put into a list or tree.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "operation on %s expects arg#1 %s at offset=%d in struct %s, but arg is at offset=%d in struct %s",
		Also:    []string{"arg#1 offset=%d, but expected %s at offset=%d in struct %s"},
		Explanation: "A list or tree takes objects of one type, by one node in them: its declaration (__contains) says which. The " +
			"node that is passed is in another struct, or at another offset.",
		Fix: "Pass the address of the node that the declaration names, in an object of that type.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "%s not found at offset=%u",
		Also:    []string{"arg#%d doesn't point to a type with bpf_refcount field"},
		Explanation: "The argument must be the address of a special field (a head of a list or tree, a node, a reference count), " +
			"but the struct has none at that place.",
		Fix: "Pass the address of the field. Declare it in the struct with the kernel's own type (struct bpf_list_head, " +
			"bpf_rb_root, bpf_list_node, bpf_rb_node, bpf_refcount), and compile with BTF.",
	},
	{
		Kind:    mistake.ArgumentType,
		Pattern: "%s can only take non-owning or refcounted bpf_rb_node pointer",
		Also:    []string{"rbtree_remove node input must be non-owning ref"},
		Explanation: "Only a node that is in the tree can be used here: one that a search in this tree found, under the tree's " +
			"lock. The node that is passed belongs to the program.",
		Fix: "Find the node in the tree first (bpf_rbtree_first, bpf_rbtree_root), and use it before the lock is released.",
	},
	{
		Kind:    mistake.ForbiddenWithLock,
		Pattern: "%s not allowed in rbtree cb",
		Also: []string{
			"can't spin_{lock,unlock} in rbtree cb",
			"Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback",
		},
		Explanation: "The function that compares two nodes of a tree runs while the tree is changed, with its lock held. There the " +
			"program may not change the tree, take or release locks, or begin and end RCU sections.",
		Fix: "Only compare the two nodes in that function, and return whether the first is less.",
	},
	{
		Kind:        mistake.NotHeld,
		Pattern:     "%s w/o active lock",
		Explanation: "The call needs the lock of the list or tree, and no lock is held here.",
		Fix:         "Take the lock that is in the same object before the call, with bpf_spin_lock.",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "timer pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d",
		Also: []string{
			"workqueue pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d",
			"bpf_task_work pointer in R2 map_uid=%d doesn't match map pointer in R3 map_uid=%d",
		},
		Explanation: "A timer, work queue or task work is initialised with the map that its value is in. Here the value and the map " +
			"come from different look-ups in a map of maps, so for the verifier they do not belong together.",
		Fix: "Keep the pointer to the inner map from the look-up, and use this same pointer to find the value and as the map in the " +
			"call.",
	},
	{
		Kind:        mistake.SpecialField,
		Pattern:     "bpf_timer cannot be used for PREEMPT_RT.",
		Explanation: "This kernel was built for real time (CONFIG_PREEMPT_RT). There BPF timers are not possible.",
		Fix:         "Use another kernel, or do the work at another event. Programs in user space can run one at intervals too.",
	},
	{
		Kind:    mistake.NotHeld,
		Pattern: "irq flag acquired by %s kfuncs cannot be restored with %s kfuncs",
		Explanation: "The flags were saved by functions for {1}, and are restored by functions for {2}: bpf_local_irq_save and a " +
			"lock that saves the flags (bpf_res_spin_lock_irqsave) each have their own way back.",
		Fix: "Restore them with the function that belongs to the one that saved them.",
	},
	{
		Kind:    mistake.SpecialField,
		Pattern: "map '%s' has more than %d kptr",
		Also:    []string{"map '%s' has repeating kptr BTF tags"},
		Explanation: "The value of the map {1} has more kptrs than this kernel allows (8 before Linux 6.3), or one member has two " +
			"type tags.",
		Fix: "Put fewer kptrs into one value, or use several maps. Tag each of them once, with __kptr.",
	},
	{
		Kind:        mistake.SpecialField,
		Pattern:     "off %d doesn't point to 'struct %s'",
		Explanation: "Offset {1} of the value is passed to the call, but the {2} is at another offset.",
		Fix:         "Pass the address of the field: r.Part(\"Lock\").",
	},
	{
		Kind:    mistake.NotHeld,
		Pattern: "expected valid iter pointer as arg #%d",
		Explanation: "Argument {1}, counted from 0, must be the iterator that the kernel passed to the program, or one that was " +
			"begun and has not ended.",
		Fix: "Pass that iterator itself, without an offset.",
	},
	{
		Kind:    mistake.ReleasedTwice,
		Pattern: "cannot release unowned const bpf_dynptr",
		Explanation: "The dynptr was passed to this function: it belongs to whoever made it, and only that function may submit or " +
			"discard it.",
		Fix: "Release it where it was made.",
	},
	{
		Kind:        mistake.ArgumentType,
		Pattern:     "Unsupported reg type %s for bpf_dynptr_from_mem data",
		Explanation: "bpf_dynptr_from_mem makes a dynptr of a map's value only. The memory that is passed is of another kind: {1}.",
		Fix:         "Keep the data in a map's value: a global variable or an element of an array.",
	},
	{
		Kind:    mistake.Untrusted,
		Pattern: "R%d is ptr_%s access percpu memory: off=%d",
		Explanation: "R{1} points to {2} in memory that each CPU has its own copy of. It is not the address of any of the copies, " +
			"so the program cannot read there.",
		Fix: "Get the address of one copy first: bpf_this_cpu_ptr, or bpf_per_cpu_ptr with a check for nil.",
	},
	{
		Kind:    mistake.Untrusted,
		Pattern: "R%d is ptr_%s access user memory: off=%d",
		Explanation: "R{1} points to {2} in the memory of a process (__user). It may not be there at the moment, so the program " +
			"cannot read it directly.",
		Fix: "Copy it with bpf_probe_read_user, or with bpf_copy_from_user in a program that may sleep.",
	},
}
