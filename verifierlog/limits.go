package verifierlog

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// limits are the limits of the kernel that texts may name: {StackSize}.
var limits = [...]struct {
	name  string
	value int
}{
	{"{StackSize}", linux.StackSize},
	{"{MostFrames}", linux.MostFrames},
	{"{TailCallStack}", linux.TailCallStack},
	{"{MostInstructions}", linux.MostInstructions},
	{"{MostInstructionsUnprivileged}", linux.MostInstructionsUnprivileged},
	{"{MostPending}", linux.MostPending},
	{"{MostFunctions}", linux.MostFunctions},
	{"{MostKernelFunctions}", linux.MostKernelFunctions},
	{"{MostMaps}", linux.MostMaps},
	{"{OffsetLimit}", linux.OffsetLimit},
}

// withLimits replaces the names of limits in a text.
func withLimits(text string) string {
	for _, l := range limits {
		text = strings.ReplaceAll(text, l.name, strconv.Itoa(l.value))
	}
	return text
}
