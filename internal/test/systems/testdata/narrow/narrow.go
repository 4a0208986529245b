// Package narrow is right where an int has 64 bits.
package narrow

const Wide int = 1 << 40
