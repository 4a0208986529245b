package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// guestOnly finds the tests of a package that have the build tag "guest": those of files whose first line asks for it.
func guestOnly(folder string) (tests []string, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		first, _, _ := bytes.Cut(text, []byte("\n"))
		if !strings.HasPrefix(string(first), "//go:build ") || !slices.Contains(strings.Fields(string(first)), guestTag) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
				tests = append(tests, f.Name.Name)
			}
		}
	}
	return tests, nil
}

// neverRan lists the tests for guests that passed on none of the kernels, without those that the table excludes.
func neverRan(root string, pkgs []string, columns []*column) (list []string, err error) {
	for _, pkg := range pkgs {
		tests, err := guestOnly(filepath.Join(root, pkg))
		if err != nil {
			return nil, err
		}
		for _, test := range tests {
			passed := func(c *column) bool { return c.tests[pkg] != nil && c.tests[pkg].ran[test] }
			excluded := func(e exclusion) bool {
				return e.pkg == pkg && regexp.MustCompile("^(?:"+e.test+")$").MatchString(test)
			}
			if !slices.ContainsFunc(columns, passed) && !slices.ContainsFunc(kernel{}.exclusions(columns[0].steady), excluded) {
				list = append(list, pkg+" "+test)
			}
		}
	}
	return list, nil
}
