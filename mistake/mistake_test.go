package mistake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// TestKinds: each kind has a title and its own name, which JSON shows.
func TestKinds(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, k := range mistake.Kinds() {
		name := k.String()
		if !form.MatchString(name) || seen[name] {
			t.Errorf("kind %d is named %q", k, name)
		}
		seen[name] = true
		if (k.Title() == "") != (k == mistake.Unknown) {
			t.Errorf("%v: title %q", k, k.Title())
		}
		data, err := json.Marshal(k)
		var back mistake.Kind
		if err != nil || string(data) != fmt.Sprintf("%q", name) || json.Unmarshal(data, &back) != nil || back != k {
			t.Errorf("%v is %s in JSON (%v), which is read as %v", k, data, err, back)
		}
	}
	if len(seen) < 90 {
		t.Errorf("only %d kinds", len(seen))
	}
	if mistake.None.String() != "" || mistake.None.Title() != "" {
		t.Error("None has a name")
	}
	if none := mistake.Kind(255); none.Title() != "" || !strings.Contains(none.String(), "255") {
		t.Errorf("Kind(255) is %v", none)
	}
	if err := json.Unmarshal([]byte(`"no-such-kind"`), new(mistake.Kind)); err == nil {
		t.Error("a name that no kind has was read")
	}
}

// TestFindingText: the place comes first, then the subject and what is wrong; what to do is on its own line.
func TestFindingText(t *testing.T) {
	at := mistake.Position{File: "/x/reno.go", Line: 12}
	for _, tt := range []struct {
		finding mistake.Finding
		want    string
	}{
		{mistake.Finding{Insn: -1, Detail: "it is empty"}, "it is empty"},
		{mistake.Finding{Insn: 3, Detail: "r0 is lost"}, "insn 3: r0 is lost"},
		{
			mistake.Finding{Insn: 3, Position: at, Program: "p", Detail: "r0 is lost", Note: "a\nb", Help: "c"},
			"/x/reno.go:12: p: r0 is lost\n\ta\n\tb\n\thelp: c",
		},
		{mistake.Finding{Insn: 3, Member: "init", Program: "p", Detail: "d"}, "init (p): d"},
		{mistake.Finding{Insn: -1, Member: "init", Program: "init", Detail: "d"}, "init: d"},
		{mistake.Finding{Insn: -1, Member: "init", Detail: "d"}, "init: d"},
	} {
		if got := tt.finding.Error(); got != tt.want {
			t.Errorf("%+v is\n%s\nwant\n%s", tt.finding, got, tt.want)
		}
	}
	fs := mistake.Findings{{Insn: -1, Detail: "one"}, {Insn: -1, Detail: "two", Kind: mistake.NoExit}}
	var single mistake.Finding
	if fs.Error() != "one\ntwo" || !errors.As(error(fs), &single) || single.Detail != "one" {
		t.Errorf("%v; the first is %v", fs, single)
	}
}
