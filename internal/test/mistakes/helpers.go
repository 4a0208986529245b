package mistakes

// Helpers that programs made of instructions call, by their numbers in enum bpf_func_id.
const (
	mapLookupElem int32 = 1   // bpf_map_lookup_elem
	ktimeGetNs    int32 = 5   // bpf_ktime_get_ns
	prandom       int32 = 7   // bpf_get_prandom_u32
	tailCall      int32 = 12  // bpf_tail_call
	skbLoadBytes  int32 = 26  // bpf_skb_load_bytes
	spinLock      int32 = 93  // bpf_spin_lock
	spinUnlock    int32 = 94  // bpf_spin_unlock
	probeRead     int32 = 113 // bpf_probe_read_kernel
)
