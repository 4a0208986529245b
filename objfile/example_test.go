package objfile_test

import (
	"fmt"
	"log"
	"os"

	"github.com/bpfsmith/bpfsmith/objfile"
)

// An object of clang: its maps, and the code of its program.
func Example() {
	data, err := os.ReadFile("testdata/variables.o")
	if err != nil {
		log.Fatal(err)
	}
	object, err := objfile.Read(data)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range object.Maps {
		fmt.Println("map", m.Name, m.Type, m.Value)
	}
	for _, p := range object.Programs {
		code, err := object.Link(p, &objfile.Kernel{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("program", p.Name, "in section", p.Section, "has", len(code.Raw)/8, "slots and", len(code.Functions), "functions")
	}
	// Output:
	// map counts hash 8
	// map .rodata array 4
	// map .bss.locked array 8
	// map .bss array 32
	// program sum in section tc has 45 slots and 3 functions
}
