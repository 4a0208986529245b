// Runs a program in ubpf as often as a line of standard input says, and prints the nanoseconds and the result. The program is the first
// argument, in hex.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ubpf.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static uint8_t code[1 << 16], memory[64];
	struct ubpf_vm *vm = ubpf_create();
	char *problem = NULL;
	size_t size = 0;
	unsigned byte;
	long turns;

	for (const char *hex = argc > 1 ? argv[1] : ""; size < sizeof(code) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		code[size++] = byte;
	if (vm == NULL || ubpf_load(vm, code, size, &problem) != 0) {
		fprintf(stderr, "load: %s\n", problem != NULL ? problem : "no memory");
		return 1;
	}
	while (scanf("%ld", &turns) == 1) {
		int64_t begin = now();
		uint64_t result = 0;

		for (long n = 0; n < turns; n++) {
			if (ubpf_exec(vm, memory, sizeof(memory), &result) != 0)
				return 1;
		}
		printf("%" PRId64 " %" PRIu64 "\n", now() - begin, result);
		fflush(stdout);
	}
	return 0;
}
