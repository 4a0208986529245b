package verify

// GPLCompatible reports whether Linux takes a license for one that is compatible with the GPL (license_is_gpl_compatible,
// include/linux/license.h).
func GPLCompatible(license string) bool {
	switch license {
	case "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL":
		return true
	}
	return false
}
