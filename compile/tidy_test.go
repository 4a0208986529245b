package compile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/internal/record"
	"github.com/bpfsmith/bpfsmith/isa"
)

// readBlocks makes blocks of a text: a line with a name and a colon begins one,
// "if … goto NAME" and "goto NAME" say how it goes on; otherwise it goes on with
// the next one, unless it exits.
func readBlocks(t *testing.T, text string) (blocks []codeBlock, names []string) {
	t.Helper()
	number := make(map[string]int32)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), ":"); ok {
			number[name] = int32(len(names))
			names = append(names, name)
		}
	}
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if strings.HasSuffix(line, ":") {
			blocks = append(blocks, codeBlock{taken: nowhere, otherwise: int32(len(blocks) + 1)})
			continue
		}
		c := &blocks[len(blocks)-1]
		before, to, jumps := strings.Cut(line, "goto ")
		jumps = jumps && !strings.HasPrefix(to, "pc") // over instructions of the block
		switch {
		case jumps && before != "":
			c.jump = parseOne(t, before+"goto pc+1")
			c.taken = number[to]
		case jumps:
			c.otherwise = number[to]
		default:
			c.body = append(c.body, record.Item{Ins: parseOne(t, line)})
			if line == "exit" {
				c.otherwise = nowhere
			}
		}
	}
	return blocks, names
}

func parseOne(t *testing.T, text string) isa.Instruction {
	t.Helper()
	ins, err := isa.Parse(text, isa.Kernel)
	if err != nil || len(ins) != 1 {
		t.Fatalf("%q: %d instructions, %v", text, len(ins), err)
	}
	return ins[0]
}

// writeBlocks is the text of blocks in a row; those without a name are called
// by their number.
func writeBlocks(blocks []codeBlock, row []int32, names []string) string {
	name := func(b int32) string {
		if int(b) < len(names) {
			return names[b]
		}
		return fmt.Sprintf("new%d", int(b)-len(names))
	}
	var kept []int32
	for _, b := range row {
		if !blocks[b].dropped {
			kept = append(kept, b)
		}
	}
	var out strings.Builder
	for i, b := range kept {
		c := &blocks[b]
		fmt.Fprintf(&out, "%s:\n", name(b))
		for _, item := range c.body {
			fmt.Fprintf(&out, "\t%v\n", item.Ins)
		}
		if c.taken != nowhere {
			before, _, _ := strings.Cut(c.jump.String(), "goto")
			fmt.Fprintf(&out, "\t%sgoto %s\n", before, name(c.taken))
		}
		if c.otherwise != nowhere && (i+1 == len(kept) || kept[i+1] != c.otherwise) {
			fmt.Fprintf(&out, "\tgoto %s\n", name(c.otherwise))
		}
	}
	return strings.TrimSpace(out.String())
}

