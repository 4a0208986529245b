// objects OBJECT asks the kernel about each program of an object, by libbpf: each in a process of its own, which ends with the answer.
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "ask.h"

enum {
	most_programs = 1024,
	seconds = 60, // for one program
};

static char marker[4096]; // the log buffer by which our program is known
static char libbpf_says[8192];

static int keep_message(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(libbpf_says);
	if (level != LIBBPF_WARN)
		return 0;
	return vsnprintf(libbpf_says + used, sizeof(libbpf_says) - used, format, args);
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	const union bpf_attr *attr = (void *)b;
	if (number == __NR_bpf && a == BPF_PROG_LOAD && attr->log_buf == (unsigned long)marker) {
		ask(attr, c);
		_exit(0);
	}
	return __real_syscall(number, a, b, c, d, e, f);
}

// complete gives sizes to maps whose sizes their tests set.
static void complete(struct bpf_object *object)
{
	struct bpf_map *map;
	bpf_object__for_each_map(map, object) {
		bpf_map__set_pin_path(map, NULL);
		if (bpf_map__max_entries(map))
			continue;
		switch (bpf_map__type(map)) {
		case BPF_MAP_TYPE_STRUCT_OPS:
		case BPF_MAP_TYPE_SK_STORAGE:
		case BPF_MAP_TYPE_INODE_STORAGE:
		case BPF_MAP_TYPE_TASK_STORAGE:
		case BPF_MAP_TYPE_CGRP_STORAGE:
		case BPF_MAP_TYPE_BLOOM_FILTER:
			break;
		case BPF_MAP_TYPE_RINGBUF:
		case BPF_MAP_TYPE_USER_RINGBUF:
			bpf_map__set_max_entries(map, 4096);
			break;
		default:
			bpf_map__set_max_entries(map, 1);
		}
	}
}

// load prepares one program. It comes back only if the kernel was not asked.
static void load(const char *file, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(file, NULL);
	struct bpf_program *program;
	alarm(seconds);
	bpf_object__for_each_program(program, object) {
		int ours = !strcmp(bpf_program__name(program), name);
		bpf_program__set_autoload(program, ours);
		if (!ours)
			continue;
		bpf_program__set_log_buf(program, marker, sizeof(marker));
		bpf_program__set_log_level(program, 1);
		print_string("section", bpf_program__section_name(program));
	}
	complete(object);
	bpf_object__load(object);
	printf(",\"asked\":false");
	print_string("log", libbpf_says);
	printf("}\n");
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	static char *names[most_programs];
	int count = 0;
	libbpf_set_print(keep_message);
	answers = stdout;
	struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	if (!object) {
		fprintf(stderr, "%s", libbpf_says);
		return 1;
	}
	struct bpf_program *program;
	bpf_object__for_each_program(program, object) {
		if (count < most_programs)
			names[count++] = strdup(bpf_program__name(program));
	}
	bpf_object__close(object);
	for (int i = 0; i < count; i++) {
		int status;
		fflush(stdout);
		if (!fork()) {
			printf("{\"program\":\"%s\"", names[i]);
			load(argv[1], names[i]);
		}
		wait(&status);
		if (status)
			printf("\n{\"program\":\"%s\",\"asked\":false,\"log\":\"the loader died\"}\n", names[i]);
	}
	return 0;
}
