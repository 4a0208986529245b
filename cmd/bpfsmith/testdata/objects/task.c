// The program of task.o, with which check's relocations are tested:
//
//	clang-19 -O2 -g -target bpf -c task.c -o task.o && llvm-strip-19 -g task.o
#define SEC(name) __attribute__((section(name), used))

struct task_struct {
	int flags; // here in front, in the kernel elsewhere
	int pid;
} __attribute__((preserve_access_index));

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __attribute__((section(".ksyms")));

SEC("tp_btf/task_newtask") int kept(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct task_struct *mine = bpf_task_acquire(task);
	return mine ? mine->pid : 0; // nobody gives it back
}

char LICENSE[] SEC("license") = "GPL";
