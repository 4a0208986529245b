package compile

import (
	"strings"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

// Describe brings what is known of a place to a program that is checked without being compiled here.
func Describe(p *verify.Program, c *Context) {
	p.Signature = &verify.Signature{}
	for _, param := range c.Params {
		v := described(param.Type)
		v.Name, v.Nullable, v.Ref = param.Name, param.Nullable, param.Ref
		p.Signature.Params = append(p.Signature.Params, v)
	}
	if !isVoid(c.Result) {
		result := described(c.Result)
		p.Signature.Result = &result
	}
	if c.Rules == nil {
		return
	}
	p.Casts = map[string]string{}
	for _, cast := range c.Rules.Casts {
		p.Casts[cast.From] = cast.To
	}
	for _, w := range c.Rules.Writable {
		p.Writable = append(p.Writable, verify.Field(w))
	}
	p.HelperForbidden = c.Rules.HelperForbidden
	p.KernelForbidden = c.Rules.KernelForbidden
}

// described is an argument or a result as the check sees it.
func described(t cbtf.Type) verify.Param {
	var v verify.Param
	switch under := btf.Underlying(t).(type) {
	case *cbtf.Pointer:
		v.Pointer, v.Struct = true, btf.PointedTo(t)
	case *cbtf.Int:
		v.Size = int(under.Size)
	case *cbtf.Enum:
		v.Size = int(under.Size)
	}
	return v
}

// describedFunctions are the functions as func_info has them: those that are global are verified by their prototypes (see globalProto).
func (u *unit) describedFunctions(programType string) []verify.Function {
	var list []verify.Function
	for i, f := range u.funcs {
		described := verify.Function{Slot: f.first, Name: f.program.Name}
		if i > 0 && f.program.Global {
			described.Global = true
			for _, param := range f.program.Proto.Params {
				described.Args = append(described.Args, globalArgument(param.Type, programType))
			}
		}
		list = append(list, described)
		for _, index := range f.inner {
			if index > 0 {
				list = append(list, verify.Function{Slot: f.first + f.slotAt(index)})
			}
		}
	}
	return list
}

// globalArgument is what the kernel makes of an argument of a global function (kernel/bpf/btf.c, btf_prepare_func_args). What is called as some
// type's context is, is left to it.
func globalArgument(t dsl.CType, programType string) verify.Argument {
	switch name := strings.TrimPrefix(t.Name, "struct "); {
	case t.Integer:
		return verify.Argument{Kind: verify.ArgumentNumber}
	case name == contextOf(programType) && name != "":
		return verify.Argument{Kind: verify.ArgumentContext}
	case isContext(name):
		return verify.Argument{Kind: verify.ArgumentUnknown}
	}
	return verify.Argument{Kind: verify.ArgumentMemory, Size: int64(max(t.Size, 1)), Nullable: true}
}

// contextOf is the struct that stands for the context of a type of programs, where it is sure.
func contextOf(programType string) string {
	switch programType {
	case "socket_filter", "sched_cls", "sched_act", "cgroup_skb":
		return "__sk_buff"
	case "xdp":
		return "xdp_md"
	}
	return ""
}

// isContext reports whether a struct has the name of the context of some type of programs (include/linux/bpf_types.h).
func isContext(name string) bool {
	switch name {
	case "__sk_buff", "xdp_md", "bpf_sock", "bpf_sock_addr", "bpf_sock_ops", "sk_msg_md", "pt_regs", "user_pt_regs", "bpf_user_pt_regs_t", "bpf_perf_event_data",
		"bpf_raw_tracepoint_args", "bpf_cgroup_dev_ctx", "bpf_sysctl", "bpf_sockopt", "sk_reuseport_md", "bpf_sk_lookup", "bpf_nf_ctx":
		return true
	}
	return false
}
