// Package guest has only tests: of what differs between kernels. The matrix runs them on each of its kernels, and go test on the kernel of
// this machine.
package guest

// InterfacesVariable names an environment variable. It has the ops structs that the kernel must have in addition to tcp_congestion_ops,
// separated by commas.
const InterfacesVariable = "BPFSMITH_MATRIX_INTERFACES"
