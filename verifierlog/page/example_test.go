package page_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpfsmith/bpfsmith/verifierlog"
	"github.com/bpfsmith/bpfsmith/verifierlog/page"
)

func ExampleWrite() {
	const log = "0: R1=ctx() R10=fp0\n; return @ reno.go:12\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000)\n"
	file, err := os.Create(filepath.Join(os.TempDir(), "bpfsmith-example.html"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	report := verifierlog.Explain(log, verifierlog.Program{})
	if err := page.Write(file, log, report, page.Options{Title: "reno"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Kind)
	// Output: uninitialised
}
