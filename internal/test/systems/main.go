// Command systems checks the types of all packages, their tests included, for other systems, where most of them can only answer
// "unsupported". Nothing is compiled: "go vet" for six systems first builds the standard library and us six times, which took five minutes
// of the half hour that all checks may take; this takes one.
//
//	go run ./internal/test/systems darwin/arm64 linux/s390x
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	for _, system := range os.Args[1:] {
		fmt.Println("types for", system)
		if err := check(system, "./..."); err != nil {
			fmt.Fprintf(os.Stderr, "systems: %s: %v\n", system, err)
			defer os.Exit(1) // after the others
		}
	}
}

// check reads the packages that pattern names, and all that they import, as the system has them. It returns what is wrong with them.
func check(system, pattern string) error {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return errors.New("a system must be written as linux/amd64")
	}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes,
		Tests: true,
		Env:   append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
	}, pattern)
	if err != nil {
		return err
	}
	if len(loaded) == 0 {
		return fmt.Errorf("no package is named %s", pattern)
	}
	var wrong []error
	packages.Visit(loaded, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			wrong = append(wrong, e)
		}
	})
	return errors.Join(wrong...)
}
