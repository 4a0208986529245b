package linux

import "slices"

// gplLicences are the licences that Linux accepts as compatible with the GPL (license_is_gpl_compatible, include/linux/license.h).
var gplLicences = [...]string{"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}

// GPLLicences lists the licences that Linux accepts as compatible with the GPL. Programs under other licences may call neither
// kernel functions nor the helpers whose row says GPL, and cannot implement kernel interfaces.
func GPLLicences() []string { return slices.Clone(gplLicences[:]) }

// GPLCompatible reports whether Linux accepts a licence as compatible with the GPL. Upper and lower case differ.
func GPLCompatible(licence string) bool { return slices.Contains(gplLicences[:], licence) }
