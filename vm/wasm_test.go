//go:build !js

package vm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestWebAssembly builds for WebAssembly what a page needs, and runs a program in node where that is installed.
func TestWebAssembly(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles for another system")
	}
	t.Parallel()
	wasm := append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	program := filepath.Join(t.TempDir(), "program.wasm")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./testdata/wasm")
	rest := exec.Command("go", "build", "../isa", ".", "../internal/verify", "../verifierlog/...")
	for _, cmd := range []*exec.Cmd{build, rest} {
		cmd.Env = wasm
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	node, err := exec.LookPath("node")
	root, rootErr := exec.Command("go", "env", "GOROOT").Output()
	if err != nil || rootErr != nil || runtime.GOOS == "windows" {
		t.Logf("it is built, and not run: node: %v; GOROOT: %v", err, rootErr)
		return
	}
	run := exec.Command(node, filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js"), program)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"42 <nil>\n",
		"0 insn 4: r0 = *(u8 *)(r1 +9): out of bounds: a load of 1 byte at byte 9 of the context, which has 2 bytes"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
