// What the loaders share: a program of the kernel's tests is on its way to the kernel, in BPF_PROG_LOAD. The linker puts a function of the
// loader in front of syscall (--wrap), which has all that the kernel is told. It asks with a log, and prints a line of JSON with the answer.
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "ask.h"

enum {
	log_size = 32 << 20,
	log_shown = 64 << 10, // bytes of its end
};

FILE *answers;

static char *verifier_log;
static struct btf *kernel_types;

void print_string(const char *name, const char *text)
{
	fprintf(answers, ",\"%s\":\"", name);
	for (; text && *text; text++) {
		unsigned char c = *text;
		if (c == '"' || c == '\\')
			fprintf(answers, "\\%c", c);
		else if (c < ' ' || c > '~')
			fprintf(answers, "\\u%04x", c);
		else
			fputc(c, answers);
	}
	fputc('"', answers);
}

enum { most_nested = 8, most_elements = 64 };

// print_fields prints what belongs to the kernel in a map's value, or may: structs by their names, and pointers with a tag. Who reads it
// knows the names. Structs and arrays are searched too.
static int print_fields(const struct btf *btf, unsigned id, unsigned offset, int before, int depth)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	int n = 0, tagged = 0;
	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	if (!t || depth > most_nested)
		return 0;
	if (btf_is_array(t)) {
		const struct btf_array *array = btf_array(t);
		long size = btf__resolve_size(btf, array->type);
		for (unsigned i = 0; size > 0 && i < array->nelems && i < most_elements; i++) {
			int more = print_fields(btf, array->type, offset + i * size, before + n, depth + 1);
			n += more;
			if (!more)
				break;
		}
		return n;
	}
	if (btf_is_struct(t)) {
		const char *name = btf__name_by_offset(btf, t->name_off);
		if (!strncmp(name, "bpf_", 4)) {
			fprintf(answers, "%s{\"Name\":\"%s\",\"Offset\":%u}", before ? "," : "", name, offset);
			return 1;
		}
		for (unsigned i = 0; i < btf_vlen(t); i++)
			n += print_fields(btf, btf_members(t)[i].type, offset + btf_member_bit_offset(t, i) / 8, before + n, depth + 1);
		return n;
	}
	if (!btf_is_ptr(t))
		return 0;
	const char *tag = "";
	for (t = btf__type_by_id(btf, t->type); t && (btf_is_mod(t) || btf_is_typedef(t)); t = btf__type_by_id(btf, t->type)) {
		if (btf_is_type_tag(t))
			tag = btf__name_by_offset(btf, t->name_off);
		tagged |= btf_is_type_tag(t);
	}
	if (!t || !tagged)
		return 0;
	fprintf(answers, "%s{\"Name\":\"kptr\",\"To\":\"%s\",\"Tag\":\"%s\",\"Offset\":%u}", before ? "," : "",
	       btf__name_by_offset(btf, t->name_off), tag, offset);
	return 1;
}

static void print_special(const struct bpf_map_info *info)
{
	struct btf *btf = info->btf_id && info->btf_value_type_id ? btf__load_from_kernel_by_id(info->btf_id) : NULL;
	const struct btf_type *t = btf ? btf__type_by_id(btf, info->btf_value_type_id) : NULL;
	int n = 0;
	fprintf(answers, ",\"Fields\":[");
	if (t && btf_is_struct(t))
		n += print_fields(btf, info->btf_value_type_id, 0, n, 0);
	for (unsigned i = 0; t && btf_is_datasec(t) && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];
		n += print_fields(btf, btf__type_by_id(btf, v->type)->type, v->offset, n, 0);
	}
	fputc(']', answers);
	btf__free(btf);
}

static void print_maps(const struct bpf_insn *code, unsigned count)
{
	int seen[256], n = 0;
	fprintf(answers, ",\"maps\":{");
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
		fprintf(answers, "%s\"%d\":{\"Name\":\"%s\",\"Type\":%u,\"Key\":%u,\"Value\":%u,\"Max\":%u,\"Flags\":%u", n ? "," : "", fd, info.name,
		       info.type, info.key_size, info.value_size, info.max_entries, info.map_flags);
		print_special(&info);
		fprintf(answers, "}");
		seen[n++] = fd;
	}
	fputc('}', answers);
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

long ask(const union bpf_attr *given, unsigned long size)
{
	union bpf_attr attr = {};
	memcpy(&attr, given, size < sizeof(attr) ? size : sizeof(attr));
	if (!verifier_log)
		verifier_log = malloc(log_size);
	verifier_log[0] = 0;
	attr.log_level = 1;
	attr.log_buf = (unsigned long)verifier_log;
	attr.log_size = log_size;
	long before = microseconds();
	long fd = __real_syscall(__NR_bpf, BPF_PROG_LOAD, &attr, size);
	int error = fd < 0 ? errno : 0;
	const struct bpf_insn *code = (void *)(unsigned long)attr.insns;
	size_t length = strnlen(verifier_log, log_size);

	fprintf(answers, ",\"asked\":true,\"ok\":%s,\"errno\":%d,\"microseconds\":%ld", fd >= 0 ? "true" : "false", error, microseconds() - before);
	fprintf(answers, ",\"type\":%u,\"hook\":%u,\"sleepable\":%s", attr.prog_type,
	       attr.prog_type == BPF_PROG_TYPE_STRUCT_OPS ? 0 : attr.expected_attach_type, attr.prog_flags & BPF_F_SLEEPABLE ? "true" : "false");
	print_string("license", (char *)(unsigned long)attr.license);
	print_target(&attr);
	print_maps(code, attr.insn_cnt);
	print_string("log", verifier_log + (length > log_shown ? length - log_shown : 0));
	fprintf(answers, ",\"hex\":\"");
	for (unsigned i = 0; i < attr.insn_cnt * sizeof(*code); i++)
		fprintf(answers, "%02x", ((unsigned char *)code)[i]);
	fprintf(answers, "\"}\n");
	fflush(answers);
	errno = error;
	return fd;
}
