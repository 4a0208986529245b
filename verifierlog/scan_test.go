package verifierlog_test

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// detailed returns all logs of level 2 that are complete.
func detailed(tb testing.TB) []byte {
	tb.Helper()
	logs := recorded.Open(tb)
	var all []byte
	for _, file := range logs.Files(".level2.log") {
		if text := logs.Text(tb, file); len(text) < recorded.CutOff {
			all = append(all, text...)
		}
	}
	return all
}

// A repeating reader returns a text again and again.
type repeating struct {
	text []byte
	at   int
	left int
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	r.left -= n
	return n, nil
}

// TestScannerNeedsNoMoreForMore: 200 MB are read with the memory that 1 MB needs.
func TestScannerNeedsNoMoreForMore(t *testing.T) {
	const size, most = 200 << 20, 8 << 20
	text := detailed(t)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	events, peak := 0, uint64(0)
	s := verifierlog.NewScanner(&repeating{text: text, left: size})
	for s.Next() {
		if events++; events%200_000 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
	if s.Err() != nil || events < size/200 {
		t.Fatalf("%d events, %v", events, s.Err())
	}
	if peak > before.HeapAlloc+most {
		t.Errorf("%d events of %d MB take %d KB", events, size>>20, (peak-before.HeapAlloc)>>10)
	}
}

// TestWalkNeedsNoMoreForMore: of a path of a million steps only the last steps are kept, and no text of the others.
func TestWalkNeedsNoMoreForMore(t *testing.T) {
	const size, most = 100 << 20, 48 << 20
	text := []byte("; x++ @ a.go:7\n1: (07) r6 += 1                       ; R6=scalar()\n" +
		"2: (05) goto pc-2                     ; R6=scalar(id=1) fp-8=mmmm????\n")
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	s, w := verifierlog.NewScanner(&repeating{text: text, left: size}), verifierlog.NewWalk()
	events, peak := 0, uint64(0)
	for s.Next() {
		w.Follow(s.Event())
		if events++; events%200_000 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
	if s.Err() != nil || w.Path().Len() < 1<<14 || !w.Path().Cut {
		t.Fatalf("%d steps, cut %v, %v", w.Path().Len(), w.Path().Cut, s.Err())
	}
	if peak > before.HeapAlloc+most {
		t.Errorf("%d events of %d MB take %d KB", events, size>>20, (peak-before.HeapAlloc)>>10)
	}
}

// TestScannerCutsLongLines: a line without an end is read with limited memory too.
func TestScannerCutsLongLines(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	s := verifierlog.NewScanner(strings.NewReader(long + "\n0: (95) exit\n"))
	if !s.Next() || !s.Event().Cut || len(s.Event().Text) > 1<<20 {
		t.Errorf("the long line gives %v, %d bytes", s.Event().Kind, len(s.Event().Text))
	}
	if !s.Next() || s.Event().Kind != verifierlog.Instruction || s.Event().Line != 2 {
		t.Errorf("the line after it gives %+v", s.Event())
	}
}

// TestEachLineIsUnderstood: in all recorded logs, only the messages in the index are free text, and nothing is unknown. Every word of
// printed registers is understood.
func TestEachLineIsUnderstood(t *testing.T) {
	logs := recorded.Open(t)
	files := logs.Files("")
	cutOff := 0 // the first lines of logs of which only the end is kept
	kinds := map[verifierlog.EventKind]int{}
	for _, file := range files {
		text := logs.Text(t, file)
		report := verifierlog.Parse(text)
		message := map[string]bool{report.Reason: true}
		for _, line := range report.Details {
			message[line] = true
		}
		last := 0
		for s := verifierlog.NewScanner(strings.NewReader(text)); s.Next(); {
			e := s.Event()
			kinds[e.Kind]++
			if e.Line < last {
				t.Fatalf("%s: line %d follows %d", file, e.Line, last)
			}
			last = e.Line
			switch {
			case len(text) >= recorded.CutOff && e.Line == 1:
				cutOff++
			case e.Kind == verifierlog.UnknownEvent, e.Kind == verifierlog.Message && !message[strings.TrimSpace(e.Text)]:
				t.Errorf("%s:%d: %v %q", file, e.Line, e.Kind, e.Text)
			}
			state := e.State()
			for _, v := range state.Values {
				if value := v.Value(); value.Kind == verifierlog.NoValue || value.Kind == verifierlog.PointerOther ||
					value.Unknown != nil {
					t.Errorf("%s:%d: %v=%s is %+v", file, e.Line, v.Place, v.Text, value)
				}
			}
			if state.Unknown != nil {
				t.Errorf("%s:%d: in a state: %q", file, e.Line, state.Unknown)
			}
		}
	}
	t.Logf("%d logs, %d of them cut off: %v", len(files), cutOff, kinds)
	if cutOff*50 > len(files) {
		t.Errorf("%d of %d logs are cut off", cutOff, len(files))
	}
}

// TestStandsInTheWay: lines that are not messages have their own kind.
func TestStandsInTheWay(t *testing.T) {
	const statistics = "processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
	const begun = "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                        ; R0=0\n"
	for name, tt := range map[string]struct {
		log  string
		want mistake.Kind
	}{
		"nothing":                 {"", mistake.NoLog},
		"no byte of text":         {"\x00\x00", mistake.NoLog},
		"no walk":                 {strings.Replace(statistics, "processed 3", "processed 0", 1), mistake.NoLog},
		"a signal, or none":       {statistics, mistake.None}, // the errno decides
		"a signal":                {begun + statistics, mistake.Interrupted},
		"a full buffer":           {begun + "1: (07) r0 +", mistake.LogTruncated},
		"nothing wrong":           {begun + "1: (95) exit\n" + statistics, mistake.None},
		"nothing wrong, pruned":   {begun + "1: (95) exit\n\nfrom 0 to 1: safe\n" + statistics, mistake.None},
		"a function is not ended": {begun + "frame1: R10=fp0\n1: frame1: R10=fp0\n1: (95) exit\n" + statistics, mistake.Interrupted},
		"a message":               {begun + "1: (95) exit\nR0 !read_ok\n" + statistics, mistake.None}, // the catalogue has it
		"a type":                  {"magic: 0xeb9f\n[1] TYPEDEF t type_id=1\n[1] TYPEDEF t type_id=1 Loop detected\n", mistake.BadType},
		"types":                   {"magic: 0xeb9f\n[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n", mistake.None},
	} {
		if got := verifierlog.Parse(tt.log).Kind; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestTwoLogsInAFile: text after statistics is another log, and is not about the first one.
func TestTwoLogsInAFile(t *testing.T) {
	logs := recorded.Open(t)
	one, two := logs.Text(t, "ringbuf_leak.level2.log"), logs.Text(t, "subprog_clobbers_r1.level2.log")
	p := failingPath(t, one+two)
	if got, want := stateText(p.After()), stateText(failingPath(t, two).After()); got != want {
		t.Errorf("at the end of both: %s, want %s", got, want)
	}
}

// FuzzScanner: any text has events, in order. A reader in small pieces gives the same events. A walk that follows them ends, and can go
// back.
func FuzzScanner(f *testing.F) {
	logs := recorded.Open(f)
	for _, file := range logs.Files("") {
		f.Add(logs.Text(f, file))
	}
	f.Add("0: frame7: R10=fp0 fp-512=0\nfrom 9 to 9: frame8: R1=1\n0: (95) exit\nfrom 0 to 0: R11=1 fp-0=2\nx\n")
	f.Fuzz(func(t *testing.T, log string) {
		whole := verifierlog.NewScanner(strings.NewReader(log))
		pieces := verifierlog.NewScanner(iotest.OneByteReader(strings.NewReader(log)))
		walk, last := verifierlog.NewWalk(), 0
		for whole.Next() {
			e := whole.Event()
			if !pieces.Next() || *pieces.Event() != *e {
				t.Fatalf("whole %+v, in pieces %+v", e, pieces.Event())
			}
			if e.Line < max(last, 1) || e.Insn < -1 || e.From < -1 || strings.Contains(e.Text, "\n") {
				t.Fatalf("after line %d: %+v", last, e)
			}
			last = e.Line
			walk.Follow(e)
		}
		if pieces.Next() || whole.Err() != nil || pieces.Err() != nil {
			t.Fatal("whole and in pieces end differently")
		}
		p := walk.Path()
		for i, before := range p.Backward() {
			_, _ = p.At(i), p.Changes(i)
			_ = before.Places()
		}
		if shared := verifierlog.Parse(log); p.Len() > 0 && shared.Insn >= 0 && shared.Text != "" && shared.Text != p.At(p.Len()-1).Text {
			t.Errorf("the path ends with %q, the report is about %q", p.At(p.Len()-1).Text, shared.Text)
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	text := detailed(b)
	const size = 16 << 20
	b.SetBytes(size)
	for b.Loop() {
		s := verifierlog.NewScanner(&repeating{text: text, left: size})
		for s.Next() {
		}
		if s.Err() != nil {
			b.Fatal(s.Err())
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	text := detailed(b)
	const size = 4 << 20
	b.SetBytes(size)
	for b.Loop() {
		if _, err := verifierlog.FailingPath(&repeating{text: text, left: size}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	logs := recorded.Open(b)
	for _, name := range []string{"ringbuf_leak.level2", "spec_map_value.level1"} {
		text := logs.Text(b, name+".log")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				verifierlog.Parse(text)
			}
		})
	}
}
