package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpfsmith/bpfsmith/internal/spell"
	"github.com/bpfsmith/bpfsmith/internal/starter"
)

// newFlags are the flags of new.
type newFlags struct {
	programType string
	replace     string
}

func newNew() *cobra.Command {
	var n newFlags
	var types strings.Builder
	for _, t := range starter.Types() {
		fmt.Fprintf(&types, "  %-20s %s\n", t.Name, t.About)
	}
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Start a program: a Go module that builds, tests without root, and runs",
		Long: `New writes a Go module into the folder NAME, which must not exist: a program that
works as it stands, with its tests. NAME may be the path of a module, such as
example.com/me/fast; the folder is then fast.

The types are:

` + types.String() + `
New runs "go mod tidy" in the folder, which fetches what the module needs.`,
		Example: `  bpfsmith new fast --type tcp_congestion_ops
  cd fast && go test ./... && go run -exec sudo .`,
		Args: cobra.ExactArgs(1),
		RunE: n.run,
	}
	flags := cmd.Flags()
	flags.StringVar(&n.programType, "type", starter.Types()[0].Name, "`TYPE` of the program")
	flags.StringVar(&n.replace, "replace", "", "`FOLDER` with the source of bpfsmith that the module uses. Without it, that is the "+
		"source that this tool was built from if it is still there, or else the released version")
	return cmd
}

// ours is the module of this tool.
const ours = "github.com/bpfsmith/bpfsmith"

// modulePath is what we take as the name of a module. Go takes some more.
var modulePath = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*/)*[A-Za-z][A-Za-z0-9_-]*$`)

func (n *newFlags) run(cmd *cobra.Command, args []string) error {
	module := args[0]
	if !modulePath.MatchString(module) {
		return fmt.Errorf("%q: the name must be a letter, then letters, digits, - and _; a path may stand before it, as in "+
			"example.com/me/fast", module)
	}
	kind, err := starterType(n.programType)
	if err != nil {
		return err
	}
	requirement, err := n.requirement()
	if err != nil {
		return err
	}
	folder := path.Base(module)
	if err := writeModule(folder, module, kind, requirement); err != nil {
		return asInputError(err)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: %s. The part for the kernel is in %s.\n", folder, kind.About, kind.Edit)
	if err := tidy(cmd.Context(), folder, cmd.ErrOrStderr()); err != nil {
		return &inputError{fmt.Errorf("go mod tidy, in %s: %w\n\thelp: the files are complete; run it again there", folder, err)}
	}
	_, err = fmt.Fprintf(out, "\n  cd %s\n  go test ./...          # without root\n  go run -exec sudo .    # in the kernel\n", folder)
	return asInputError(err)
}

func starterType(name string) (starter.Type, error) {
	var names []string
	for _, t := range starter.Types() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if near := spell.Nearest(name, slices.Values(names)); near != "" {
		return starter.Type{}, fmt.Errorf("--type %s: there is no such type; did you mean %s?", name, near)
	}
	return starter.Type{}, fmt.Errorf("--type %s: there is no such type; the types are %s", name, strings.Join(names, ", "))
}

// requirement returns the lines of go.mod that name our module.
func (n *newFlags) requirement() (string, error) {
	source := n.replace
	if source == "" {
		source = sourceFolder()
	}
	if source == "" {
		return fmt.Sprintf("require %s %s\n", ours, version()), nil
	}
	source, err := filepath.Abs(source)
	if err != nil {
		return "", err
	}
	if text, err := os.ReadFile(filepath.Join(source, "go.mod")); err != nil || !strings.HasPrefix(string(text), "module "+ours+"\n") {
		return "", fmt.Errorf("--replace %s: the source of %s is not there", source, ours)
	}
	return fmt.Sprintf("require %s v0.0.0\n\nreplace %s => %q\n", ours, ours, filepath.ToSlash(source)), nil
}

// sourceFolder returns the folder that this tool was built from; "" if it is not there, or if it is a released version.
func sourceFolder() string {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if !filepath.IsAbs(file) || strings.Contains(root, "@") { // built with -trimpath; in the cache of modules
		return ""
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return ""
	}
	return root
}

// writeModule writes the module. A folder that exists is left alone.
func writeModule(folder, module string, kind starter.Type, requirement string) error {
	name := path.Base(module)
	files, err := starter.Files(kind, name)
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: nothing is written; choose another name", folder)
	} else if err != nil {
		return err
	}
	release := strings.TrimPrefix(runtime.Version(), "go")
	files = append(files,
		starter.File{Name: "go.mod", Text: fmt.Sprintf("module %s\n\ngo %s\n\n%s", module, goDirective(release), requirement)},
		starter.File{Name: "README.md", Text: readme(name, kind)})
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(folder, f.Name), []byte(f.Text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// goDirective returns the version of Go that a module of ours needs, without what is behind the second number.
func goDirective(release string) string {
	parts := strings.SplitN(release, ".", 3)
	if len(parts) < 2 {
		return "1.26"
	}
	return parts[0] + "." + parts[1]
}

func readme(name string, kind starter.Type) string {
	return fmt.Sprintf(`# %s

%s%s, in Go and nothing else. The part that runs in the kernel is in [%s](%s).

    go test ./...          # without root, on any system
    go run -exec sudo .    # in the kernel: Linux 6.4 or later

`+"`bpfsmith doctor`"+` says what a machine lacks. When the kernel refuses the program, the error has the line of Go and what to do.
`, name, strings.ToUpper(kind.About[:1]), kind.About[1:], kind.Edit, kind.Edit)
}

// tidy fetches what a module needs.
func tidy(ctx context.Context, folder string, stderr io.Writer) error {
	command := exec.CommandContext(ctx, "go", "mod", "tidy")
	command.Dir = folder
	output, err := command.CombinedOutput()
	if err != nil {
		_, _ = stderr.Write(output)
	}
	return err
}
