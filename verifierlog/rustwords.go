package verifierlog

import "strings"

// rustWords are the words of C in texts for readers of C and Rust, and what readers of Rust (aya) say. A longer text stands before a
// shorter one that it begins with.
var rustWords = [...]string{
	"static, or static __always_inline,", "#[inline(always)],",
	"static (or static __always_inline)", "#[inline(always)]",
	"static __always_inline", "#[inline(always)]",
	"barrier_var()", "core::hint::black_box()",
	"through a volatile pointer", "with core::ptr::read_volatile",
	"a volatile access", "core::ptr::read_volatile",
	"clang -mcpu=", "bpf-linker --cpu=",
	"PT_REGS_PARM1(ctx) or BPF_KPROBE for kprobes, BPF_PROG for tracing and struct_ops", "ctx.arg(0) for kprobes and tracing",
	"(BPF_PROG does this)", "(ctx.arg(0) does this)",
	"The macro BPF_PROG", "ctx.arg(0)",
	"with BPF_CORE_READ or bpf_probe_read_kernel", "with bpf_probe_read_kernel",
	"the result of __sync_fetch_and_add", "the result of fetch_add",
	"&value->lock", "&mut (*value).lock",
	", and give the map BTF: declare it in .maps with __type(value, struct x)", ", and give the map BTF, which aya does not do yet",
	`char LICENSE[] SEC("license") = "GPL"`, `#[link_section = "license"] static LICENSE: [u8; 4] = *b"GPL\0"`,
	`static const char fmt[] = "..."`, `static FMT: [u8; 4] = *b"...\0"`,
	`static const char text[] = "..."`, `static TEXT: [u8; 4] = *b"...\0"`,
	`a local char fmt[] = "..."`, `a local array of bytes`,
	`SEC("fentry/...") or SEC("tp_btf/...")`, `#[fentry(function = "...")] or #[btf_tracepoint(function = "...")]`,
	`SEC("fentry.s/...")`, `#[fentry(sleepable)]`,
	`SEC("fentry/...")`, `#[fentry(function = "...")]`,
	`SEC("tp_btf/task_newtask")`, `#[btf_tracepoint(function = "task_newtask")]`,
	`SEC("xdp"), SEC("kprobe/...")`, `#[xdp], #[kprobe]`,
	`SEC("xdp")`, `#[xdp]`,
	`SEC("syscall") with BPF_F_SLEEPABLE`, `set BPF_F_SLEEPABLE at the load`,
}

// inRust replaces the words of C.
func inRust(text string) string { return strings.NewReplacer(rustWords[:]...).Replace(text) }
