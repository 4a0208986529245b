package syscall

// MaxNameLen is the longest object name that the kernel accepts, in bytes: BPF_OBJ_NAME_LEN less the NUL.
const MaxNameLen = 15

// SanitizeName turns any text into an object name that the kernel accepts: every byte other than ASCII letters, digits, '_' and
// '.' becomes '_' (bpf_obj_name_cpy, kernel/bpf/syscall.c), and what exceeds MaxNameLen bytes is cut off. Equal texts give
// equal names; different ones may give equal names too, and the kernel accepts that.
func SanitizeName(s string) string {
	b := []byte(s[:min(len(s), MaxNameLen)])
	for i, c := range b {
		if !isNameByte(c) {
			b[i] = '_'
		}
	}
	return string(b)
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.'
}

// objectName is SanitizeName in the form of an attr: padded with NUL.
func objectName(s string) (name [MaxNameLen + 1]byte) {
	copy(name[:MaxNameLen], SanitizeName(s))
	return name
}
