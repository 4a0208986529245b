package verifierlog_test

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// TestReadIsExplain: the report of a log that is read event by event, and what is printed of it, is the same as for a log in memory.
func TestReadIsExplain(t *testing.T) {
	logs := recorded.Open(t)
	for _, file := range logs.Files("") {
		log := logs.Text(t, file)
		for _, p := range []verifierlog.Program{{}, {Errno: "EINVAL"}} {
			reading, err := verifierlog.Read(strings.NewReader(log))
			if err != nil {
				t.Fatal(err)
			}
			want := verifierlog.Explain(log, p)
			if reading.Refused() != want.Refused() {
				t.Errorf("%s: refused: %v, want %v", file, reading.Refused(), want.Refused())
			}
			if got := reading.Explain(p); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got\n%+v\nwant\n%+v", file, got, want)
				continue
			}
			got := render(t, reading.Report, verifierlog.Style{Reading: reading})
			if want := render(t, want, verifierlog.Style{Log: log}); !bytes.Equal(got, want) {
				t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
			}
		}
	}
}

// onePath is the lines of all logs of level 2, without those that begin or end a log.
func onePath(tb testing.TB) []byte {
	tb.Helper()
	var lines bytes.Buffer
	for line := range bytes.Lines(detailed(tb)) {
		if !bytes.HasPrefix(line, []byte("func#")) && !bytes.Contains(line, []byte(" insns (limit ")) {
			lines.Write(line)
		}
	}
	return lines.Bytes()
}

// A watcher notes the largest heap while a text is read.
type watcher struct {
	io.Reader
	since int // bytes since the last look
	peak  uint64
}

func (w *watcher) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if w.since += n; w.since > 1<<20 {
		w.since = 0
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		w.peak = max(w.peak, now.HeapAlloc)
	}
	return n, err
}

// TestReadNeedsNoMoreForMore: a log of 128 MB takes the memory of one of 16 MB.
func TestReadNeedsNoMoreForMore(t *testing.T) {
	const small, large, most = 16 << 20, 128 << 20, 64 << 20
	text := onePath(t)
	count := []byte("1: (07) r6 += 1                       ; R6=scalar()\n2: (05) goto pc-2\n")
	for name, text := range map[string][]byte{"all": text, "a loop": count} {
		var peaks [2]uint64
		for i, size := range []int{small, large} {
			runtime.GC()
			w := &watcher{Reader: io.MultiReader(&repeating{text: text, left: size}, strings.NewReader("\nR1 !read_ok\n"))}
			reading, err := verifierlog.Read(w)
			if err != nil {
				t.Fatal(err)
			}
			if r := reading.Explain(verifierlog.Program{}); !r.Refused() || r.Kind.String() == "" {
				t.Errorf("%s: %+v", name, r)
			}
			peaks[i] = w.peak
		}
		if peaks[1] > peaks[0]+peaks[0]/2+8<<20 || peaks[1] > most {
			t.Errorf("%s: %d MB take %d KB of heap, and %d MB take %d KB", name, small>>20, peaks[0]>>10, large>>20, peaks[1]>>10)
		}
		t.Logf("%s: %d KB and %d KB", name, peaks[0]>>10, peaks[1]>>10)
	}
}

// A writing reader gives line after line.
type writing struct {
	line func(n int) string
	n    int
	rest string
	left int
}

func (w *writing) Read(p []byte) (int, error) {
	if w.rest == "" {
		if w.left <= 0 {
			return 0, io.EOF
		}
		w.rest = w.line(w.n)
		w.n, w.left = w.n+1, w.left-len(w.rest)
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// TestHostileLogs: lines that no kernel prints, in any number, take little memory, and the report is short.
func TestHostileLogs(t *testing.T) {
	const size, most = 16 << 20, 64 << 20
	long := strings.Repeat("x", 64<<10)
	same := func(line string) func(n int) string { return func(int) string { return line } }
	for name, line := range map[string]func(n int) string{
		"messages":     same("this is not a log\n"),
		"long lines":   same(long + "\n"),
		"instructions": func(n int) string { return fmt.Sprintf("%d: (07) r6 += %d ; R6=%s\n", n, n, long[:3000]) },
		"values":       func(n int) string { return fmt.Sprintf("1: R1=%d%s R2=%d%s\n", n, long[:9000], n+1, long[:9000]) },
		"after an instruction": func(n int) string {
			return fmt.Sprintf("1: (07) r6 += 1 ; R6=%d%s fp-8=%d%s\n1: R6=%d\n", n, long[:9000], n, long[:9000], n)
		},
		"sources":        func(n int) string { return fmt.Sprintf("; %d%s @ a%d.go:%d\n", n, long[:500], n, n+1) },
		"an explanation": same("Verification failed: \n" + long + "\n"),
		"functions":      same("func#0 @0\n0: (95) exit\n"),
	} {
		runtime.GC()
		w := &watcher{Reader: &writing{line: line, left: size}}
		reading, err := verifierlog.Read(w)
		if err != nil {
			t.Fatal(err)
		}
		r := reading.Explain(verifierlog.Program{})
		if text := render(t, r, verifierlog.Style{Reading: reading}); len(text) > 12<<20 {
			t.Errorf("%s: a report of %d KB", name, len(text)>>10)
		}
		if w.peak > most {
			t.Errorf("%s: %d MB take %d KB of heap", name, size>>20, w.peak>>10)
		}
	}
}

// TestLeftOut: of a path that is too long to be kept, the report says how many instructions are left out.
func TestLeftOut(t *testing.T) {
	const turns = 100_000
	var log strings.Builder
	for range turns {
		log.WriteString("1: (07) r6 += 1                       ; R6=scalar()\n")
	}
	log.WriteString("2: (79) r0 = *(u64 *)(r6 +0)\nR6 invalid mem access 'scalar'\n")
	reading, err := verifierlog.Read(strings.NewReader(log.String()))
	if err != nil {
		t.Fatal(err)
	}
	r := reading.Explain(verifierlog.Program{})
	if r.LeftOut < turns-1<<16 || r.LeftOut > turns {
		t.Errorf("%d instructions are left out", r.LeftOut)
	}
	text := string(render(t, r, verifierlog.Style{Reading: reading}))
	if want := fmt.Sprintf("note: the path is long: its first %d instructions are not kept", r.LeftOut); !strings.Contains(text, want) {
		t.Errorf("%q is missing in\n%s", want, text)
	}
	if !reflect.DeepEqual(r, verifierlog.Explain(log.String(), verifierlog.Program{})) {
		t.Error("the report of the log in memory is another")
	}
}
