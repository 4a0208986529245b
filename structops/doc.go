// Package structops implements kernel interfaces with BPF programs.
//
// # What a struct_ops is
//
// Parts of the kernel are used through a struct of function pointers: a TCP
// congestion control is a struct tcp_congestion_ops with ssthresh, cong_avoid
// and a dozen more. For some of these structs the kernel lets BPF programs
// replace the functions. An implementation then consists of
//
//   - one program a member, verified for exactly that member: it may load the
//     member's arguments, call what that member may call, and must return what
//     the member returns;
//   - a map of the type struct_ops whose only value is the struct, with a
//     program where the kernel has a function pointer, and with the struct's
//     data members (name, flags) beside them;
//   - a link, which keeps the map registered. When its last descriptor is closed,
//     the registration ends too. So nothing stays after a process is killed, unless
//     the link was pinned to a path in a BPF file system.
//
// R1 points to an array of u64, one for each argument, not to the first
// argument. Types of arguments, offsets and the indices of members are those of
// the running kernel, which describes itself in BTF.
//
// # From Go to the kernel
//
// An [Implementation] is a Go struct with a function for each member, such as
// tcp.CongestionOps, or [Ops] with members by name. There are three steps, as with
// package prog, and functions that take several of them for the running kernel:
//
//	err := structops.Validate(ops, target)         // all mistakes that can be known without a kernel
//	plan, err := structops.Prepare(ops, target)    // the same, and the compiled programs
//	loaded, err := plan.Load()                     // the kernel verifies the programs
//	link, err := loaded.Register()                 // and uses the implementation
//
//	loaded, err := structops.Load(ops)             // the first three, for the running kernel
//	link, err := structops.Register(ops)           // all of it
//
// Validate and Prepare need neither privilege nor Linux: a target is any kernel
// whose BTF is at hand; prog.Host is the running one. The [Link] is one of
// those of package link.
//
//	link, err := structops.Register(tcp.CongestionOps{
//		Name: "go_reno", License: "GPL",
//		Ssthresh: ssthresh, CongAvoid: congAvoid, UndoCwnd: undoCwnd,
//	})
//	if err != nil {
//		return err
//	}
//	defer link.Close()
//
// The rules of an interface that its BTF does not have, such as required members and
// writable fields, are in one table (internal/linux). Interfaces that are not in it
// work too. Their mistakes are then found by the kernel, as prog.StepError and
// prog.ProgramError.
package structops
