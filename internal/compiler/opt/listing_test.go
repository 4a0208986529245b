package opt

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/compiler/ir"
)

var update = flag.Bool("update", false, "write what passes make into testdata, to be looked at")

// TestListings runs each pass on the functions in testdata/PASS.txt, which show before and after:
//
//	# what happens
//	b0:
//	  v1:i64 = param 2
//	  v2 = mul64 v1 8
//	  return v2
//	=>
//	b0:
//	  ...
//
// The machine has all that there is, unless the first line ends in (v1). Types stand
// where they do not follow from the operation.
func TestListings(t *testing.T) {
	done := map[string]bool{}
	for _, p := range passes {
		if done[p.name] {
			continue
		}
		done[p.name] = true
		t.Run(p.name, func(t *testing.T) { checkListings(t, "testdata/"+p.name+".txt", p.run) })
	}
	t.Run("all", func(t *testing.T) {
		checkListings(t, "testdata/all.txt", func(w *work) { Run(w.f, w.c) })
	})
}

func checkListings(t *testing.T, name string, run func(*work)) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, part := range strings.Split("\n"+string(text), "\n# ")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		before, after, _ := strings.Cut(body, "=>\n")
		after = strings.TrimRight(after, "\n") + "\n"
		c := Config{SignedLoads: true, NarrowJumps: true}
		if strings.HasSuffix(title, "(v1)") {
			c = Config{}
		}
		f, err := parse(before)
		if err != nil {
			t.Errorf("%s: %s: %v", name, title, err)
			*update = false
			continue
		}
		if err := f.Verify(); err != nil {
			t.Errorf("%s: %s: before: %v\n%s", name, title, err, f)
			continue
		}
		run(&work{f: f, c: c})
		if err := f.Verify(); err != nil {
			t.Errorf("%s: %s: after: %v\n%s", name, title, err, f)
		}
		if got := f.String(); got != after && !*update {
			t.Errorf("%s: %s\nbefore\n%s\ngot\n%s\nwant\n%s", name, title, before, got, after)
		}
		fmt.Fprintf(&out, "# %s\n%s=>\n%s\n", title, before, f)
	}
	if *update {
		if err := os.WriteFile(name, []byte(strings.TrimRight(out.String(), "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	opByName   = map[string]ir.Op{}
	condByName = map[string]ir.Cond{}
	typeByName = map[string]ir.Type{"bool": ir.Bool, "i32": ir.I32, "i64": ir.I64, "ptr": ir.Ptr}

	valueLine = regexp.MustCompile(`^(?:v(\d+)(?::(\w+))? = )?` +
		`(sext32|swap32|swap64|[a-z]+(?:8|16)?)(32|64)?(?:\.([us])(\d+))?(?: (.*))?$`)
	memoryArgs = regexp.MustCompile(`^\[v(\d+)([+-]\d+)\](?: (.*))?$`)
	ifLine     = regexp.MustCompile(`^if(32|64) v(\d+) (\S+) (v)?(-?\d+) b(\d+) else b(\d+)$`)
)

// parse reads a listing.
func parse(text string) (*ir.Func, error) {
	for op := ir.Const; op < numOps; op++ {
		if op != ir.StoreConst {
			opByName[op.String()] = op
		}
	}
	for c := ir.EQ; c <= ir.TEST; c++ {
		condByName[c.String()] = c
	}
	f := ir.New("listing")
	f.Frame = make([]ir.Object, 4)
	for i := range f.Frame {
		f.Frame[i] = ir.Object{Size: 64}
	}
	from := map[ir.B][]ir.B{}
	b := ir.B(0)
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if head, rest, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(head, "b") && !strings.Contains(head, " ") {
			b = ir.B(number64(head[1:]))
			for len(f.Blocks) <= int(b) {
				f.NewBlock()
			}
			for _, p := range strings.Fields(strings.TrimPrefix(strings.TrimSpace(rest), "from")) {
				from[b] = append(from[b], ir.B(number64(p[1:])))
			}
			continue
		}
		if err := parseLine(f, b, line); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	for b := range f.Blocks {
		for _, s := range f.Blocks[b].Succs {
			f.Blocks[s].Preds = append(f.Blocks[s].Preds, ir.B(b))
		}
	}
	for b, list := range from {
		have := slices.Sorted(slices.Values(f.Blocks[b].Preds))
		if !slices.Equal(have, slices.Sorted(slices.Values(list))) {
			return nil, fmt.Errorf("b%d comes from %v", b, have)
		}
		f.Blocks[b].Preds = list
	}
	return f, nil
}

func number64(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func parseLine(f *ir.Func, b ir.B, line string) error {
	block := &f.Blocks[b]
	words := strings.Fields(line)
	switch {
	case words[0] == "jump":
		block.Kind, block.Succs = ir.Jump, []ir.B{ir.B(number64(words[1][1:]))}
		return nil
	case words[0] == "may_goto":
		block.Kind, block.Succs = ir.MayGoto, []ir.B{ir.B(number64(words[1][1:])), ir.B(number64(words[3][1:]))}
		return nil
	case words[0] == "return":
		block.Kind = ir.Return
		if len(words) > 1 {
			block.X = ir.V(number64(words[1][1:]))
		}
		return nil
	case strings.HasPrefix(words[0], "if"):
		m := ifLine.FindStringSubmatch(line)
		if m == nil {
			return fmt.Errorf("no branch")
		}
		block.Kind, block.Wide, block.X, block.Cond = ir.Branch, m[1] == "64", ir.V(number64(m[2])), condByName[m[3]]
		if m[4] != "" {
			block.Y = ir.V(number64(m[5]))
		} else {
			block.Imm = number64(m[5])
		}
		block.Succs = []ir.B{ir.B(number64(m[6])), ir.B(number64(m[7]))}
		return nil
	}
	m := valueLine.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("no value")
	}
	n := ir.V(number64(m[1]))
	if n == 0 {
		n = 1000 + ir.V(len(f.Values)) // stores have no number in listings
	}
	for len(f.Values) <= int(n) {
		f.Values = append(f.Values, ir.Value{})
	}
	v := ir.Value{Block: b}
	name := m[3] + m[4]
	op, ok := opByName[name]
	if !ok {
		op, ok = opByName[m[3]]
	}
	if !ok {
		return fmt.Errorf("no operation %s", name)
	}
	v.Op, v.Wide = op, m[4] == "64" && op == ir.Compare
	rest := m[7]
	if m[5] != "" {
		v.Signed, v.Size = m[5] == "s", uint8(number64(m[6])/8)
		a := memoryArgs.FindStringSubmatch(rest)
		if a == nil {
			return fmt.Errorf("no address")
		}
		v.Args, v.Off, rest = []ir.V{ir.V(number64(a[1]))}, int32(number64(a[2])), a[3]
	}
	var numbers []int64
	for _, word := range strings.Fields(rest) {
		switch {
		case word[0] == 'v':
			v.Args = append(v.Args, ir.V(number64(word[1:])))
		case op == ir.Compare && word[0] != '-' && (word[0] < '0' || word[0] > '9'):
			v.Cond = condByName[word]
		case (op == ir.FrameAddr || op == ir.MapValue) && strings.Contains(word, "+"):
			o, off, _ := strings.Cut(word, "+")
			v.Aux, v.Imm = int32(number64(o)), number64(off)
		default:
			numbers = append(numbers, number64(word))
		}
	}
	if len(numbers) > 0 {
		v.Imm = numbers[0]
	}
	if op == ir.Store && len(v.Args) == 1 {
		v.Op = ir.StoreConst
	}
	if v.Type, ok = typeByName[m[2]]; !ok {
		v.Type = typeOf(f, &v, m[4])
	}
	f.Values[n] = v
	block.Values = append(block.Values, n)
	return nil
}

// typeOf is the type that follows from the operation.
func typeOf(f *ir.Func, v *ir.Value, width string) ir.Type {
	switch v.Op {
	case ir.Compare, ir.Not:
		return ir.Bool
	case ir.Store, ir.StoreConst:
		return ir.Void
	case ir.FrameAddr, ir.MapAddr, ir.MapValue, ir.FuncAddr:
		return ir.Ptr
	case ir.ZExt, ir.SExt32, ir.Swap64, ir.CallHelper, ir.CallKernel, ir.CallSub:
		return ir.I64
	case ir.Copy, ir.Phi:
		for _, a := range v.Args {
			if int(a) < len(f.Values) && f.Values[a].Op != ir.None {
				return f.Values[a].Type
			}
		}
	case ir.Param:
		if v.Imm == 1 {
			return ir.Ptr
		}
	}
	switch {
	case width == "64" && len(v.Args) > 0 && f.Values[v.Args[0]].Type == ir.Ptr:
		return ir.Ptr
	case width == "64", v.Size == 8:
		return ir.I64
	}
	return ir.I32
}
