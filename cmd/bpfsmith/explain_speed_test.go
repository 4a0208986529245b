//go:build !race

package main

// The race detector slows down reading and looking for ends of lines differently, so nothing here is measured under it.

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/loaderlog"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// walkText is some MB of the lines that a walk of the verifier consists of: a large log has hardly anything else.
func walkText(t testing.TB) []byte {
	t.Helper()
	var all bytes.Buffer
	for line := range bytes.Lines(wholePaths(t)) {
		if loaderlog.OfWalk(bytes.TrimRight(line, "\n")) && !bytes.HasPrefix(line, []byte("Live regs")) {
			all.Write(line)
		}
	}
	return all.Bytes()
}

// TestExplainKeepsUp reads a log of the size in BPFSMITH_LOG_MB, from a pipe: 1024 in `make long`. The memory does not depend on the size,
// and the time is a small multiple of the time that it takes to look at each byte for the ends of lines.
func TestExplainKeepsUp(t *testing.T) {
	const mostMemory, mostTimes = 64 << 20, 50
	size := 64 << 20
	if text := os.Getenv("BPFSMITH_LOG_MB"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("BPFSMITH_LOG_MB=%s: must be a number of MB", text)
		}
		size = n << 20
	}
	text := walkText(t)
	for try := 1; ; try++ { // other tests may use the processors during one of the two
		fastest, lines := findLines(text, size)
		took, heap := explainFrom(t, text, size)
		times := took.Seconds() / fastest.Seconds()
		t.Logf("%d MB, %d lines: %v, %.0f MB/s, %.1f times as long as to find the lines (%v); %d KB of heap", size>>20, lines,
			took.Round(time.Millisecond), float64(size)/(1<<20)/took.Seconds(), times, fastest.Round(time.Millisecond), heap>>10)
		switch {
		case heap > mostMemory:
			t.Fatalf("a log of %d MB takes %d KB of heap; the limit is %d", size>>20, heap>>10, mostMemory>>10)
		case times <= mostTimes:
			return
		case try == 3:
			t.Fatalf("%v for %d MB is %.0f times as long as to find the ends of the lines; the limit is %d", took, size>>20, times,
				mostTimes)
		}
	}
}

// findLines looks for the end of each line of a log.
func findLines(text []byte, size int) (took time.Duration, lines int) {
	in := &longText{text: text, left: size}
	buffer := make([]byte, 64<<10)
	begin := time.Now()
	for {
		n, err := in.Read(buffer)
		for rest := buffer[:n]; ; lines++ {
			at := bytes.IndexByte(rest, '\n')
			if at < 0 {
				break
			}
			rest = rest[at+1:]
		}
		if err != nil {
			return time.Since(begin), lines
		}
	}
}

// explainFrom explains a log, and returns how much heap it took at most.
func explainFrom(t *testing.T, text []byte, size int) (took time.Duration, heap uint64) {
	t.Helper()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before) // the recorded logs
	in := &longText{text: text, end: "\n1: (79) r0 = *(u64 *)(r6 +0)\nR6 !read_ok\n", left: size}
	var out, errs bytes.Buffer
	begin := time.Now()
	code := run([]string{"explain", "--source", t.TempDir(), "-"}, in, &out, &errs)
	took = time.Since(begin)
	if code != 0 || !strings.Contains(out.String(), "R6 !read_ok") {
		t.Fatalf("exit %d, %s\n%s", code, errs.String(), out.String())
	}
	return took, in.peak - min(in.peak, before.HeapAlloc)
}

// BenchmarkExplain reads a log as the command does, without printing a report.
func BenchmarkExplain(b *testing.B) {
	for _, bench := range []struct {
		name string
		text []byte
	}{{"walk", walkText(b)}, {"with messages", wholePaths(b)}} {
		b.Run(bench.name, func(b *testing.B) {
			const size = 64 << 20
			b.SetBytes(size)
			for b.Loop() {
				l := &logFile{source: &longText{text: bench.text, left: size}, remove: func() {}}
				if err := l.read(verifierlog.Program{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
