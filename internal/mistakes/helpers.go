package mistakes

// Helpers that programs made of instructions call, by their numbers in enum bpf_func_id.
const (
	ktimeGetNs int32 = 5 // bpf_ktime_get_ns
)
