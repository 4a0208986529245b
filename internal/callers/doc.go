// Package callers finds out who called, for those who ask often.
//
// runtime.Callers unwinds by tables: about 100 ns a frame, inlined ones too,
// which was a quarter of the time in which a function of Go became a program. On amd64
// and arm64, Go functions keep a chain of frame pointers for profilers: each points
// to its caller's, and beside it stands the return address. Following it costs a
// few loads a frame. What stands there are real frames, so whoever looks up a return
// address has to look at the functions that were inlined around it:
// runtime.CallersFrames gives them.
package callers
