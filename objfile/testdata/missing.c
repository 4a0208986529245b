#include "bpf.h"

// One program needs a function that no kernel has.
extern void no_such_function(void) KERNEL;

SEC("raw_tp/sys_enter") int needs(void *ctx)
{
	no_such_function();
	return 0;
}

SEC("raw_tp/sys_exit") int fine(void *ctx)
{
	return 0;
}

LICENCE;
