//go:build guest

package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestDCTCPCarriesAsTheKernels is TestOursCarryAsTheKernels for DCTCP, on the kernels of the matrix that have it.
func TestDCTCPCarriesAsTheKernels(t *testing.T) {
	kerneltest.RequireTUN(t)
	carriesAsTheKernels(t, "dctcp")
}
