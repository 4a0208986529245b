package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for _, tt := range []struct{ text, plain, colours string }{
		{"r0 = 0\n\texit\n", "r0 = 0\n\texit\n", "r0 = 0\n\texit\n"},
		{"Größe → 1", "Größe → 1", "Größe → 1"},
		{"\x1b]0;title\a", `\x1b]0;title\x07`, `\x1b]0;title\x07`},
		{"\x1b[31mred\x1b[0m\x1b[2J", `\x1b[31mred\x1b[0m\x1b[2J`, "\x1b[31mred\x1b[0m" + `\x1b[2J`},
		{"a\rb\u009b2J\x7f", `a\x0db\x9b2J\x7f`, `a\x0db\x9b2J\x7f`},
	} {
		for _, colours := range []bool{false, true} {
			want := map[bool]string{false: tt.plain, true: tt.colours}[colours]
			var b bytes.Buffer
			if n, err := (&visibleWriter{&b, colours}).Write([]byte(tt.text)); n != len(tt.text) || err != nil || b.String() != want {
				t.Errorf("%q, colours %v: %q, %d, %v; want %q", tt.text, colours, b.String(), n, err, want)
			}
		}
	}
}

// TestTextsOfOthersMoveNoTerminal: whatever stands in the names of an object, in a log or in a text to assemble, no command prints control
// characters. A name in an object is replaced at a time, in each object that other tests use.
func TestTextsOfOthersMoveNoTerminal(t *testing.T) {
	const title = "\x1b]0;x\a" // sets the title of a terminal's window
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	calls := [][]string{
		{"explain", write("last.log", "0: (95) exit\nno such message "+title+"\n")},
		{"explain", write("line.log", "; int main"+title+"(void) @ a"+title+".c:1\n0: (95) exit\nR0 !read_ok\n")},
		{"asm", write("text.s", "r0 = "+title+"\n")},
		{"disasm", write("hex.txt", "b7 00 "+title+"\n")},
		{"check", "--type", title, write("exit.hex", "9500000000000000\n")},
		{"run", "--type", title},
	}
	objects, err := filepath.Glob("../../objfile/testdata/*.o")
	if err != nil || len(objects) == 0 {
		t.Fatal(objects, err)
	}
	replaced := 0
	for _, file := range objects {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"/tmp/w/objects", "LICENSE", "nothing/known", "elsewhere", "no_such_function", "counter",
			"undo_cwnd", "interface.c", "license", "SEC(", "maps", "syscall", "no_such_variable"} {
			n := bytes.Count(data, []byte(name))
			if n == 0 {
				continue
			}
			replaced += n
			changed := bytes.ReplaceAll(data, []byte(name), []byte((title + strings.Repeat("x", len(name)))[:len(name)]))
			path := write(filepath.Base(file)+"."+strings.Trim(strings.ReplaceAll(name, "/", "_"), "("), string(changed))
			calls = append(calls, []string{"check", path}, []string{"check", "--json", path}, []string{"run", "--program", path},
				[]string{"disasm", path})
		}
	}
	if replaced < 20 {
		t.Errorf("%d names are replaced", replaced)
	}
	for _, args := range calls {
		var out bytes.Buffer
		run(args, strings.NewReader(""), &out, &out)
		if bytes.ContainsAny(out.Bytes(), "\x1b\a") {
			t.Errorf("%q prints %q", args, out.String())
		}
	}
}
