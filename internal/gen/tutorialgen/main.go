// Tutorialgen fills the code and the outputs into the chapters of docs/tutorial and the pages of docs/howto.
//
// A chapter or a page is a folder with a README.md. A comment in it names a part of a file beside it, and the block after the
// comment is that part:
//
//	<!-- code example_test.go Example_sum run -->   declarations of a Go file; of an Example, its body without the output
//	<!-- output example_test.go Example_sum -->     what an Example prints, as go test compares it
//	<!-- file testdata/refused.txt -->              a whole file, such as a log that a kernel test has recorded
//	<!-- minutes -->                                how long it takes to read the chapter
//	<!-- contents -->                               the list of the chapters, in docs/tutorial/README.md
//	<!-- pages -->                                  the list of the pages, in docs/howto/README.md
//
// Run it with `go generate ./docs/tutorial`. With -check it writes nothing, and fails if a file is not up to date.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

// books are the folders with chapters or pages.
var books = []struct{ folder, pages string }{
	{"docs/tutorial", "[0-9][0-9]_*"},
	{"docs/howto", "*"},
}

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if a file is not up to date")
	flag.Parse()
	if err := update(*check); err != nil {
		fmt.Fprintln(os.Stderr, "tutorial:", err)
		os.Exit(1)
	}
}

func update(check bool) error {
	root, err := genfiles.Root()
	if err != nil {
		return err
	}
	var files []genfiles.File
	for _, b := range books {
		more, err := pages(root, b.folder, b.pages)
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	return genfiles.Update(files, "go generate ./docs/tutorial", check)
}
