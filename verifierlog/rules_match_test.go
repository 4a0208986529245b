package verifierlog

import (
	"slices"
	"strings"
	"testing"
)

func TestMatchFormat(t *testing.T) {
	for _, tt := range []struct {
		format, line string
		want         []string // nil for no match
	}{
		{"R%d !read_ok", "R10 !read_ok", []string{"10"}},
		{"R%d !read_ok", "R !read_ok", nil},
		{"R%d !read_ok", "xR1 !read_ok", nil},
		{"R%d !read_ok", "R1 !read", nil},
		{"R%d type=%s expected=%s", "R2 type=fp expected=pkt, mem", []string{"2", "fp", "pkt, mem"}},
		{"off=%d size=%d", "off=-8 size=16", []string{"-8", "16"}},
		{"stack off %d+%d size %d", "stack off -16+8 size 16", []string{"-16", "8", "16"}},
		{"unknown opcode %02x", "unknown opcode ff", []string{"ff"}},
		{"u64=[%lld,%lld]", "u64=[0,-1]", []string{"0", "-1"}},
		{"struct %s ended at %zu", "struct tcp_sock ended at 1448", []string{"tcp_sock", "1448"}},
		{"100%% of %d", "100% of 7", []string{"7"}},
		{"%s%d", "7", []string{"", "7"}},
		{"var_off %s+%d size %d", "var_off +00+-1 size 8", []string{"+00", "-1", "8"}},
		{"%s to %s", "a to b to c", []string{"a", "b to c"}},
	} {
		args, _, ok := matchFormat(tt.format, tt.line)
		if ok != (tt.want != nil) || ok && !slices.Equal(args, tt.want) {
			t.Errorf("%q, %q: %q %v, want %q", tt.format, tt.line, args, ok, tt.want)
		}
	}
}

// FuzzMatchFormat prints patterns with numbers and words, which must be found again in the printed text.
func FuzzMatchFormat(f *testing.F) {
	f.Add("R%d type=%s expected=%s", "fp", int64(3))
	f.Add("off=%d size=%d", "", int64(-8))
	f.Add("%", "%", int64(0))
	f.Add("%s%s%d%%", "a", int64(1))
	f.Fuzz(func(t *testing.T, format, word string, n int64) {
		if len(format)+len(word) > 200 {
			return // the time is the product of both lengths, and real formats are short
		}
		args, literal, ok := matchFormat(format, word) // it must end for any text
		if ok && literal > len(format) || len(args) > strings.Count(format, "%") {
			t.Fatalf("%q, %q: %q, %d", format, word, args, literal)
		}
		for _, r := range Rules() {
			line, want := printed(r.Pattern, word, n)
			got, _, ok := matchFormat(r.Pattern, line)
			if !ok || !strings.HasPrefix(line, reprinted(r.Pattern, got)) {
				t.Fatalf("%q does not match %q: %q", r.Pattern, line, got)
			}
			// Other words may look like the text after the verb.
			if isName(word) && !strings.Contains(r.Pattern, "%s_") && !slices.Equal(got, want) {
				t.Fatalf("%q: %q in %q, want %q", r.Pattern, got, line, want)
			}
		}
	})
}

func isName(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// reprinted puts the found values back into the format.
func reprinted(format string, args []string) string {
	var line strings.Builder
	for {
		text, verb, rest := cutVerb(format)
		line.WriteString(text)
		if verb == 0 || len(args) == 0 {
			return line.String()
		}
		line.WriteString(args[0])
		format, args = rest, args[1:]
	}
}

// printed prints a format as the kernel does, and returns what the verbs printed.
func printed(format, word string, n int64) (line string, args []string) {
	for format != "" {
		text, verb, rest := cutVerb(format)
		line += text
		if verb == 0 {
			break
		}
		arg := word
		if verb != 's' {
			arg = formatNumber(n)
		}
		line, args, format = line+arg, append(args, arg), rest
	}
	return line, args
}

func formatNumber(n int64) string {
	const digits = "0123456789"
	if n < 0 {
		n = -(n + 1)
		return "-" + string(digits[n%10])
	}
	return string(digits[n%10])
}
