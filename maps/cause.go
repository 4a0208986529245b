package maps

import (
	"errors"
	"fmt"
	errno "syscall"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// explained adds to an error what its errno means for a map of this kind: the kernel has few numbers for many causes.
func explained(spec *dsl.MapSpec, err error) error {
	var e *syscall.Error
	if !errors.As(err, &e) || e.Hint != "" || e.Command == syscall.CmdMapCreate {
		return err
	}
	if cause := causeOf(spec, e); cause != "" {
		return fmt.Errorf("%w: %s", err, cause)
	}
	return err
}

// causeOf says what the errno of a command about an element means (the map_…_elem functions of kernel/bpf/*.c, and map_lookup_elem and
// map_update_elem in kernel/bpf/syscall.c); "" when nothing is to be added.
func causeOf(spec *dsl.MapSpec, e *syscall.Error) string {
	n := spec.MaxEntries
	array := spec.Type.Info().Key == linux.KeyIndex
	series := spec.Type == dsl.MapQueue || spec.Type == dsl.MapStack
	updates := e.Command == syscall.CmdMapUpdate || e.Command == syscall.CmdMapUpdateMany
	is := func(no errno.Errno) bool { return errors.Is(e.Errno, no) }
	switch {
	case is(errno.ENOENT) && series:
		return "there is no value in it"
	case is(errno.ENOENT) && updates:
		return "the key does not exist, and the flag Exist only replaces values: use Put, or the flag NoExist"
	case is(errno.ENOENT) && array && spec.Value == nil: // an array of programs or maps
		return fmt.Sprintf("nothing is set at this index; the indices are 0 to %d", n-1)
	case is(errno.ENOENT) && array, is(errno.E2BIG) && array && updates:
		return fmt.Sprintf("the index is outside of the array, whose indices are 0 to %d", n-1)
	case is(errno.ENOENT):
		return "the key does not exist"
	case is(errno.EEXIST) && updates && array:
		return "all elements of an array exist, and the flag NoExist only creates: use Put, or the flag Exist"
	case is(errno.EEXIST) && updates:
		return "the key exists, and the flag NoExist only creates: use Put, or the flag Exist"
	case is(errno.E2BIG) && series:
		return fmt.Sprintf("it is full, it holds %s: take one with Pop first, or use PushOver", phrase.Count(n, "value"))
	case is(errno.E2BIG), is(errno.ENOSPC):
		return fmt.Sprintf("it is full, it holds %s: delete some, declare it with more, or use a map such as NewLRUHash that makes room "+
			"itself",
			phrase.Count(n, "key"))
	case is(errno.ENOTSUP) && spec.Type == dsl.MapSockMap && updates:
		return "the map does not take this socket. It takes TCP sockets that listen or are connected, and UDP sockets. Go's listeners " +
			"use MPTCP where the kernel has it: make this one with a net.ListenConfig, after SetMultipathTCP(false)"
	case is(errno.EINVAL) && spec.Inner != nil && updates:
		return fmt.Sprintf("the map is not like the inner map of the declaration: expected type %v, %s per key and %d per value, %s",
			spec.Inner.Type, phrase.Count(spec.Inner.KeySize, "byte"), spec.Inner.ValueSize,
			phrase.Count(spec.Inner.MaxEntries, "element"))
	case is(errno.EINVAL) && spec.Type == dsl.MapProgArray && updates:
		return "the program does not go with the others of the array: all need the same type, and the same rules for what they may do"
	case is(errno.EINVAL) && spec.Type == dsl.MapLPMTrie:
		return fmt.Sprintf("the prefix must have 0 to %d bits, or the flags are not possible", 8*(spec.KeySize-4))
	case is(errno.EINVAL) && spec.Value != nil && !hasLock(spec.Value):
		return "the flags are not possible: they are Any, NoExist and Exist, and Lock only for values with a dsl.SpinLock"
	}
	return ""
}

// hasLock reports whether a value has a spin lock, at any depth that the kernel allows.
func hasLock(value *dsl.Layout) bool {
	for _, f := range value.Fields {
		if f.Layout != nil && f.Layout.Kernel == "bpf_spin_lock" {
			return true
		}
	}
	return false
}
