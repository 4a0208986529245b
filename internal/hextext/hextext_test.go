package hextext_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/internal/hextext"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		text string
		want hextext.Text
	}{
		{"", hextext.Text{Code: []byte{}, Places: []int{}}},
		{"0a 0B,0x0c\n# 11\n0d0e ; 12\n// 13", hextext.Text{Code: []byte{10, 11, 12, 13, 14}, Places: []int{0, 3, 8, 16, 18}}},
	} {
		got := hextext.Text{Text: []byte(c.text)}
		if err := got.Read(); err != nil {
			t.Errorf("%q: %s", c.text, err.Detail)
		}
		c.want.Text = []byte(c.text)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", c.text, diff)
		}
	}
	for text, want := range map[string]hextext.Error{
		"00\n1":   {Offset: 3, Detail: "an odd number of hex digits: a byte has two"},
		"0x":      {Offset: 0, Detail: "an odd number of hex digits: a byte has two"},
		"00 g0":   {Offset: 3, Detail: `not a hex digit: "g"`},
		"00 \x7f": {Offset: 3, Detail: "not a hex digit: byte 0x7f"},
	} {
		got := hextext.Text{Text: []byte(text)}
		err := got.Read()
		if err == nil || *err != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestLineAndColumn(t *testing.T) {
	text := []byte("ab\ncd")
	for offset, want := range [][2]int{{1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}} {
		if line, column := hextext.LineAndColumn(text, offset); line != want[0] || column != want[1] {
			t.Errorf("offset %d: %d:%d, want %d:%d", offset, line, column, want[0], want[1])
		}
	}
}

func TestIsText(t *testing.T) {
	for data, want := range map[string]bool{"95 00": true, "": true, "\x95\x00": false, "\xff": false} {
		if hextext.IsText([]byte(data)) != want {
			t.Errorf("%q: want %v", data, want)
		}
	}
}
