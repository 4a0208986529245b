// Package objfile reads BPF objects: ELF files as clang writes them for the BPF target.
//
// # What an object is
//
// A section of an object is a row of functions, variables, or a table. Programs are the functions of sections whose names say where they
// go: "xdp", "tp_btf/task_newtask". The functions that they call are in the section .text. Maps are structs in the section .maps: the
// types of their members are the values, a pointer to an array of 16 elements is the number 16. Variables are in .data, .bss and .rodata,
// and each of these sections becomes a map with one element. Structs in .struct_ops are interfaces of the kernel with the programs
// for their members. The section license has the licence.
//
// Names are not resolved in an object. A relocation says that the instruction at an offset means a symbol: a map, a variable, a
// function of the object, or one of the kernel. The sections .BTF and .BTF.ext describe the types, and for each function its prototype,
// its lines, and the instructions that depend on the layout of the kernel's structs (CO-RE).
//
// # Reading and linking
//
// [Read] reads the tables, with limits: the bytes may come from anywhere, and an object that no compiler makes is an error, not a panic.
// [Object.Link] then makes the code of one program for one kernel: the program, and after it the functions that it calls. Instructions
// refer to maps by number, from 1 in the order of [Object.Maps], where a loader puts file descriptors. So one program that cannot be
// linked does not hide the others.
package objfile
