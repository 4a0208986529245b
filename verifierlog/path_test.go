package verifierlog_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

func failingPath(t *testing.T, log string) *verifierlog.Path {
	t.Helper()
	p, err := verifierlog.FailingPath(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func insnsOf(p *verifierlog.Path) []int {
	var insns []int
	for i := range p.Len() {
		insns = append(insns, p.At(i).Insn)
	}
	return insns
}

// stateText writes everything that is known, frame by frame.
func stateText(s *verifierlog.Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "frame %d", s.Frame)
	for _, p := range s.Places() {
		fmt.Fprintf(&b, " %v=%s", p, s.Text(p))
	}
	if refs := s.References(); refs != nil {
		fmt.Fprintf(&b, " refs=%v", refs)
	}
	return b.String()
}

// TestPathGoesBackToTheBranch: at level 2 the walk continues with saved branches, the newest first. The fall-through of 2 ended at 4.
func TestPathGoesBackToTheBranch(t *testing.T) {
	p := failingPath(t, recorded.Open(t).Text(t, "branch_second_path.level2.log"))
	if want := []int{0, 1, 2, 5, 6}; !slices.Equal(insnsOf(p), want) || p.Cut {
		t.Errorf("the path is %v, want %v", insnsOf(p), want)
	}
	if got, want := stateText(p.Before(2)), "frame 0 R0=scalar() R6=fp0 R10=fp0"; got != want {
		t.Errorf("before the branch: %s, want %s", got, want)
	}
	if got, want := stateText(p.Before(3)), "frame 0 R0=scalar(umin=1) R6=fp0 R10=fp0"; got != want {
		t.Errorf("after the branch: %s, want %s", got, want)
	}
	want := []verifierlog.Change{{Place: verifierlog.Place{Register: 6}, Before: "fp0", After: "0"}}
	if got := p.Changes(3); !reflect.DeepEqual(got, want) {
		t.Errorf("instruction 5 changes %+v, want %+v", got, want)
	}
}

// TestPathOfABranchInALoop: the walk does not go back to the last visit of the jump, which was known to be taken, but to an earlier visit.
func TestPathOfABranchInALoop(t *testing.T) {
	const log = `0: R1=ctx() R10=fp0
0: (b7) r6 = 0                        ; R6=0
1: (15) if r7 == 0x0 goto pc+2        ; R7=scalar()
2: (b7) r7 = 0                        ; R7=0
3: (05) goto pc-3
1: (15) if r7 == 0x0 goto pc+2        ; R7=0
4: (95) exit

from 1 to 4: R1=ctx() R6=0 R7=0 R10=fp0
4: (95) exit
R0 !read_ok
`
	if got, want := insnsOf(failingPath(t, log)), []int{0, 1, 4}; !slices.Equal(got, want) {
		t.Errorf("the path is %v, want %v", got, want)
	}
}

// TestPathThroughFunctions: a function's frame begins with the call and ends with the exit. The walk does not go back to that exit.
func TestPathThroughFunctions(t *testing.T) {
	logs := recorded.Open(t)
	for _, level := range []string{"level1", "level2"} {
		p := failingPath(t, logs.Text(t, "subprog_clobbers_r1."+level+".log"))
		if want := []int{0, 3, 4, 1}; !slices.Equal(insnsOf(p), want) {
			t.Errorf("%s: the path is %v, want %v", level, insnsOf(p), want)
			continue
		}
		for i, want := range []string{
			"frame 0 R1=ctx() R10=fp0",
			"frame 1 R10=fp0 frame1:R1=ctx() frame1:R10=fp0",
			"frame 1 R10=fp0 frame1:R0=0 frame1:R1=ctx() frame1:R10=fp0",
			"frame 0 R0=0 R10=fp0",
		} {
			if got := stateText(p.Before(i)); got != want {
				t.Errorf("%s: before step %d: %s, want %s", level, i, got, want)
			}
		}
	}
}

// TestPathOfAGlobalFunction: the function is verified separately, after the program, and values of the program are not known in it.
func TestPathOfAGlobalFunction(t *testing.T) {
	const log = `func#0 @0
func#1 @2
0: R1=ctx() R10=fp0
0: (85) call pc+1
Func#1 ('glob') is global and assumed valid.
1: R0=scalar()
1: (95) exit
Validating glob() func#1...
2: R1=mem_or_null(id=1,sz=8) R10=fp0
2: (79) r0 = *(u64 *)(r1 +0)
R1 invalid mem access 'mem_or_null'
`
	p := failingPath(t, log)
	if got, want := stateText(p.After()), "frame 0 R1=mem_or_null(id=1,sz=8) R10=fp0"; got != want || !slices.Equal(insnsOf(p), []int{2}) {
		t.Errorf("path %v with %s, want 2 with %s", insnsOf(p), got, want)
	}
}

// TestPathOfALogWithoutItsBeginning: the branch that the walk goes back to is missing.
func TestPathOfALogWithoutItsBeginning(t *testing.T) {
	p := failingPath(t, "8: (95) exit\n\nfrom 2 to 5: R0=1 R10=fp0\n5: (bf) r1 = r7\nR7 !read_ok\n")
	if got, want := stateText(p.After()), "frame 0 R0=1 R10=fp0"; got != want || !p.Cut || !slices.Equal(insnsOf(p), []int{5}) {
		t.Errorf("path %v, cut %v, with %s; want 5, cut, with %s", insnsOf(p), p.Cut, got, want)
	}
}

// TestLongPathsAreCut: only a limited part of a path is kept, and its state is still right.
func TestLongPathsAreCut(t *testing.T) {
	const rounds = 100_000
	var log strings.Builder
	log.WriteString("0: R1=ctx() R10=fp0\n0: (b7) r6 = 0                        ; R6=0\n")
	for n := range rounds {
		fmt.Fprintf(&log, "1: (07) r6 += 1                       ; R6=%d\n2: (05) goto pc-2\n", n+1)
	}
	p := failingPath(t, log.String())
	if p.Len() > 1<<15 || p.Len() < 1<<14 || !p.Cut {
		t.Fatalf("%d of %d steps are kept, cut %v", p.Len(), 2*rounds+1, p.Cut)
	}
	r6 := verifierlog.Place{Register: 6}
	for i, before := range p.Backward() { // of two steps, the first one adds
		want := fmt.Sprint(rounds - (p.Len()-i)/2)
		if got := before.Text(r6); got != want {
			t.Fatalf("%d steps before the end R6 is %s, want %s", p.Len()-i, got, want)
		}
	}
	if got := p.After().Text(verifierlog.Place{Register: 1}); got != "ctx()" {
		t.Errorf("R1 is %q at the end", got)
	}
}

// TestBackwardUndoesEachStep: going back from the end gives the same states as going forward. They are compared with another walk, which
// is stopped at each instruction.
func TestBackwardUndoesEachStep(t *testing.T) {
	logs := recorded.Open(t)
	files := logs.Files(".level1.log")
	compared := 0
	for _, file := range files {
		text := logs.Text(t, file)
		if len(text) > 8<<10 {
			continue // it would need as many walks as it has lines
		}
		p := failingPath(t, text)
		for i, before := range p.Backward() {
			lines := strings.SplitAfter(text, "\n")
			until := strings.Join(lines[:p.At(i).Line-1], "")
			forward := failingPath(t, until)
			if i > 0 && strings.Contains(p.At(i-1).Text, " call ") {
				continue // the registers that a call clears are known only when the walk continues
			}
			if got, want := stateText(before), stateText(forward.After()); got != want {
				t.Errorf("%s, before step %d:\nback    %s\nforward %s", file, i, got, want)
			}
			compared++
		}
	}
	if compared < 10 {
		t.Errorf("%d states compared", compared)
	}
	t.Logf("%d states of %d logs", compared, len(files))
}

// TestLevelsTellTheSameState: level 1 and level 2 print very different logs of one program, but the state at the mistake must be the same.
func TestLevelsTellTheSameState(t *testing.T) {
	logs := recorded.Open(t)
	compared := 0
	for _, file := range logs.Files(".level1.log") {
		detailed := strings.Replace(file, ".level1.", ".level2.", 1)
		if !logs.Has(detailed) {
			continue
		}
		one, two := logs.Text(t, file), logs.Text(t, detailed)
		if !verifierlog.Parse(one).Refused() {
			continue // at level 1 the log does not contain it
		}
		a, b := failingPath(t, one), failingPath(t, two)
		if a.Len() == 0 || max(len(one), len(two)) >= recorded.CutOff {
			continue // a check after the walk, when level 1 has removed the path; or only the end of a longer log is recorded
		}
		if !slices.Equal(insnsOf(a), insnsOf(b)) {
			t.Errorf("%s: the path is %v at level 1, %v at level 2", file, insnsOf(a), insnsOf(b))
		}
		if got, want := stateText(b.After()), stateText(a.After()); got != want {
			t.Errorf("%s:\nlevel 1 %s\nlevel 2 %s", file, want, got)
		}
		compared++
	}
	if compared == 0 {
		t.Error("no program has both levels")
	}
	t.Logf("%d programs", compared)
}
