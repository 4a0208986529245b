// Package tutorial has the exercises of the tutorial for `bpfsmith learn`: the task as the chapter has it, the file to start with, and a
// solution. Package exercise checks answers.
package tutorial

//go:generate go run ../../internal/gen/tutorialgen

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed [0-9][0-9]_*/README.md [0-9][0-9]_*/exercise*/main.go [0-9][0-9]_*/solution*/main.go
var files embed.FS

// A Chapter is a chapter of the tutorial, with its exercise.
type Chapter struct {
	Number   int
	Folder   string // its folder in docs/tutorial: 01_one_instruction
	Title    string
	Task     string // Markdown
	Hint     string // Markdown
	Start    string // the Go file that the reader changes
	Solution string // the same file with a right answer
}

// Name is the name of the folder for the reader's file: exercise01.
func (c Chapter) Name() string { return fmt.Sprintf("exercise%02d", c.Number) }

// Chapters are all chapters in their order.
func Chapters() ([]Chapter, error) {
	pages, err := fs.Glob(files, "*/README.md")
	if err != nil {
		return nil, err
	}
	chapters := make([]Chapter, len(pages))
	for n, page := range pages {
		if chapters[n], err = read(path.Dir(page)); err != nil {
			return nil, fmt.Errorf("%s: %w", page, err)
		}
	}
	return chapters, nil
}

func read(folder string) (c Chapter, err error) {
	c.Folder = folder
	text, err := files.ReadFile(path.Join(folder, "README.md"))
	if err != nil {
		return c, err
	}
	title, _, _ := strings.Cut(string(text), "\n")
	number, title, _ := strings.Cut(strings.TrimPrefix(title, "# "), ". ")
	if c.Number, err = strconv.Atoi(number); err != nil {
		return c, err
	}
	c.Title = title
	exercise, ok := between(string(text), "\n## Exercise\n", "\n## ")
	if !ok {
		return c, fmt.Errorf("there is no exercise")
	}
	if c.Task, ok = between(exercise, "", "<details>"); !ok {
		return c, fmt.Errorf("the exercise has no hint")
	}
	if c.Hint, ok = between(exercise, "<details><summary>A hint</summary>", "</details>"); !ok {
		return c, fmt.Errorf("the exercise has no hint")
	}
	for _, f := range []struct {
		to   *string
		name string
	}{{&c.Start, "exercise"}, {&c.Solution, "solution"}} {
		text, err := files.ReadFile(fmt.Sprintf("%s/%s%02d/main.go", folder, f.name, c.Number))
		if err != nil {
			return c, err
		}
		*f.to = string(text)
	}
	return c, nil
}

// between is the text after the first start, up to the end that follows, without blanks around it.
func between(text, start, end string) (string, bool) {
	_, text, ok := strings.Cut(text, start)
	if !ok {
		return "", false
	}
	text, _, ok = strings.Cut(text, end)
	return strings.TrimSpace(text), ok
}
