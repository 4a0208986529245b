// Referencegen writes the pages of docs/reference from the tables of internal/linux, the carved types of kernels, and the help of
// bpfsmith.
//
// Run it with `go generate ./internal/gen/referencegen`. It works in any folder of the module. With -check it writes nothing, and fails
// if a page is not up to date.
package main

//go:generate go run .

import (
	"flag"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

const folder = "docs/reference/"

// A reference is a page of the folder.
type reference struct {
	file, title string
	about       string // what the page has, for the list of pages
	write       func(p *page) error
}

func references() []reference {
	return []reference{
		{"program-types.md", "Types of programs", "each type: its names, context, places, ELF sections and results", programTypes},
		{"map-types.md", "Types of maps", "each type: its keys, flags, and the helpers that accept it", mapTypes},
		{"helpers.md", "Helpers", "each helper: its number, licence, arguments and result", helpers},
		{"kernel-functions.md", "Kernel functions", "what functions of the kernel acquire, release, begin, end and need", kernelFunctions},
		{"ops-types.md", "Interfaces of the kernel", "the structs that programs implement (struct_ops): each member, and what it may do",
			opsTypes},
		{"tool.md", "The tool", "the help of each command of bpfsmith", tool},
	}
}

// files are the pages and the list of them.
func files() []genfiles.File {
	list := []genfiles.File{{Path: folder + "README.md", Contents: contents}}
	for _, r := range references() {
		list = append(list, genfiles.File{Path: folder + r.file, Contents: r.contents})
	}
	return list
}

func (r reference) contents() ([]byte, error) {
	p := newPage(r.title)
	if err := r.write(p); err != nil {
		return nil, err
	}
	return p.Bytes(), nil
}

// contents returns the list of pages.
func contents() ([]byte, error) {
	p := newPage("Reference")
	p.paragraph("These pages are written by `make generate`, from the tables that the packages and the tool use themselves.")
	for _, r := range references() {
		p.line("- [%s](%s): %s", r.title, r.file, r.about)
	}
	p.line("- [The instruction set](../isa.md): each form of an instruction, with its bytes and its text")
	p.line("- [What the verifier says](../mistakes.md): each message, what it means, what to change, and a program that causes it")
	return p.Bytes(), nil
}

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if a page is not up to date")
	flag.Parse()
	if err := genfiles.Update(files(), "go generate ./internal/gen/referencegen", *check); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}
