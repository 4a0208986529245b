package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// When a program, a rule or a log changes, the page must be written again.
func TestPageIsFresh(t *testing.T) {
	want, err := document()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../../docs/mistakes.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Error("docs/mistakes.md is stale: run go generate ./internal/test/mistakes")
	}
}

// TestLinksLead: each entry of the contents has exactly one target.
func TestLinksLead(t *testing.T) {
	text, err := document()
	if err != nil {
		t.Fatal(err)
	}
	places := make(map[string]int)
	for _, m := range regexp.MustCompile(`(?m)^(?:<a id="([^"]+)"></a>|## (.+))$`).FindAllStringSubmatch(string(text), -1) {
		if m[1] != "" {
			places[m[1]]++
		} else { // as GitHub makes them
			places[strings.ReplaceAll(strings.ToLower(m[2]), " ", "-")]++
		}
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(string(text), -1)
	for _, m := range links {
		if places[m[1]] != 1 {
			t.Errorf("#%s has %d targets", m[1], places[m[1]])
		}
	}
	if len(links) < 160 {
		t.Errorf("there are %d links", len(links))
	}
}
