// Package structops implements kernel interfaces with BPF programs.
//
// # What a struct_ops is
//
// Parts of the kernel are used through a struct of function pointers: a TCP
// congestion control is a struct tcp_congestion_ops with ssthresh, cong_avoid
// and a dozen more. For some of these structs the kernel lets BPF programs
// stand in for the functions. An implementation then consists of
//
//   - one program a member, verified for exactly that member: it may load the
//     member's arguments, call what that member may call, and must return what
//     the member returns;
//   - a map of the type struct_ops whose only value is the struct, with a
//     program where the kernel has a function pointer, and with the struct's
//     data members (name, flags) beside them;
//   - a link, which keeps the map registered. When its last descriptor goes, so
//     does the registration: nothing outlives a process that is killed, unless
//     the link was pinned to a path in a BPF file system.
//
// R1 points to an array of u64, one for each argument, not to the first
// argument. Types of arguments, offsets and the indices of members are those of
// the running kernel, which describes itself in BTF.
//
// # From Go to the kernel
//
// [Ops] names the struct and its members. [Validate] checks it against the BTF
// of any kernel, running or not, with no privilege at all; every mistake that
// can be known beforehand is found then, all at once. [Prepare] gives the
// checked and compiled [Plan] as well. [Register] does all of it for the
// running kernel and gives the [Link].
//
//	link, err := structops.Register(structops.Ops{
//		Type: "tcp_congestion_ops",
//		Members: structops.Members{
//			"name": "go_reno", "ssthresh": ssthresh, "cong_avoid": congAvoid, "undo_cwnd": undoCwnd,
//		},
//	})
//	if err != nil {
//		return err
//	}
//	defer link.Close()
//
// What an interface wants beyond its BTF, such as required members and fields
// that may be written, stands in one table (known.go). Interfaces that are not
// in it work all the same; their mistakes come back from the kernel, as
// [StepError] and [ProgramError].
package structops
