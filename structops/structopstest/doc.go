// Package structopstest calls the members of an ops struct in ordinary Go tests, as the kernel would: without a kernel and without root.
//
// # What is tested
//
// An algorithm of TCP congestion control, for example, is a struct with a function for each member. The kernel calls a member with a
// socket; the function reads fields of the socket, changes some, and calls functions of the kernel. Here a test does what the kernel does:
// it makes the socket, sets its fields, calls the member, and looks at the result and at the fields.
//
//	func TestSlowStart(t *testing.T) {
//		structopstest.On(t, []string{"6.1", "6.12", "6.18"}, reno, func(t *testing.T, ops *structopstest.Ops) {
//			sk := ops.Sock()
//			sk.Set("snd_cwnd", 10)
//			sk.Set("is_cwnd_limited", 1)
//			ops.Call("cong_avoid", sk, 0, 2)
//			if cwnd := sk.Get("snd_cwnd"); cwnd != 12 {
//				t.Errorf("the window is %d, want 12", cwnd)
//			}
//		})
//	}
//
// The program is what the kernel would get: the implementation is checked and compiled for each kernel's types, with all findings that
// structops.Validate has, and its bytes run in package vm. Objects have the offsets of that kernel. A read out of bounds, a write to a
// field that the kernel protects, or a loop without an end fails the test, with the line of Go.
//
// # What is not
//
// The machine does not have all of the kernel. It has the helpers and the functions of the kernel that package vm lists; a test adds
// others, with Ops.Machine. And only the kernel knows whether its verifier accepts a program; structops.Validate finds most of what it
// refuses.
package structopstest
