#include "bpf.h"

// Sections of variables with names of their own, a weak map, and a function that is called back, in front of what calls it.
struct bpf_spin_lock { u32 val; };

struct {
	int (*type)[1]; // hash
	int (*max_entries)[16];
	u32 *key;
	u64 *value;
} counts SEC(".maps") weak;

SEC(".bss.locked") hidden struct bpf_spin_lock lock;
SEC(".bss.locked") hidden u32 counted;
const volatile u32 limit = 7;
static u64 sums[4];

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*each)(void *map, void *callback, void *ctx, u64 flags) = (void *)164;
static long (*take)(struct bpf_spin_lock *) = (void *)93;
static long (*give)(struct bpf_spin_lock *) = (void *)94;

static noinline long add(void *map, u32 *key, u64 *value, void *ctx)
{
	sums[*key & 3] += *value;
	return 0;
}

static noinline long walk(void)
{
	return each(&counts, add, 0, 0);
}

SEC("tc") int sum(void *ctx)
{
	u32 key = limit;
	take(&lock);
	counted++;
	give(&lock);
	return lookup(&counts, &key) ? walk() : 0;
}
