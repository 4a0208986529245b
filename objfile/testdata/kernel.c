#include "bpf.h"

// Names of the kernel: variables with and without a type, functions that it has or lacks, settings, and types that it lacks.
struct task_struct { int pid; } relocated;
struct task_struct___other { int nothing; } relocated;
struct no_such_struct { int x; } relocated;
struct sock_common { unsigned short skc_family; } relocated;
enum no_such_enum { NO_SUCH = 5 };

extern const void schedule KERNEL;
extern const int no_such_variable KERNEL weak;
extern void bpf_rcu_read_lock(void) KERNEL;
extern void bpf_rcu_read_unlock(void) KERNEL;
extern void no_such_function(void) KERNEL weak;
extern int LINUX_KERNEL_VERSION SETTING;
extern _Bool CONFIG_NO_SUCH SETTING weak;

SEC("tp_btf/task_newtask") int asks(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	if (no_such_function)
		no_such_function();
	if (&no_such_variable)
		return 1;
	if (CONFIG_NO_SUCH || LINUX_KERNEL_VERSION == 1)
		return 2;
	if (__builtin_preserve_type_info(*(struct no_such_struct *)0, 0))
		return 3;
	if (__builtin_preserve_field_info(((struct task_struct___other *)task)->nothing, 2))
		return ((struct task_struct___other *)task)->nothing;
	return task->pid + (u64)&schedule;
}

LICENCE;
