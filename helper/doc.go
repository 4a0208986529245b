// Package helper has a Go function for each helper of Linux: functions of the
// kernel that have numbers, and that programs have called since before kernel
// functions had types. Linux 6.2 had the last new ones; what has come since are
// kernel functions, which packages below kernel wrap, and dsl.Fn.Kernel calls.
//
// A helper's Go name is its C name without bpf_, with capitals for underscores:
// bpf_ktime_get_ns is [KtimeGetNs]. The function takes the dsl.Fn of the program
// that is written, and then what the helper takes:
//
//	now := helper.KtimeGetNs(f)
//	value := helper.SkStorageGet(f, storage, sk, nil, 1)
//	f.If(value.NotNil(), func() { … })
//
// Pointers are dsl.Ptr and the types that embed it, with a Go nil for NULL where
// the helper takes that. Integers are of the parameter's width and sign, or Go
// constants; others are a mistake that compiling reports with the line of Go, as
// are maps and functions in the wrong place:
//
//	reno.go:41: argument 4 of bpf_sk_storage_get is a U32; expected a U64
//
// Which helpers a program may call depends on what kind of program it is; the
// kernel says so when it is loaded. Each function's comment has the C prototype,
// the first Linux with the helper, and whether it is for programs under a
// GPL-compatible license only. Package dsl has Go forms of some that read better:
// dsl.MapLookup, Fn.Loop, Fn.TailCall.
package helper

//go:generate go run ../internal/gen/helpergen
