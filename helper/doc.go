// Package helper has a Go function for each helper of Linux. Helpers are the older functions that programs may call; each has a number.
// Linux 6.2 added the last ones. Newer functions are kernel functions, which have types: packages below kernel have Go functions for them,
// and dsl.Fn.Kernel calls them by name.
//
// A helper's Go name is its C name without bpf_, with capitals for underscores:
// bpf_ktime_get_ns is [KtimeGetNs]. The function takes the dsl.Fn of the program
// that is written, and then what the helper takes:
//
//	now := helper.KtimeGetNs(f)
//	value := helper.SkStorageGet(f, storage, sk, nil, 1)
//	f.If(value.NotNil(), func() { … })
//
// Pointers are dsl.Ptr and the types that embed it, and a Go nil is NULL where the helper accepts that. Integers must have the parameter's
// width and sign, or be Go constants. Anything else is a mistake that compiling reports with the line of Go:
//
//	reno.go:41: argument 4 of bpf_sk_storage_get is a U32; expected a U64
//
// The type of a program decides which helpers it may call; the kernel checks this
// when the program is loaded. Each function's comment has the C prototype, the
// first Linux with the helper, and whether it is for programs under a
// GPL-compatible license only. For some helpers package dsl has a form that is
// easier to read: dsl.MapLookup, Fn.Loop, Fn.TailCall.
package helper

//go:generate go run ../internal/gen/helpergen
