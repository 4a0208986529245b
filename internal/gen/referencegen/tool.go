package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

// tool builds bpfsmith and asks it for the help of each command.
func tool(p *page) error {
	root, err := genfiles.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "referencegen")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bpfsmith")
	build := exec.Command("go", "build", "-o", binary, "./cmd/bpfsmith")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	p.paragraph("This is what `bpfsmith --help` prints, and `bpfsmith COMMAND --help` for each command.")
	help, err := helpOf(binary)
	if err != nil {
		return err
	}
	p.line("```\n%s```", help)
	for _, name := range commands(help) {
		if help, err = helpOf(binary, name); err != nil {
			return err
		}
		p.heading("bpfsmith " + name)
		p.line("```\n%s```", help)
	}
	return nil
}

func helpOf(binary string, command ...string) (string, error) {
	out, err := exec.Command(binary, append(command, "--help")...).Output()
	if err != nil {
		return "", fmt.Errorf("bpfsmith %v --help: %w", command, err)
	}
	return string(out), nil
}

// commands are the names in the list of commands that cobra writes.
func commands(help string) []string {
	_, list, _ := strings.Cut(help, "\nAvailable Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for _, m := range commandLine.FindAllStringSubmatch(list, -1) {
		if m[1] != "help" { // it has no help of its own
			names = append(names, m[1])
		}
	}
	return names
}

var commandLine = regexp.MustCompile(`(?m)^  (\S+)`)
