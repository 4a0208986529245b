package main

import (
	"strings"
	"testing"
)

const passes = `{"Action":"start","Package":"a"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"all is well\n"}
{"Action":"pass","Package":"a","Test":"TestGood","Elapsed":0.1}
{"Action":"pass","Package":"a","Elapsed":0.2}
{"Action":"skip","Package":"b","Elapsed":0}
`

func TestCount(t *testing.T) {
	for name, tt := range map[string]struct {
		lines string
		want  tally
		good  bool
		shown string
	}{
		"all pass": {passes, tally{passed: 1}, true, "pass a 0.2 s\n"},
		"one fails": {passes + `{"Action":"output","Package":"c","Test":"TestBad","Output":"no luck\n"}
{"Action":"fail","Package":"c","Test":"TestBad"}
{"Action":"fail","Package":"c","Elapsed":1}
`, tally{passed: 1, failed: 1, packages: 1}, false, "no luck\n"},
		"one is skipped": {passes + `{"Action":"output","Package":"c","Test":"TestOld","Output":"needs more\n"}
{"Action":"skip","Package":"c","Test":"TestOld"}
`, tally{passed: 1, skipped: 1}, false, "needs more\n"},
		"it does not build": {passes + `{"Action":"build-output","Output":"undefined: x\n"}
{"Action":"fail","Package":"c","Elapsed":0}
`, tally{passed: 1, packages: 1}, false, "undefined: x\n"},
		"nothing ran":   {"", tally{}, false, ""},
		"words of make": {"make: *** something\n" + passes, tally{passed: 1}, true, "make: *** something\n"},
	} {
		var shown strings.Builder
		got, err := read(strings.NewReader(tt.lines), &shown)
		if err != nil || got != tt.want || got.good() != tt.good || !strings.Contains(shown.String(), tt.shown) ||
			strings.Contains(shown.String(), "all is well") {
			t.Errorf("%s: %v, good %v (%v)\n%s", name, got, got.good(), err, &shown)
		}
	}
}
