package page_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/verifierlog"
	"github.com/bpfsmith/bpfsmith/verifierlog/page"
)

// portsPage is the page of a real log with its source and a full report.
func portsPage(t *testing.T) []byte {
	t.Helper()
	log, err := os.ReadFile("testdata/ports.log")
	if err != nil {
		t.Fatal(err)
	}
	r := verifierlog.Parse(string(log))
	r.Kind = mistake.MaybeNil
	r.Explanation = "R0 is the result of the look-up in the map \"ports\": a pointer to a value, or nil when the map does not have " +
		"the key. " +
		"The program uses it without a check."
	r.Fix = "Check it after the look-up: f.If(seen.IsNil(), leave)."
	at := func(line int, text string) verifierlog.Source {
		return verifierlog.Source{File: "ports.go", Line: line, Text: text}
	}
	look := at(26, "seen := ports.Lookup(f, port)")
	r.Slice = []verifierlog.Step{
		{Insn: 11, Text: "(18) r1 = 0xffff8881043d2000", Source: look, Value: "R1=map_ptr(map=ports,ks=2,vs=16)"},
		{Insn: 15, Text: "(85) call bpf_map_lookup_elem#1", Source: look, Value: "R0=map_value_or_null(id=2,map=ports,ks=2,vs=16)",
			Note: verifierlog.Note{Kind: verifierlog.MayGiveNil, Callee: "bpf_map_lookup_elem"}},
		{Insn: 17, Text: r.Text, Source: r.Source},
	}
	return writePage(t, string(log), r, page.Options{Source: func(file string) ([]byte, error) {
		return os.ReadFile(filepath.Join("testdata", filepath.Base(file)))
	}})
}

