// Sitegen writes the documents of the project as a site of plain HTML files: all pages of docs, and those of the root. It needs no server,
// and loads nothing from elsewhere.
//
//	go run ./internal/gen/sitegen -o site
//
// A link that leads nowhere, to a page, a heading or a file, is an error. Links to files of the source lead to a copy in the site.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

func main() {
	to := flag.String("o", "site", "the `folder` for the site; it is made if it is missing")
	flag.Parse()
	root, err := genfiles.Root()
	if err == nil {
		var count int
		if count, err = write(root, *to); err == nil {
			fmt.Printf("%s: %d files\n", *to, count)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sitegen:", err)
		os.Exit(1)
	}
}