// TestTidying shows what each step makes of some blocks.
func TestTidying(t *testing.T) {
	for _, test := range []struct {
		name          string
		step          func(*tidying)
		before, after string
	}{
		{"jumps go on where empty blocks lead", threadJumps, `
a:
	if r1 == 0x0 goto d
b:
c:
	r0 = 1
	exit
d:
	goto b
`, `
a:
c:
	r0 = 1
	exit
`},
		{"what nothing leads to is dropped", threadJumps, `
a:
	r0 = 1
	goto c
b:
	r0 = 2
c:
	exit
`, `
a:
	r0 = 1
c:
	exit
`},
		{"equal endings are one", shareEndings, `
a:
	if r1 == 0x0 goto c
b:
	r0 = 2
	exit
c:
	r0 = 2
	exit
`, `
a:
	if r1 == 0x0 goto b
b:
	r0 = 2
	exit
c:
	r0 = 2
	exit
`},
		{"a move that one way needs is made before the branch", hoistMoves, `
a:
	if r1 == 0x0 goto c
b:
	r3 = r2
	goto d
c:
	r3 = 5
d:
	r0 = r3
	exit
`, `
a:
	r3 = 5
	if r1 == 0x0 goto c
b:
	r3 = r2
	goto d
c:
d:
	r0 = r3
	exit
`},
		{"not when the other way needs what it overwrites", hoistMoves, `
a:
	if r1 == 0x0 goto c
b:
	r3 = r2
	goto d
c:
	r0 += r3
	r3 = 5
d:
	r0 += r3
	exit
`, `
a:
	if r1 == 0x0 goto c
b:
	r3 = r2
	goto d
c:
	r0 += r3
	r3 = 5
d:
	r0 += r3
	exit
`},
		{"not when the branch compares what it overwrites", hoistMoves, `
a:
	if r3 == 0x0 goto c
b:
	r3 = r2
	goto d
c:
	r3 = 5
d:
	r0 = r3
	exit
`, `
a:
	if r3 == 0x0 goto c
b:
	r3 = r2
	goto d
c:
	r3 = 5
d:
	r0 = r3
	exit
`},
		{"a move that was done on each way to it is left out", dropRepeated, `
a:
	r3 = 5
	r4 = r2
	if r1 == 0x0 goto c
b:
	r3 = 5
	r4 = r2
	r5 = 7
	goto d
c:
	r3 = 6
	r5 = 7
d:
	r3 = 5
	r4 = r2
	r5 = 7
	r0 = r3
	exit
`, `
a:
	r3 = 5
	r4 = r2
	if r1 == 0x0 goto c
b:
	r5 = 7
	goto d
c:
	r3 = 6
	r5 = 7
d:
	r3 = 5
	r0 = r3
	exit
`},
		{"not when a loop or a jump over an instruction may change it, or when it is compared", dropRepeated, `
a:
	r3 = 5
	r4 = r2
b:
	r3 = 5
	if r2 == 0x0 goto d
c:
	r4 = r2
	if r1 == 0x0 goto pc+1
	r3 = 6
	r3 = 5
	r3 = 5
	r2 = 1
	r4 = r2
	goto b
d:
	r0 = r3
	exit
`, `
a:
	r3 = 5
	r4 = r2
b:
	r3 = 5
	if r2 == 0x0 goto d
c:
	r4 = r2
	if r1 == 0x0 goto pc+1
	r3 = 6
	r3 = 5
	r2 = 1
	r4 = r2
	goto b
d:
	r0 = r3
	exit
`},
		{"one exit", oneExit, `
a:
	if r1 == 0x0 goto c
b:
	exit
c:
	r0 = 1
	exit
`, `
a:
	if r1 == 0x0 goto c
b:
	goto new0
c:
	r0 = 1
new0:
	exit
`},
		{"some share more than others", mergeTails, `
a:
	if r1 == 0x0 goto c
b:
	r3 = 1
	r4 = 0
	goto e
c:
	if r1 == 0x1 goto f
d:
	r2 = 1
	r3 = 1
	r4 = 0
	goto e
f:
	r2 = 1
	r3 = 1
	*(u64 *)(r10 -8) = r3
	r4 = 0
	goto e
g:
	r2 = 1
	r3 = 1
	*(u64 *)(r10 -8) = r3
	r4 = 0
e:
	exit
`, `
a:
	if r1 == 0x0 goto c
b:
	goto new1
c:
	if r1 == 0x1 goto f
d:
	r2 = 1
new1:
	r3 = 1
	goto new0
f:
	goto new2
g:
new2:
	r2 = 1
	r3 = 1
	*(u64 *)(r10 -8) = r3
new0:
	r4 = 0
e:
	exit
`},
		{"blocks that end alike share their end", mergeTails, `
a:
	if r1 == 0x0 goto c
b:
	r2 = 1
	r4 = 0
	goto d
c:
	r2 = 3
	r4 = 0
d:
	r0 = r4
	exit
`, `
a:
	if r1 == 0x0 goto c
b:
	r2 = 1
	goto new0
c:
	r2 = 3
new0:
	r4 = 0
d:
	r0 = r4
	exit
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			blocks, names := readBlocks(t, test.before)
			code := &tidying{blocks: blocks}
			for b := range blocks {
				code.row = append(code.row, int32(b))
			}
			test.step(code)
			if diff := cmp.Diff(strings.TrimSpace(test.after), writeBlocks(code.blocks, code.row, names)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
