package verify_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

func TestParseMap(t *testing.T) {
	fd, got, err := verify.ParseMap(" 5 = array:4:16:2:0:bpf_spin_lock@8")
	want := verify.Map{Name: "with descriptor 5", Type: linux.MapTypeArray, Key: 4, Value: 16, Max: 2,
		Fields: []verify.Field{{Name: "bpf_spin_lock", Offset: 8}}}
	if diff := cmp.Diff(want, got); diff != "" || fd != 5 || err != nil {
		t.Errorf("%d, %v (-want +got)\n%s", fd, err, diff)
	}
	for text, want := range map[string]string{
		"":                        "the descriptor is missing",
		"array:4:4:4":             "the descriptor is missing",
		"4294967296=array:4:4:4":  "the descriptor is missing or not a number",
		"5=array:4:4":             "TYPE, KEY, VALUE or MAX is missing",
		"5=table:4:4:4":           "table is not a type of maps",
		"5=array:4:-4:4":          "-4 is not a number",
		"5=array:4:4:4:0:here":    "here is not FIELD@OFFSET",
		"5=array:4:4:4:0:lock@-1": "lock@-1 is not FIELD@OFFSET",
	} {
		if _, _, err := verify.ParseMap(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
