package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed static
var static embed.FS

// scripts are the parts of the page's script, in the order in which they run.
var scripts = []string{"engine.js", "tabs.js", "explain.js", "program.js", "steps.js", "begin.js"}

// parts are what the template needs. All of them are ours, so the template escapes nothing.
type parts struct {
	CSS, Script, Worker, WASM string
}

// document is the page with a program in it.
func document(wasm []byte) ([]byte, error) {
	p, err := readParts(wasm)
	if err != nil {
		return nil, err
	}
	t, err := template.ParseFS(static, "static/page.html")
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = t.Execute(&page, p)
	return page.Bytes(), err
}

func readParts(wasm []byte) (p parts, err error) {
	if p.CSS, err = readAll("page.css"); err != nil {
		return p, err
	}
	if p.Script, err = readAll(scripts...); err != nil {
		return p, err
	}
	loader, err := goLoader()
	if err != nil {
		return p, err
	}
	worker, err := readAll("worker.js")
	if err != nil {
		return p, err
	}
	p.Worker = loader + worker
	if strings.Contains(p.Script+p.Worker, "</script") {
		return p, fmt.Errorf("a script contains the end of a script")
	}
	p.WASM, err = packed(wasm)
	return p, err
}

func readAll(names ...string) (string, error) {
	var all strings.Builder
	for _, name := range names {
		text, err := static.ReadFile("static/" + name)
		if err != nil {
			return "", err
		}
		all.Write(text)
	}
	return all.String(), nil
}

// packed is the program as the page has it: gzip in base64, which browsers unpack themselves.
func packed(wasm []byte) (string, error) {
	var small bytes.Buffer
	z, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(wasm); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(small.Bytes()), nil
}

// goLoader is the script of the Go release that builds the program: it connects the program with JavaScript.
func goLoader() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	return string(text), err
}

// build builds the program for WebAssembly.
func build(root string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "playground-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "playground.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./internal/playground/wasm")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return os.ReadFile(file)
}
