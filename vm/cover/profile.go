package cover

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A Profile is what is in a file of go test -coverprofile.
type Profile struct {
	Mode   string // set, count or atomic: whether Count is 1 or a number
	Blocks []Block
}

// A Block is a piece of a file.
type Block struct {
	File               string // the import path of the package, and the name of the file; or an absolute path
	Line, Column       int    // of its first character, from 1
	EndLine, EndColumn int    // after its last character
	Statements         int
	Count              uint64
}

// String is the line of the block in a profile.
func (b Block) String() string {
	return fmt.Sprintf("%s:%d.%d,%d.%d %d %d", b.File, b.Line, b.Column, b.EndLine, b.EndColumn, b.Statements, b.Count)
}

// place is the block without its count.
func (b Block) place() Block {
	b.Count = 0
	return b
}

func (b Block) compare(o Block) int {
	return cmp.Or(cmp.Compare(b.File, o.File), cmp.Compare(b.Line, o.Line), cmp.Compare(b.Column, o.Column),
		cmp.Compare(b.EndLine, o.EndLine), cmp.Compare(b.EndColumn, o.EndColumn))
}

// Of gives the lines and the branches that programs have run. Each line is a block of one statement.
func Of(counted *vm.Coverage) (Profile, []Branch) {
	p := Profile{Mode: "count"}
	sources := make(map[string][]string)
	for _, line := range counted.Lines() {
		p.Blocks = append(p.Blocks, blockOf(sources, line))
	}
	return p, branchesFrom(counted)
}

// blockOf is the block of a line: from its first character that is not a blank to its end.
func blockOf(sources map[string][]string, line vm.LineCount) Block {
	pos := line.Pos
	b := Block{File: fileName(pos), Line: pos.Line, Column: 1, EndLine: pos.Line + 1, EndColumn: 1, Statements: 1, Count: line.Count}
	text, known := sources[pos.File]
	if !known {
		if source, err := os.ReadFile(pos.File); err == nil { // it may not be here: then the block is the whole line
			text = strings.Split(string(source), "\n")
		}
		sources[pos.File] = text
	}
	if pos.Line <= len(text) {
		all := strings.TrimRight(text[pos.Line-1], "\r")
		b.Column, b.EndLine, b.EndColumn = 1+len(all)-len(strings.TrimLeft(all, " \t")), pos.Line, 1+len(all)
	}
	return b
}

// fileName is the name of a file in profiles: the import path of its package, and its base. It is the file's own name where the package is
// not known: the linker calls each program's package main.
func fileName(pos mistake.Position) string {
	slash := strings.LastIndexByte(pos.Func, '/') + 1
	name, _, ok := strings.Cut(pos.Func[slash:], ".")
	pkg := strings.TrimSuffix(pos.Func[:slash]+name, "_test")
	if pkg == "main" {
		pkg = ""
		if info, found := debug.ReadBuildInfo(); found {
			pkg = strings.TrimSuffix(info.Path, ".test")
		}
	}
	if !ok || pkg == "" || pkg == "command-line-arguments" {
		return filepath.ToSlash(pos.File)
	}
	return path.Join(pkg, path.Base(filepath.ToSlash(pos.File)))
}

// ReadProfile reads a profile. Blocks that it has several times are added.
func ReadProfile(r io.Reader) (Profile, error) {
	var p Profile
	sum := make(map[Block]uint64)
	number := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		number++
		text := lines.Text()
		if mode, ok := strings.CutPrefix(text, "mode: "); ok {
			p.Mode = mode
			continue
		}
		colon := strings.LastIndexByte(text, ':')
		if colon < 0 {
			return p, fmt.Errorf("line %d: %q is not a line of a coverage profile", number, text)
		}
		b := Block{File: text[:colon]}
		if n, err := fmt.Sscanf(text[colon+1:], "%d.%d,%d.%d %d %d", &b.Line, &b.Column, &b.EndLine, &b.EndColumn, &b.Statements,
			&b.Count); n != 6 {
			return p, fmt.Errorf("line %d: %q is not a line of a coverage profile: %w", number, text, err)
		}
		sum[b.place()] += b.Count
	}
	p.Blocks = blocksOf(sum)
	return p, lines.Err()
}

// blocksOf are the blocks with their counts, in order.
func blocksOf(sum map[Block]uint64) []Block {
	blocks := slices.SortedFunc(maps.Keys(sum), Block.compare)
	for n := range blocks {
		blocks[n].Count = sum[blocks[n]]
	}
	return blocks
}

// Write writes the profile as Go's tools read it.
func (p Profile) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "mode: %s\n", p.Mode)
	for _, block := range p.Blocks {
		if p.Mode == "set" {
			block.Count = min(block.Count, 1)
		}
		fmt.Fprintln(b, block)
	}
	return b.Flush()
}

// With is the profile with the lines of programs in it. Where they touch blocks of Go, they take their place: Go counts that the function
// was written, and not what the program runs.
func (p Profile) With(programs Profile) Profile {
	type line struct {
		file string
		line int
	}
	written := make(map[line]bool)
	for _, b := range programs.Blocks {
		written[line{b.File, b.Line}] = true
	}
	with := Profile{Mode: cmp.Or(p.Mode, programs.Mode)}
	for _, b := range p.Blocks {
		touched := false
		for n := b.Line; n <= b.EndLine && !touched; n++ {
			touched = written[line{b.File, n}]
		}
		if !touched {
			with.Blocks = append(with.Blocks, b)
		}
	}
	with.Blocks = append(with.Blocks, programs.Blocks...)
	slices.SortFunc(with.Blocks, Block.compare)
	return with
}

// A Count is how many of the lines in a file have run.
type Count struct {
	File       string
	Run, Lines int
}

// Files counts the statements of each file.
func (p Profile) Files() []Count {
	var files []Count
	for _, b := range p.Blocks {
		if len(files) == 0 || files[len(files)-1].File != b.File {
			files = append(files, Count{File: b.File})
		}
		last := &files[len(files)-1]
		last.Lines += b.Statements
		if b.Count > 0 {
			last.Run += b.Statements
		}
	}
	return files
}
