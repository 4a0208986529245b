// Package guest has no code but tests: of what differs between kernels. The
// matrix runs them on each of its kernels, go test on the one at hand.
package guest

// InterfacesVariable names an environment variable with the ops structs that
// the kernel must have besides tcp_congestion_ops, separated by commas.
const InterfacesVariable = "BPFSMITH_MATRIX_INTERFACES"
