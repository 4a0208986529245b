#include "bpf.h"

// Memory that is shared with user space, in an address space of its own.
struct {
	int (*type)[33];
	int (*map_flags)[1 << 10]; // mmapable
	int (*max_entries)[2];
	enum { place = 1ull << 44 } map_extra;
} arena SEC(".maps");

#define in_arena __attribute__((address_space(1)))

u32 in_arena counter SEC(".addr_space.1");
extern void in_arena *bpf_arena_alloc_pages(void *map, void in_arena *at, u32 pages, int node, u64 flags) KERNEL;

SEC("syscall") int count(void *ctx)
{
	u32 in_arena *page = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
	if (page)
		*page = 1;
	return ++counter;
}

LICENCE;
