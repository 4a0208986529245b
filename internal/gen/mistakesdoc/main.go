// Gen writes docs/mistakes.md of the programs of package mistakes, of verifierlog's rules, and of what the kernel said.
//
// It is run by `go generate ./internal/test/mistakes`, in any folder of the module. With -check it writes nothing and fails if the
// file isn't what it would write.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

func main() {
	check := flag.Bool("check", false, "write nothing, fail if the file is stale")
	flag.Parse()
	files := []genfiles.File{{Path: "docs/mistakes.md", Contents: document}}
	if err := genfiles.Update(files, "go generate ./internal/test/mistakes", *check); err != nil {
		fmt.Fprintln(os.Stderr, "mistakes:", err)
		os.Exit(1)
	}
}
