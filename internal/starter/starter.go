// Package starter has the programs that "bpfsmith new" writes. Each folder is a command that works as it stands: it is built, tested and
// run with all our other code. New only changes its name.
package starter

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed tcp_congestion_ops xdp tracing sched_ext_ops
var files embed.FS

// A Type is a kind of program that can be started with.
type Type struct {
	Name  string // as --type has it, and the name of the folder
	About string // what the program does
	Edit  string // the file with the part that runs in the kernel
}

// Types returns all types.
func Types() []Type {
	return []Type{
		{"tcp_congestion_ops", "a TCP congestion control", "algorithm.go"},
		{"xdp", "a packet filter at a network interface", "filter.go"},
		{"tracing", "a watcher of a tracepoint: it lists the programs that start", "watcher.go"},
		{"sched_ext_ops", "a CPU scheduler", "scheduler.go"},
	}
}

// A File is a file of the new program.
type File struct {
	Name string
	Text string
}

// placeholder is the program's name in the folders. As a literal of Go it is a name in the kernel.
const placeholder = "starter"

// Files returns the Go files of a type, for a command with a name. The kernel's names are shorter; see KernelName.
func Files(t Type, name string) ([]File, error) {
	entries, err := fs.ReadDir(files, t.Name)
	if err != nil {
		return nil, err
	}
	var list []File
	for _, e := range entries {
		text, err := files.ReadFile(path.Join(t.Name, e.Name()))
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(e.Name(), "_kernel_test.go") { // they use our own equipment
			continue
		}
		changed := strings.ReplaceAll(string(text), `"`+placeholder+`"`, fmt.Sprintf("%q", KernelName(name)))
		list = append(list, File{e.Name(), strings.ReplaceAll(changed, placeholder, name)})
	}
	return list, nil
}

// KernelName makes a name for objects in the kernel: at most 15 letters, digits and underscores (BPF_OBJ_NAME_LEN and TCP_CA_NAME_MAX have
// a zero at the end).
func KernelName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	return clean[:min(len(clean), 15)]
}
