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

// create creates the map of a spec in the kernel.
func create(spec *dsl.MapSpec) (*syscall.FD, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	attr := syscall.MapCreateAttr{
		Type: spec.Type, KeySize: spec.KeySize, ValueSize: spec.ValueSize,
		MaxEntries: spec.MaxEntries, Flags: syscall.MapFlags(spec.Flags), Name: spec.Name, Extra: spec.Extra,
	}
	if spec.Inner != nil {
		template, err := create(spec.Inner)
		if err != nil {
			return nil, fmt.Errorf("its inner map %v: %w", spec.Inner, err)
		}
		defer template.Close()
		attr.InnerMap = template
	}
	described, err := describe(spec)
	if err != nil {
		return nil, err
	}
	if described.blob != nil {
		types, err := syscall.BTFLoad(described.blob)
		if err != nil {
			return nil, fmt.Errorf("types of key and value: %w", err)
		}
		defer types.Close()
		attr.BTF, attr.BTFKeyTypeID, attr.BTFValueTypeID = types, uint32(described.key), uint32(described.value)
	}
	fd, err := syscall.MapCreate(&attr)
	if err != nil {
		return nil, explain(spec, err)
	}
	return fd, nil
}

// explain adds the meaning of an errno for a spec.
func explain(spec *dsl.MapSpec, err error) error {
	help := ""
	switch {
	case errors.Is(err, errno.EINVAL) && spec.Type.IsRing():
		help = "the size of a ring buffer must be a power of two and a multiple of the page size"
	case errors.Is(err, errno.EINVAL):
		help = fmt.Sprintf("this kernel does not have this type of map (%v), or does not accept these sizes, flags or special fields",
			spec.Type)
	case errors.Is(err, errno.E2BIG), errors.Is(err, errno.ENOMEM):
		help = fmt.Sprintf("%s of %s are more than the kernel can allocate", phrase.Count(spec.MaxEntries, "element"),
			phrase.Count(spec.KeySize+spec.ValueSize, "byte"))
		switch spec.Type {
		case linux.MapTypePerCPUHash, linux.MapTypePerCPUArray, linux.MapTypeLRUPerCPUHash:
			help += "; a value of each CPU has at most 32768 bytes" // PCPU_MIN_UNIT_SIZE (kernel/bpf/arraymap.c, array_map_alloc_check)
		}
	case errors.Is(err, errno.EOPNOTSUPP):
		help = fmt.Sprintf("a map of type %v cannot have values with these fields of the kernel's, such as locks and timers", spec.Type)
	}
	if help == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, help)
}
