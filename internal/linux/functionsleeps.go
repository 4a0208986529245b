package linux

import "slices"

// FunctionSleeps reports whether a kernel function may sleep (KF_SLEEPABLE): only sleepable programs may call it.
func FunctionSleeps(name string) bool { return slices.Contains(sleepers[:], name) }

// sleepers are the functions that may sleep in all kernels that offer them. TestFunctionsThatSleep holds them to the running kernel.
// Functions of an arena are not here: they sleep up to Linux 6.18, and not in later ones.
var sleepers = [...]string{
	"bpf_copy_from_user_dynptr", "bpf_copy_from_user_str", "bpf_copy_from_user_str_dynptr", "bpf_copy_from_user_task_dynptr",
	"bpf_copy_from_user_task_str", "bpf_copy_from_user_task_str_dynptr", "bpf_iter_dmabuf_destroy", "bpf_iter_dmabuf_new",
	"bpf_iter_dmabuf_next", "bpf_iter_kmem_cache_destroy", "bpf_iter_kmem_cache_new", "bpf_iter_kmem_cache_next", "bpf_lookup_user_key",
	"css_rstat_flush",

	// Linux 6.18 here offers these to no program that the test can load.
	"bpf_crypto_ctx_create", // kernel/bpf/crypto.c
	"scx_bpf_create_dsq",    // kernel/sched/ext.c
}
