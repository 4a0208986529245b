package linux

// Numbers that libbpf puts into calls that it could not resolve (libbpf_internal.h, libbpf.c). No helper has them, so the kernel refuses
// such a call when its walk comes to it.
const (
	FailedRelocation = 0xbad2310  // of a field or type (CO-RE)
	MissingMap       = 2001000000 // plus the number of the map
	MissingFunction  = 2002000000 // plus the number of the kernel function
	MostMissing      = 1000000    // maps or functions
)
