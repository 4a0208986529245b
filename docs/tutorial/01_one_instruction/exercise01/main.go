// Exercise 1: write three instructions by hand, in bytes. The result must be 42.
package main

import "github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"

// code has eight bytes for each instruction: opcode, registers, offset (2 bytes), number (4 bytes).
var code = []byte{
	0xb7, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, // r0 = 2
	0x95, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // exit
}

func main() { exercise.Report(exercise.OneInstruction(code)) }
