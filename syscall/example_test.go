package syscall_test

import (
	"errors"
	"fmt"

	"github.com/bpfsmith/bpfsmith/syscall"
)

func ExampleSanitizeName() {
	fmt.Println(syscall.SanitizeName("go-reno ssthresh, halved"))
	fmt.Println(syscall.ProgTypeStructOps, syscall.MapTypeStructOps)
	// Output:
	// go_reno_ssthres
	// struct_ops struct_ops
}

// A refused program comes back with the verifier's log.
func ExampleProgLoad() {
	exit := []byte{0x95, 0, 0, 0, 0, 0, 0, 0} // exit, without a result in R0
	prog, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeSocketFilter, Name: "no_result", License: "GPL", Instructions: exit,
	})
	var refused *syscall.LoadError
	switch {
	case errors.Is(err, syscall.ErrUnsupported):
		fmt.Println("this is not Linux")
	case errors.As(err, &refused):
		fmt.Printf("refused: %v\n%+v\n", refused, refused) // the whole log in the second
	case err == nil:
		prog.Close()
	}
}
