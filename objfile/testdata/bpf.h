// What the objects of this folder share. They are made by
//
//	for f in *.c; do clang-19 -O2 -g -target bpf -mcpu=v3 -c $f -o ${f%.c}.o && llvm-strip-19 -g ${f%.c}.o; done
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define KERNEL __attribute__((section(".ksyms")))
#define SETTING __attribute__((section(".kconfig")))
#define LICENCE char LICENSE[] SEC("license") = "GPL"
#define noinline __attribute__((noinline))
#define hidden __attribute__((visibility("hidden")))
#define weak __attribute__((weak))
#define relocated __attribute__((preserve_access_index))
