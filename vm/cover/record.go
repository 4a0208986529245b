package cover

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpfsmith/bpfsmith/vm"
)

// Variable is the environment variable that names a file to which tests add the lines that their programs have run.
const Variable = "BPFSMITH_COVERPROFILE"

// Record makes a machine count for the profile, if a profile is asked for. The programs are those whose lines count as not run when
// nothing runs them. The counts are written when the test ends. The machine must not run programs on other goroutines then.
func Record(t testing.TB, m *vm.Machine, programs ...*vm.Program) {
	files := wanted()
	if files == nil {
		return
	}
	counted := new(vm.Coverage)
	for _, p := range programs {
		counted.Expect(p)
	}
	m.Coverage = counted
	t.Cleanup(func() {
		for _, file := range files {
			if err := add(file, counted); err != nil {
				t.Errorf("the coverage of programs: %v", err)
			}
		}
	})
}

// wanted are the files to which coverage is added.
func wanted() []string {
	var files []string
	if file := os.Getenv(Variable); file != "" {
		files = append(files, file)
	}
	if file := goProfile(); file != "" {
		files = append(files, besideGo(file))
	}
	return files
}

// goProfile is the profile that the go command wants of this test; "" if it wants none.
func goProfile() string {
	set := flag.Lookup("test.coverprofile")
	if set == nil || set.Value.String() == "" {
		return ""
	}
	name := set.Value.String()
	if dir := flag.Lookup("test.outputdir"); dir != nil && dir.Value.String() != "" && !filepath.IsAbs(name) {
		name = filepath.Join(dir.Value.String(), name)
	}
	return name
}

// besideGo is the file in which lines of programs wait for Main.
func besideGo(profile string) string { return profile + ".bpf" }

// branchesOf is the file with the branches, beside a profile.
func branchesOf(profile string) string { return profile + ".branches" }

// add adds counts to a profile and to its branches. Several processes may do so at the same time: what each one writes stays together.
func add(file string, counted *vm.Coverage) error {
	lines, branches := Of(counted)
	var text []byte
	for _, b := range lines.Blocks {
		text = fmt.Appendln(text, b)
	}
	if err := appendTo(file, "mode: "+lines.Mode+"\n", text); err != nil {
		return err
	}
	text = nil
	for _, b := range branches {
		text = append(append(text, b.record()...), '\n')
	}
	return appendTo(branchesOf(file), "", text)
}

// appendTo adds text to a file. The one who creates the file writes its head.
func appendTo(name, head string, text []byte) error {
	_, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		err = create(name, head)
	}
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// create creates a file with its head, unless another process has just done so: the file appears with the head in it.
func create(name, head string) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".bpfsmith-cover-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(head)
	if err = errors.Join(err, file.Chmod(0o666&^0o022), file.Close()); err != nil {
		return err
	}
	if err = os.Link(file.Name(), name); errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}
