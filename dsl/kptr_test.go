package dsl

import "testing"

// object stands for a type that bpfsmith gen made.
type object struct{ Ptr }

func (object) StructName() string { return "bpf_cpumask" }

// TestKernelPtrIsEightBytesOfTheKernels: in a struct it has its place, and the name of the struct that it points to.
func TestKernelPtrIsEightBytesOfTheKernels(t *testing.T) {
	l, err := LayoutFor[struct {
		Count uint64
		Mask  [2]KernelPtr[object]
	}]()
	if err != nil {
		t.Fatal(err)
	}
	part, err := l.Field("Mask[1]")
	if err != nil || part.Offset != 16 || part.Size != 8 || part.Kind != LayoutKernel || part.Kernel != "bpf_cpumask" || !part.Pointer {
		t.Errorf("%+v, %v", part, err)
	}
}
