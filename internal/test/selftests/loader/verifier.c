// Linked with the kernel's test_verifier: prints to descriptor 3 what the kernel says about each program that it loads with all capabilities.
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "ask.h"

// capable reports whether the thread still has CAP_BPF: the tests load programs as users without it too.
static int capable(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};
	return !__real_syscall(__NR_capget, &header, data) && data[1].effective & (1 << (CAP_BPF - 32));
}

// The tests want a module of the kernel's tree, for a few of them. Without it these few cannot be prepared.
int __wrap_load_bpf_testmod(int verbose) { return 0; }
int __wrap_unload_bpf_testmod(int verbose) { return 0; }

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	const union bpf_attr *attr = (void *)b;
	if (number == __NR_bpf && a == BPF_PROG_LOAD && attr->log_buf && capable()) {
		static int count;
		if (!answers)
			answers = fdopen(3, "w");
		fprintf(answers, "{\"program\":\"%d\"", count++);
		return ask(attr, c);
	}
	return __real_syscall(number, a, b, c, d, e, f);
}
