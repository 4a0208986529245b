//go:build !race

package compile_test

// underRace says that the race detector is on: what takes long does less of it.
const underRace = false
