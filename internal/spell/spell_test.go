package spell

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	members := []string{"ssthresh", "cong_avoid", "set_state", "cwnd_event", "undo_cwnd", "cong_control"}
	for _, tt := range []struct{ word, want string }{
		{"sstresh", "ssthresh"},
		{"shtresh", "ssthresh"},
		{"cong_aviod", "cong_avoid"}, // neighbours swapped
		{"SSTHRESH", "ssthresh"},
		{"cong_contrl", "cong_control"},
		{"frobnicate", ""},
		{"", ""},
	} {
		if got := Nearest(tt.word, slices.Values(members)); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

func TestNearestTakesTheFirstOfEquals(t *testing.T) {
	if got := Nearest("abcd", slices.Values([]string{"abcx", "abcy"})); got != "abcx" {
		t.Errorf("got %q, want abcx", got)
	}
}
