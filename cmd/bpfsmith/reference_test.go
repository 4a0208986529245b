package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// When the help of a command changes, its page must be written again.
func TestReferenceHasTheHelp(t *testing.T) {
	raw, err := os.ReadFile("../../docs/reference/tool.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	calls := [][]string{{"--help"}}
	for _, command := range newRoot().Commands() {
		calls = append(calls, []string{command.Name(), "--help"})
	}
	calls = append(calls, []string{"completion", "--help"}) // cobra adds it when the tool runs
	for _, call := range calls {
		var out bytes.Buffer
		if code := run(call, strings.NewReader(""), &out, &out); code != 0 {
			t.Fatalf("bpfsmith %v exits with %d", call, code)
		}
		if !strings.Contains(page, "```\n"+out.String()+"```\n") {
			t.Errorf("docs/reference/tool.md does not have the help of %v: run go generate ./internal/gen/referencegen", call)
		}
	}
	if got := strings.Count(page, "\n## "); got != len(calls)-1 {
		t.Errorf("docs/reference/tool.md has %d commands, not %d", got, len(calls)-1)
	}
}