func writePage(t *testing.T, log string, r verifierlog.Report, o page.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := page.Write(&b, log, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPageNeedsNothing: the page needs no network and no other file.
func TestPageNeedsNothing(t *testing.T) {
	page := portsPage(t)
	outside := regexp.MustCompile(`(?i)https?://|//[a-z]+\.|<link|<img|<iframe| src=|url\(|@import|fetch\(|XMLHttp|import\(`)
	if found := outside.FindAll(page, -1); len(found) > 0 {
		t.Errorf("the page asks for %q", found)
	}
	for _, want := range []string{`class="row insn blamed"`, "maybe-nil", "R0 invalid mem access &#39;map_value_or_null&#39;",
		`data-at="ports.go:27"`, "return f.U32(ctx.XDPPass)"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page has no %s", want)
		}
	}
	if dir := os.Getenv("PAGE_DIR"); dir != "" { // to look at it
		if err := os.WriteFile(filepath.Join(dir, "ports.html"), page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPageEscapes: authors of programs choose names, and a log may come from a stranger.
func TestPageEscapes(t *testing.T) {
	const evil = `</script><script>document.title="owned"</script><img src=x onerror=alert(1)>"'&` + "`"
	log := "0: R1=ctx() R10=fp0\n" +
		"; " + evil + " @ " + evil + ".go:3\n" +
		"0: (18) r1 = 0x1 " + evil + " ; R1=map_ptr(map=" + evil + ") R2=" + evil + "\n" +
		evil + "\nprocessed 1 insns (limit 1000000)\n"
	r := verifierlog.Parse(log)
	r.Explanation, r.Fix, r.Kernel = evil, evil, evil
	r.Slice = []verifierlog.Step{{
		Insn: 0, Text: evil, Note: verifierlog.Note{Kind: verifierlog.TakenAway, Callee: evil, Place: evil, Was: evil},
		Value: evil, Source: verifierlog.Source{File: evil, Line: 1, Text: evil},
	}}
	page := writePage(t, log, r, page.Options{Title: evil, Source: func(string) ([]byte, error) { return []byte("a\nb\n" + evil), nil }})
	if n := bytes.Count(page, []byte("<script")); n != 2 || bytes.Contains(page, []byte("<img")) ||
		bytes.Contains(page, []byte(`title="owned`)) {
		t.Errorf("%d scripts; the log's text is live", n)
	}
}

// TestPageFoldsOtherPaths: of two paths, the one that succeeded is folded.
func TestPageFoldsOtherPaths(t *testing.T) {
	log := recorded.Open(t).Text(t, "branch_second_path.level2.log")
	page := string(writePage(t, log, verifierlog.Parse(log), page.Options{}))
	_, folded, _ := strings.Cut(page, "other paths, 2 instructions</summary>")
	folded, _, ok := strings.Cut(folded, "</details>")
	if !ok || !strings.Contains(folded, `data-pc="3"`) || !strings.Contains(folded, `data-pc="4"`) ||
		strings.Contains(folded, `data-pc="5"`) {
		t.Errorf("folded:\n%s", folded)
	}
}

// TestPageOfEachLog: the page shows the instruction with the mistake once, and each step of the history links to a row.
func TestPageOfEachLog(t *testing.T) {
	logs := recorded.Open(t)
	blamed, lost := regexp.MustCompile(`class="row insn blamed"`), regexp.MustCompile(`class="step" data-row="-1"`)
	pages := 0
	for _, file := range logs.Files("") {
		log := logs.Text(t, file)
		r := verifierlog.Explain(log, verifierlog.Program{})
		text := writePage(t, log, r, page.Options{})
		want := 0
		if r.Refused() && r.Text != "" {
			want = 1
		}
		if got := len(blamed.FindAll(text, -1)); got != want {
			t.Errorf("%s: %d instructions are marked as the mistake, want %d", file, got, want)
		}
		if n := len(lost.FindAll(text, -1)); n > 0 {
			t.Errorf("%s: %d steps lead nowhere", file, n)
		}
		pages++
	}
	if pages < 500 {
		t.Errorf("only %d pages", pages)
	}
}

// longLog is a log of two paths, which both begin at instruction 1. The first path is long.
func longLog(lines int) string {
	var b strings.Builder
	b.WriteString("0: R1=ctx() R10=fp0\n0: (b7) r6 = 7 ; R6=7\n1: (55) if r1 != 0x0 goto pc+5 ; R1=ctx()\n")
	for i := range lines {
		fmt.Fprintf(&b, "2: (07) r7 += 1 ; R7=%d\n", i)
	}
	b.WriteString("3: (95) exit\n\nfrom 1 to 7: R1=ctx() R6=7 R10=fp0\n")
	for i := range lines {
		fmt.Fprintf(&b, "7: (07) r8 += 1 ; R8=%d\n", i)
	}
	b.WriteString("8: (79) r0 = *(u64 *)(r6 +0)\nR6 invalid mem access 'scalar'\nprocessed 9 insns (limit 1000000)\n")
	return b.String()
}

// TestPageOfALongLog: the page has a limited size, says which lines are missing, and still knows their changes.
func TestPageOfALongLog(t *testing.T) {
	log := longLog(200_000)
	begin := time.Now()
	page := string(writePage(t, log, verifierlog.Parse(log), page.Options{}))
	if len(page) > 8<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	t.Logf("%d bytes of log, %d of page, %v", len(log), len(page), time.Since(begin).Round(time.Millisecond))
	if n := strings.Count(page, "lines are left out here"); n != 1 {
		t.Errorf("%d notes of what is left out", n)
	}
	// The register was set before the lines that are left out.
	if !strings.Contains(page, `"gap":true`) || !regexp.MustCompile(`"set":\[[^}]*\["R6","7"\][^}]*\],"gap":true`).MatchString(page) {
		t.Error("R6 is lost in the lines that are left out")
	}
}

// TestPageInABrowser presses keys and checks what happens.
func TestPageInABrowser(t *testing.T) {
	browse(t, "driver.js", "1280,900")
}

// TestNarrowPageInABrowser: a narrow page scrolls as a whole, and the chosen row must be visible.
func TestNarrowPageInABrowser(t *testing.T) {
	browse(t, "narrow.js", "500,640")
}

// browse opens the page with a script, which writes what is wrong into the root element.
func browse(t *testing.T, script, window string) {
	t.Helper()
	dom := dumpDOM(t, portsPage(t), script, window)
	if !strings.Contains(dom, `data-result="passed`) {
		_, result, _ := strings.Cut(dom, "data-result=")
		t.Errorf("%s says %.300s", script, result)
	}
}

// dumpDOM opens a page in Chromium, in a window of the given size, with a script of testdata at its end. It returns the page after the
// script ran.
func dumpDOM(t *testing.T, page []byte, script, window string) string {
	t.Helper()
	browser := kerneltest.RequireTool(t, "chromium", "chromium", "chromium-browser", "google-chrome") // to press keys on the page
	driver, err := os.ReadFile(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, fmt.Appendf(page, "<script>%s</script>", driver), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), browser, "--headless=new", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+filepath.Join(dir, "profile"),
		"--virtual-time-budget=5000", "--window-size="+window, "--dump-dom", "file://"+file)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
