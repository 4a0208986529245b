package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
)

// A chapter is a folder with a README.md.
type chapter struct {
	folder string // the name of the folder: 01_one_instruction
	text   []byte // README.md with its blocks filled
}

// pages fills all chapters of a folder, and the list of them.
func pages(root, folder, pattern string) ([]genfiles.File, error) {
	names, err := filepath.Glob(filepath.Join(root, folder, pattern, "README.md"))
	if err != nil {
		return nil, err
	}
	var files []genfiles.File
	var chapters []chapter
	for _, name := range names {
		c := chapter{folder: filepath.Base(filepath.Dir(name))}
		if c.text, err = fill(name, nil); err != nil {
			return nil, err
		}
		chapters = append(chapters, c)
		files = append(files, file(path.Join(folder, c.folder, "README.md"), c.text))
	}
	list, err := fill(filepath.Join(root, folder, "README.md"), chapters)
	if err != nil {
		return nil, err
	}
	return append(files, file(path.Join(folder, "README.md"), list)), nil
}

func file(name string, text []byte) genfiles.File {
	return genfiles.File{Path: name, Contents: func() ([]byte, error) { return text, nil }}
}

// fill returns the text of a page with all blocks filled. The minutes count the blocks too, so they are made in a second turn.
func fill(name string, chapters []chapter) ([]byte, error) {
	text, err := os.ReadFile(name)
	for range 2 {
		if err == nil {
			text, err = fillOnce(name, text, chapters)
		}
	}
	return text, err
}

func fillOnce(name string, text []byte, chapters []chapter) ([]byte, error) {
	var out bytes.Buffer
	lines := strings.Split(string(text), "\n")
	for n := 0; n < len(lines); n++ {
		out.WriteString(lines[n])
		if n < len(lines)-1 {
			out.WriteByte('\n')
		}
		marker, ok := strings.CutPrefix(lines[n], "<!-- ")
		if !ok {
			continue
		}
		fields := strings.Fields(strings.TrimSuffix(marker, "-->"))
		block, err := blockOf(filepath.Dir(name), fields, lines, chapters)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n+1, err)
		}
		out.WriteString(block)
		n += old(lines[n+1:])
	}
	return out.Bytes(), nil
}

// old is how many lines the block of a marker has now: a fenced block, or the lines until the next empty one.
func old(lines []string) int {
	if len(lines) > 0 && strings.HasPrefix(lines[0], "```") {
		for n, line := range lines[1:] {
			if line == "```" {
				return n + 2
			}
		}
	}
	for n, line := range lines {
		if line == "" {
			return n
		}
	}
	return len(lines)
}

// blockOf makes the block that a marker asks for.
func blockOf(dir string, marker, lines []string, chapters []chapter) (string, error) {
	switch {
	case len(marker) == 1 && marker[0] == "minutes":
		if m := minutes(lines); m > 1 {
			return fmt.Sprintf("*%d minutes to read.*\n", m), nil
		}
		return "*1 minute to read.*\n", nil
	case len(marker) == 1 && marker[0] == "contents":
		return contents(chapters), nil
	case len(marker) == 1 && marker[0] == "pages":
		return titles(chapters), nil
	case len(marker) == 2 && marker[0] == "file":
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(marker[1])))
		return fence(language(marker[1]), strings.TrimRight(string(text), "\n")), err
	case len(marker) == 3 && marker[0] == "output":
		s, err := readSource(filepath.Join(dir, marker[1]))
		if err != nil {
			return "", err
		}
		text, err := s.output(marker[2])
		return fence("text", text), err
	case len(marker) >= 3 && marker[0] == "code":
		s, err := readSource(filepath.Join(dir, filepath.FromSlash(marker[1])))
		if err != nil {
			return "", err
		}
		var parts []string
		for _, name := range marker[2:] {
			text, err := s.code(name)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		return fence("go", strings.Join(parts, "\n\n")), nil
	}
	return "", fmt.Errorf("unknown marker %q", marker)
}

// language is how the block of a file is coloured.
func language(name string) string {
	switch ext := path.Ext(name); ext {
	case ".c", ".go", ".sh":
		return ext[1:]
	}
	return "text"
}

func fence(language, text string) string { return "```" + language + "\n" + text + "\n```\n" }

// How fast somebody reads whose first language is not English, and who follows each line of code.
const (
	wordsPerMinute     = 130
	codeLinesPerMinute = 15
)

// minutes is how long it takes to read a page, without the exercise.
func minutes(lines []string) int {
	words, code, fenced := 0, 0, false
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case strings.HasPrefix(line, "<!--") || strings.HasSuffix(line, "to read.*"):
		case fenced && strings.TrimSpace(line) != "":
			code++
		case !fenced:
			words += len(strings.Fields(line))
		}
	}
	return max(1, (words*codeLinesPerMinute+code*wordsPerMinute)/(wordsPerMinute*codeLinesPerMinute))
}

// contents is the list of the chapters.
func contents(chapters []chapter) string {
	var b strings.Builder
	b.WriteString("| | chapter | minutes |\n|---|---|---|\n")
	sum := 0
	for _, c := range chapters {
		lines := strings.Split(string(c.text), "\n")
		number, title, _ := strings.Cut(strings.TrimPrefix(lines[0], "# "), ". ")
		m := minutes(lines)
		sum += m
		fmt.Fprintf(&b, "| %s | [%s](%s/README.md) | %d |\n", number, title, c.folder, m)
	}
	fmt.Fprintf(&b, "| | together | %d |\n", sum)
	return b.String()
}

// titles is the list of pages without numbers.
func titles(pages []chapter) string {
	var b strings.Builder
	for _, p := range pages {
		title, _, _ := strings.Cut(strings.TrimPrefix(string(p.text), "# "), "\n")
		fmt.Fprintf(&b, "- [%s](%s/README.md)\n", title, p.folder)
	}
	return b.String()
}
