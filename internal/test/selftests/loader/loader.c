// loader OBJECT asks the kernel about each program of an object, and prints a line of JSON for each.
//
// libbpf prepares the program. Its last system call, BPF_PROG_LOAD with our log buffer, goes through a function of ours, which the linker puts in
// front of syscall (--wrap). It has all that the kernel is told, so it asks with a log, prints the answer, and ends the process: each
// program has one of its own.
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

enum {
	log_size = 32 << 20,
	log_shown = 64 << 10, // bytes of its end
	most_programs = 1024,
	seconds = 60, // for one program
};

static char marker[4096]; // the log buffer by which our program is known
static char *verifier_log;
static char libbpf_says[8192];
static struct btf *kernel_types;

long __real_syscall(long number, ...);

static int keep_message(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(libbpf_says);
	if (level != LIBBPF_WARN)
		return 0;
	return vsnprintf(libbpf_says + used, sizeof(libbpf_says) - used, format, args);
}

static void print_string(const char *name, const char *text)
{
	printf(",\"%s\":\"", name);
	for (; text && *text; text++) {
		unsigned char c = *text;
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_maps(const struct bpf_insn *code, unsigned count)
{
	int seen[256], n = 0;
	printf(",\"maps\":{");
	for (unsigned i = 0; i < count; i++) {
		if (code[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		int fd = code[i].imm, again = 0, kind = code[i].src_reg;
		i++;
		if (kind != BPF_PSEUDO_MAP_FD && kind != BPF_PSEUDO_MAP_VALUE)
			continue;
		for (int k = 0; k < n; k++)
			again |= seen[k] == fd;
		struct bpf_map_info info = {};
		unsigned size = sizeof(info);
		if (again || n == 256 || bpf_map_get_info_by_fd(fd, &info, &size))
			continue;
		printf("%s\"%d\":{\"Name\":\"%s\",\"Type\":%u,\"Key\":%u,\"Value\":%u,\"Max\":%u,\"Flags\":%u}", n ? "," : "", fd, info.name, info.type,
		       info.key_size, info.value_size, info.max_entries, info.map_flags);
		seen[n++] = fd;
	}
	putchar('}');
}

// print_target prints what the program is attached to, or the member that it implements.
static void print_target(const union bpf_attr *attr)
{
	const struct btf_type *t;
	if (!attr->attach_btf_id || attr->attach_btf_obj_fd || attr->prog_type == BPF_PROG_TYPE_EXT)
		return;
	if (!kernel_types)
		kernel_types = btf__load_vmlinux_btf();
	t = btf__type_by_id(kernel_types, attr->attach_btf_id);
	if (!t)
		return;
	const char *name = btf__name_by_offset(kernel_types, t->name_off);
	if (attr->prog_type != BPF_PROG_TYPE_STRUCT_OPS) {
		print_string("attach", name);
		return;
	}
	print_string("struct", name);
	if (btf_is_struct(t) && attr->expected_attach_type < btf_vlen(t))
		print_string("member", btf__name_by_offset(kernel_types, btf_members(t)[attr->expected_attach_type].name_off));
}

static long microseconds(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return used.ru_stime.tv_sec * 1000000 + used.ru_stime.tv_usec;
}

static void ask(const union bpf_attr *given, unsigned long size)
{
	union bpf_attr attr = {};
	memcpy(&attr, given, size < sizeof(attr) ? size : sizeof(attr));
	attr.log_level = 1;
	attr.log_buf = (unsigned long)verifier_log;
	attr.log_size = log_size;
	long before = microseconds();
	long fd = __real_syscall(__NR_bpf, BPF_PROG_LOAD, &attr, size);
	int error = fd < 0 ? errno : 0;
	const struct bpf_insn *code = (void *)(unsigned long)attr.insns;
	size_t length = strnlen(verifier_log, log_size);

	printf(",\"asked\":true,\"ok\":%s,\"errno\":%d,\"microseconds\":%ld", fd >= 0 ? "true" : "false", error, microseconds() - before);
	printf(",\"type\":%u,\"hook\":%u,\"sleepable\":%s", attr.prog_type,
	       attr.prog_type == BPF_PROG_TYPE_STRUCT_OPS ? 0 : attr.expected_attach_type, attr.prog_flags & BPF_F_SLEEPABLE ? "true" : "false");
	print_string("license", (char *)(unsigned long)attr.license);
	print_target(&attr);
	print_maps(code, attr.insn_cnt);
	print_string("log", verifier_log + (length > log_shown ? length - log_shown : 0));
	printf(",\"hex\":\"");
	for (unsigned i = 0; i < attr.insn_cnt * sizeof(*code); i++)
		printf("%02x", ((unsigned char *)code)[i]);
	printf("\"}\n");
	fflush(stdout);
	_exit(0);
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	const union bpf_attr *attr = (void *)b;
	if (number == __NR_bpf && a == BPF_PROG_LOAD && attr->log_buf == (unsigned long)marker)
		ask(attr, c);
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
	verifier_log = malloc(log_size);
	struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	if (!object || !verifier_log) {
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
