// Mistakesdoc writes docs/mistakes.md from the programs of package mistakes, the rules of verifierlog, and the recorded logs of the
// kernel.
//
// Run it with `go generate ./internal/test/mistakes`. It works in any folder of the module. With -check it writes nothing, and fails if
// the file is not up to date.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if the file is not up to date")
	flag.Parse()
	files := []genfiles.File{{Path: "docs/mistakes.md", Contents: document}}
	if err := genfiles.Update(files, "go generate ./internal/test/mistakes", *check); err != nil {
		fmt.Fprintln(os.Stderr, "mistakes:", err)
		os.Exit(1)
	}
}
