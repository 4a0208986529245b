package syscall

// BatchCursorSize is the size in bytes of a place in a map, for batches: hashes count buckets in 4 bytes, other maps use the
// last key.
func BatchCursorSize(keySize int) int { return max(keySize, 4) }
