package cover

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/vm"
)

// A Branch is a conditional jump of a line, and how often it went to each side.
type Branch struct {
	File   string // as in a Block
	Line   int
	Number int       // of the branches of the line that go to the same two lines, from 0
	To     [2]int    // the lines where the sides go on; 0 if not known
	Counts [2]uint64 // of the sides
}

// OneWay reports whether the branch was taken, but always to the same side.
func (b Branch) OneWay() bool { return (b.Counts[0] == 0) != (b.Counts[1] == 0) }

// String says how often the branch went where: "reno.go:12: never to line 13, 5 times to line 15".
func (b Branch) String() string {
	var sides []string
	for n, count := range b.Counts {
		text := "never"
		if count > 0 {
			text = phrase.Count(int64(min(count, 1<<62)), "time")
		}
		to := fmt.Sprintf("to line %d", b.To[n])
		if b.To[0] == b.To[1] {
			to = [...]string{"one way", "the other way"}[n]
		}
		sides = append(sides, text+" "+to)
	}
	return fmt.Sprintf("%s:%d: %s", b.File, b.Line, strings.Join(sides, ", "))
}

// record is the branch as a line of a file.
func (b Branch) record() string {
	return fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d\t%d", b.File, b.Line, b.Number, b.To[0], b.To[1], b.Counts[0], b.Counts[1])
}

// place is the branch without its counts.
func (b Branch) place() Branch {
	b.Counts = [2]uint64{}
	return b
}

func (b Branch) compare(o Branch) int {
	return cmp.Or(cmp.Compare(b.File, o.File), cmp.Compare(b.Line, o.Line), cmp.Compare(b.To[0], o.To[0]), cmp.Compare(b.To[1], o.To[1]),
		cmp.Compare(b.Number, o.Number))
}

// branchesFrom are the branches of counts.
func branchesFrom(counted *vm.Coverage) []Branch {
	var branches []Branch
	for _, from := range counted.Branches() {
		b := Branch{File: fileName(from.Pos), Line: from.Pos.Line, Number: from.Number}
		for n, side := range from.Sides {
			b.To[n], b.Counts[n] = side.To.Line, side.Count
		}
		branches = append(branches, b)
	}
	return branches
}

// ReadBranches reads the branches that tests have added to a file. The counts of each one are added.
func ReadBranches(r io.Reader) ([]Branch, error) {
	sum := make(map[Branch][2]uint64)
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 7 {
			return nil, fmt.Errorf("line %d: %q is not a branch", number, lines.Text())
		}
		var n [6]uint64
		for i, field := range fields[1:] {
			var err error
			if n[i], err = strconv.ParseUint(field, 10, 64); err != nil {
				return nil, fmt.Errorf("line %d: %q is not a branch: %w", number, lines.Text(), err)
			}
		}
		b := Branch{File: fields[0], Line: int(n[0]), Number: int(n[1]), To: [2]int{int(n[2]), int(n[3])}}
		counts := sum[b]
		sum[b] = [2]uint64{counts[0] + n[4], counts[1] + n[5]}
	}
	branches := slices.SortedFunc(maps.Keys(sum), Branch.compare)
	for i := range branches {
		branches[i].Counts = sum[branches[i].place()]
	}
	return branches, lines.Err()
}
