package structops

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/dsl"
)

// An Implementation is the argument of Register, Prepare and Validate: a Go struct for a struct of the kernel, or [Ops] with
// members by name.
//
// Such structs are written by bpfsmith gen --ops, for example tcp.CongestionOps: a field of function type for each callback and one for
// each member of data, so that Go's compiler checks names, parameters and results. One may be written by hand, too. Its fields have tags:
//
//	Ssthresh  func(f *dsl.Fn, sk Sock) dsl.U32 `ops:"ssthresh"`   // a member, by the kernel's name
//	License   string                           `ops:",license"`   // what the programs are loaded under
//	Sleepable SleepableOps                     `ops:",sleepable"` // a struct of bools, with the tags of callbacks: these may sleep
//
// Fields that are zero are not set, and fields without a tag do not matter.
type Implementation interface {
	// KernelStruct is the kernel's name of the struct, such as "tcp_congestion_ops".
	KernelStruct() string
}

// KernelStruct is Type: Ops is an [Implementation].
func (ops Ops) KernelStruct() string { return ops.Type }

// The tags of fields that are not members.
const (
	licenseTag   = ",license"
	sleepableTag = ",sleepable"
)

// ByName returns an implementation with its members by name. Members can then be set to values that a Go struct does not take, such as a
// program in instructions:
//
//	ops := structops.ByName(tcp.CongestionOps{…})
//	ops.Members["ssthresh"] = dsl.Assembly("ssthresh", …)
//
// A nil pointer gives the zero Ops.
func ByName(impl Implementation) Ops {
	if ops, ok := impl.(Ops); ok {
		return ops
	}
	v := reflect.ValueOf(impl)
	if v.Kind() == reflect.Pointer {
		v = v.Elem() // the zero Value of a nil pointer
	}
	if v.Kind() != reflect.Struct {
		return Ops{}
	}
	if ops, ok := v.Interface().(Ops); ok {
		return ops
	}
	ops := Ops{Type: impl.KernelStruct(), Members: make(Members)}
	sleepable := make(map[string]bool)
	for field, value := range v.Fields() {
		name, tagged := field.Tag.Lookup("ops")
		switch {
		case !tagged || !field.IsExported() || value.IsZero():
		case name == licenseTag && value.Kind() == reflect.String:
			ops.License = value.String()
		case name == sleepableTag && value.Kind() == reflect.Struct:
			for flag, set := range value.Fields() {
				sleepable[flag.Tag.Get("ops")] = set.Kind() == reflect.Bool && set.Bool()
			}
		case !strings.HasPrefix(name, ","):
			ops.Members[name] = value.Interface()
		}
	}
	for name, value := range ops.Members {
		if sleepable[name] && reflect.ValueOf(value).Kind() == reflect.Func {
			program := dsl.Func(name, value)
			program.Sleepable = true
			ops.Members[name] = program
			delete(sleepable, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sleepable)) {
		if sleepable[name] {
			ops.sleepable = append(ops.sleepable, name)
		}
	}
	return ops
}
