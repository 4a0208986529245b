package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
)

// A longText gives a text again and again, and then an end. It notes the largest heap meanwhile.
type longText struct {
	text []byte
	end  string
	at   int
	left int
	next int
	peak uint64
}

func (l *longText) Read(p []byte) (int, error) {
	if l.left <= 0 {
		if l.end == "" {
			return 0, io.EOF
		}
		n := copy(p, l.end)
		l.end = l.end[n:]
		return n, nil
	}
	n := copy(p[:min(len(p), l.left)], l.text[l.at:])
	l.at, l.left = (l.at+n)%len(l.text), l.left-n
	if l.next -= n; l.next < 0 {
		l.next = 1 << 20
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		l.peak = max(l.peak, now.HeapAlloc)
	}
	return n, nil
}

// wholePaths is some MB of recorded lines of level 2, without those that begin or end a log.
func wholePaths(t testing.TB) []byte {
	t.Helper()
	logs := recorded.Open(t)
	var all bytes.Buffer
	for _, file := range logs.Files(".level2.log") {
		for line := range strings.Lines(logs.Text(t, file)) {
			if !strings.HasPrefix(line, "func#") && !strings.Contains(line, " insns (limit ") && all.Len() < 4<<20 {
				all.WriteString(line)
			}
		}
	}
	return all.Bytes()
}

// TestExplainNeedsNoMoreForMore: the report of a log, and its page, take the same memory for any size, from a pipe too.
func TestExplainNeedsNoMoreForMore(t *testing.T) {
	const most = 64 << 20
	text := wholePaths(t)
	end := "\n1: (79) r0 = *(u64 *)(r6 +0)\nR6 !read_ok\n"
	for _, page := range []bool{false, true} {
		var peaks [2]uint64
		sizes := [...]int{16 << 20, 64 << 20}
		if underRace {
			sizes = [...]int{2 << 20, 8 << 20}
		}
		for i, size := range sizes {
			args := []string{"explain", "--source", t.TempDir(), "-"}
			html := filepath.Join(t.TempDir(), "page.html")
			if page {
				args = append(args, "--html", html)
			}
			runtime.GC()
			in := &longText{text: text, end: end, left: size}
			var out, errs bytes.Buffer
			if code := run(args, in, &out, &errs); code != 0 || !strings.Contains(out.String(), "R6 !read_ok") {
				t.Fatalf("exit %d, %s\n%s", code, errs.String(), out.String())
			}
			peaks[i] = in.peak
			if !page {
				continue
			}
			written, err := os.ReadFile(html)
			if err != nil || len(written) > 8<<20 || !bytes.Contains(written, []byte("lines are left out here")) {
				t.Errorf("%v, a page of %d KB", err, len(written)>>10)
			}
		}
		if peaks[1] > peaks[0]+peaks[0]/2+8<<20 || peaks[1] > most {
			t.Errorf("page %v: 16 MB take %d KB of heap, and 64 MB take %d KB", page, peaks[0]>>10, peaks[1]>>10)
		}
	}
}

// TestExplainTakesAnyText: whatever the input is, explain says what it is, soon. The time here is for a machine with much else to do.
func TestExplainTakesAnyText(t *testing.T) {
	size, frames := 100<<20, 10<<20
	if underRace {
		size, frames = 10<<20, 1<<20
	}
	const soon = 20 * time.Second
	log := recorded.Open(t).Text(t, "r1_after_call.level1.log")
	utf16Text := func(order binary.AppendByteOrder, mark string) []byte {
		text := []byte(mark)
		for _, unit := range utf16.Encode([]rune(log)) {
			text = order.AppendUint16(text, unit)
		}
		return text
	}
	for name, tt := range map[string]struct {
		text []byte
		size int
		end  string
		code int
		want string
	}{
		"NULs":                    {[]byte{0}, size, "", 0, "the kernel gave no reason"},
		"a log, then NULs":        {[]byte(log + "\x00\x00\x00"), len(log) + 3, strings.Repeat("\x00", 1<<20), 0, "R1 !read_ok"},
		"one line":                {[]byte("x"), size, "", exitUnknownError, "xxx"},
		"one line of escapes":     {[]byte("\x1b[31m"), size, "", 0, ""},
		"one line with brackets":  {[]byte("[12.3] ]"), size, "", 0, ""},
		"a long line, then a log": {[]byte("x"), 3 << 20, "\n" + log, 0, "R1 !read_ok"},
		"empty lines":             {[]byte("\n"), 4 << 20, "", 0, "the kernel gave no reason"},
		"UTF-16":                  {utf16Text(binary.LittleEndian, "\xff\xfe"), size, "", exitUsage, "the text is UTF-16: convert it"},
		"UTF-16, big-endian":      {utf16Text(binary.BigEndian, "\xfe\xff"), size, "", exitUsage, "the text is UTF-16"},
		"UTF-16 without a mark":   {utf16Text(binary.LittleEndian, ""), size, "", exitUsage, "the text is UTF-16"},
		"frames":                  {[]byte("-- BEGIN PROG LOAD LOG --\n"), frames, "", 0, ""},
		"ends of frames":          {[]byte("-- END PROG LOAD LOG --\n"), frames, "", 0, ""},
	} {
		in := &longText{text: bytes.Repeat(tt.text, 1+1<<16/len(tt.text)), end: tt.end, left: tt.size}
		var out, errs bytes.Buffer
		runtime.GC() // what other tests left is not counted
		begin := time.Now()
		code := run([]string{"explain", "--source", t.TempDir(), "-"}, in, &out, &errs)
		took := time.Since(begin)
		text := out.String() + errs.String()
		if !strings.Contains(text, tt.want) || tt.want != "" && code != tt.code || len(text) > 1<<20 {
			t.Errorf("%s: exit %d, %d bytes: %.200s", name, code, len(text), text)
		}
		if took > soon || in.peak > 64<<20 {
			t.Errorf("%s: %v, %d KB of heap", name, took, in.peak>>10)
		}
		t.Logf("%s: %v, %d KB", name, took, in.peak>>10)
	}
}
