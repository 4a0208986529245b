package linux

import "slices"

// gplLicences are the licences that Linux takes for compatible with the GPL (license_is_gpl_compatible, include/linux/license.h).
var gplLicences = [...]string{"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}

// GPLLicences lists the licences that Linux takes for compatible with the GPL. Programs under other licences may call neither
// kernel functions nor the helpers whose row says GPL, and cannot implement kernel interfaces.
func GPLLicences() []string { return slices.Clone(gplLicences[:]) }

// GPLCompatible reports whether Linux takes a licence for one that is compatible with the GPL. Upper and lower case count.
func GPLCompatible(licence string) bool { return slices.Contains(gplLicences[:], licence) }
