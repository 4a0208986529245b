// The programs of counts.o, with which check's reading of objects is tested:
//
//	clang-19 -O2 -g -target bpf -c counts.c -o counts.o && llvm-strip-19 -g counts.o
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))

struct {
	int (*type)[1]; // hash
	int (*max_entries)[16];
	u32 *key;
	u64 *value;
} counts SEC(".maps");

static void *(*lookup)(void *map, const void *key) = (void *)1;

static __attribute__((noinline)) int add(u64 *n) { return ++*n; }

__attribute__((noinline)) int global(u64 *n) { return *n; }

SEC("xdp") int good(void *ctx)
{
	u32 key = 1;
	u64 *n = lookup(&counts, &key);
	return n ? add(n) & 1 : 1;
}

SEC("xdp") int unchecked(void *ctx)
{
	u32 key = 1;
	u64 *n = lookup(&counts, &key);
	*n += 1; // it may be nil
	return 2;
}

SEC("xdp") int of_global(void *ctx)
{
	u64 n = 5;
	return global(&n); // it does not ask whether its argument is nil
}

char LICENSE[] SEC("license") = "GPL";
