package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/gen/genfiles"
	"github.com/bpfsmith/bpfsmith/internal/test/browser"
)

// built is the page, made once for all tests.
var built = sync.OnceValues(func() ([]byte, error) {
	root, err := genfiles.Root()
	if err != nil {
		return nil, err
	}
	wasm, err := build(root)
	if err != nil {
		return nil, err
	}
	return document(wasm)
})

// open opens the page in a browser, and waits for its program.
func open(t *testing.T, o browser.Options) *browser.Page {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles for another system")
	}
	page, err := built()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "playground.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, file, o)
	p.Wait(`document.documentElement.dataset.ready`)
	return p
}

// picture keeps a picture in the folder PAGE_DIR, to look at.
func picture(t *testing.T, p *browser.Page, name string, whole bool) {
	t.Helper()
	if dir := os.Getenv("PAGE_DIR"); dir != "" {
		p.Picture(filepath.Join(dir, name+".png"), whole)
	}
}

// The windows in which the page is tested.
var (
	desktop = browser.Options{Width: 1280, Height: 900}
	phone   = browser.Options{Width: 375, Height: 740, Phone: true}
)

// click clicks the element that a selector finds; n counts from 0.
func click(p *browser.Page, selector string, n int) {
	p.Eval(fmt.Sprintf(`document.querySelectorAll(%q)[%d].click()`, selector, n), nil)
}

// text is the text of the element with an id.
func text(p *browser.Page, id string) string {
	return p.Text(fmt.Sprintf(`document.getElementById(%q).textContent`, id))
}

// clean reports what the browser has complained of.
func clean(t *testing.T, p *browser.Page) {
	t.Helper()
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}

// fits checks the tab that is shown: nothing is wider than the window, and each control that is shown has a name.
func fits(t *testing.T, p *browser.Page, what string) {
	t.Helper()
	if wide := p.Text(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide != "0" {
		t.Errorf("%s: the page is %s pixels wider than the window: %s", what, wide, p.Text(`[...document.querySelectorAll("main *")]
			.filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + "#" + e.id)`))
	}
	nameless := p.Text(`[...document.querySelectorAll("button, textarea, input, select, iframe, [role=region], [role=tabpanel]")]
		.filter((e) => e.checkVisibility() && !(e.labels?.length || e.textContent.trim() && e.tagName === "BUTTON" || e.title ||
			e.getAttribute("aria-label") || document.getElementById(e.getAttribute("aria-labelledby"))))
		.map((e) => e.outerHTML.slice(0, 80)).join()`)
	if nameless != "" {
		t.Errorf("%s: these have no name: %s", what, nameless)
	}
}

// TestAllTabs goes through the page with its examples, in three kinds of windows.
func TestAllTabs(t *testing.T) {
	for name, o := range map[string]browser.Options{"desktop": desktop, "phone": phone, "dark": {Width: 1280, Height: 900, Dark: true}} {
		t.Run(name, func(t *testing.T) {
			p := open(t, o)
			fits(t, p, "at the beginning")
			click(p, "#log-examples button", 0)
			p.Wait(`document.getElementById("report").dataset.shown === "true"`)
			want := "A pointer that may be nil is used, at ports.go:27"
			if got := text(p, "explain-status"); got != want {
				t.Errorf("the page says %q, want %q", got, want)
			}
			want = "(db) lock *(u64 *)(r0 +0) += r1"
			if got := p.InFrame(`document.querySelector(".row.blamed .text").textContent`); got != want {
				t.Errorf("the mistake is at %q, want %q", got, want)
			}
			if wide := p.InFrame(`document.documentElement.scrollWidth > innerWidth`); wide != "false" {
				t.Error("the explanation is wider than its frame")
			}
			p.InFrame(`document.querySelector('.row[data-pc="7"]').click()`)
			got := p.InFrame(`document.getElementById("inspect").textContent`)
			if !strings.Contains(got, "R0pkt(r=0)scalar(smin=smin32=0") {
				t.Errorf("the registers at instruction 7 are %q", got)
			}
			fits(t, p, "with an explanation")
			picture(t, p, name+"-explain", true)
			click(p, "#report-whole", 0)
			fits(t, p, "with the window filled")
			picture(t, p, name+"-whole", false)
			click(p, "#report-whole", 0)

			click(p, "#tab-program", 0)
			fits(t, p, "the program")
			picture(t, p, name+"-program", true)
			click(p, "#panel-program [data-programs] button", 1)
			p.Wait(`document.querySelector(".finding")`)
			if got := text(p, "verdict"); got != "7 instructions. Linux refuses this program: 1 mistake." {
				t.Error(got)
			}
			if got := p.Text(`document.querySelector(".insn.wrong .text").textContent`); got != "r5 = *(u16 *)(r2 +12)" {
				t.Errorf("the finding is at %q", got)
			}
			fits(t, p, "a program with a mistake")
			picture(t, p, name+"-wrong", true)

			click(p, "#panel-program [data-programs] button", 2)
			p.Wait(`document.querySelectorAll("#listing .insn").length == 17`)
			click(p, "#go-steps", 0)
			p.Wait(`document.querySelector('#code [aria-current][data-slot="0"]')`)
			for n := range 8 {
				click(p, "[data-move=step]", 0)
				p.Wait(fmt.Sprintf(`document.getElementById("where").textContent.startsWith("After %d instruction")`, n+1))
			}
			if got := p.Text(`document.querySelector("#stack .changed").textContent`); got != "r10 -800 00 00 00 11 00 00 00" {
				t.Errorf("the stack is %q", got)
			}
			fits(t, p, "a program that has stopped")
			picture(t, p, name+"-steps", true)
			click(p, "[data-move=continue]", 0)
			p.Wait(`document.getElementById("where").textContent === "The end, after 17 instructions: the program returns XDP_PASS, 2."`)
			if got := text(p, "map-states"); !strings.Contains(got, "11 00 00 0001 00 00 00 00 00 00 00") {
				t.Errorf("the map is %q", got)
			}
			picture(t, p, name+"-end", true)
			clean(t, p)
		})
	}
}

// focused describes the element with the focus.
const focused = `document.activeElement.id || document.activeElement.dataset.move || document.activeElement.textContent`

// tabTo presses Tab until an element has the focus.
func tabTo(t *testing.T, p *browser.Page, id string) {
	t.Helper()
	var passed []string
	for range 60 {
		p.Press("Tab")
		got := p.Text(focused)
		if got == id {
			return
		}
		passed = append(passed, got)
	}
	t.Fatalf("Tab does not lead to %s: %q", id, passed)
}

// TestKeyboardAlone writes, checks and runs a program without a mouse, and explains a log.
func TestKeyboardAlone(t *testing.T) {
	p := open(t, desktop)
	tabTo(t, p, "log")
	p.Type("0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000)\n")
	p.Wait(`document.getElementById("report").dataset.shown === "true"`)
	p.Press("Control+Enter")
	p.Wait(`document.activeElement.id === "report-frame"`)

	p.Eval(`document.activeElement.blur(), scrollTo(0, 0)`, nil)
	tabTo(t, p, "tab-explain")
	p.Press("ArrowRight")
	if got := p.Text(focused); got != "tab-program" {
		t.Fatalf("the arrow leads to %s", got)
	}
	tabTo(t, p, "text")
	p.Eval(`document.activeElement.select()`, nil) // as Control+A does
	p.Type("r0 = 6\nr0 *= 7\nexit\n")
	p.Wait(`document.getElementById("verdict").textContent === "3 instructions. The check finds nothing wrong."`)
	if got, want := p.Text(`document.getElementById("hex").value.split("\n")[1]`), "27 00 00 00 07 00 00 00"; got != want {
		t.Errorf("the code is %q, want %q", got, want)
	}
	tabTo(t, p, "go-steps")
	p.Press("Enter")
	p.Wait(`document.querySelector('#code [aria-current][data-slot="0"]')`)
	if got := p.Text(focused); got != "tab-steps" {
		t.Errorf("the focus is at %s", got)
	}
	tabTo(t, p, "step")
	p.Press("Enter")
	p.Wait(`document.querySelector('#code [aria-current][data-slot="1"]')`)
	p.Press("s")
	p.Wait(`document.querySelector('#code [aria-current][data-slot="2"]')`)
	if got := p.Text(`document.querySelector("#registers .changed").textContent`); got != "r00x2a  42" {
		t.Errorf("what has changed is %q", got)
	}
	p.Press("S")
	p.Wait(`document.querySelector('#code [aria-current][data-slot="1"]')`)
	p.Press("g")
	p.Wait(`document.querySelector('#code [aria-current][data-slot="0"]')`)
	tabTo(t, p, "code")
	p.Press("Tab", "ArrowDown", "ArrowDown", " ", "c") // a breakpoint at the third instruction, and on to it
	p.Wait(`document.querySelector('#code [aria-current][aria-pressed="true"][data-slot="2"]')`)
	p.Press("c")
	p.Wait(`document.getElementById("where").textContent === "The end, after 3 instructions: the program returns 42 (0x2a)."`)
	clean(t, p)
}

// TestHexBecomesText types code.
func TestHexBecomesText(t *testing.T) {
	p := open(t, desktop)
	click(p, "#tab-program", 0)
	p.Eval(`document.getElementById("hex").focus(), document.getElementById("hex").select()`, nil)
	p.Type("b7 00 00 00 01 00 00 00 95")
	p.Wait(`document.getElementById("hex-mistake").textContent.startsWith("Line 1, column 25: ")`)
	p.Type(" 00 00 00 00 00 00 00")
	p.Wait(`document.getElementById("text").value === "r0 = 1\nexit\n"`)
	if got := text(p, "hex-mistake"); got != "" {
		t.Error(got)
	}
	clean(t, p)
}

// TestTextStaysText types HTML everywhere.
func TestTextStaysText(t *testing.T) {
	const evil = `<img src=x onerror="window.owned=1"></textarea></script><script>window.owned=1</script>`
	p := open(t, desktop)
	p.Eval(`document.getElementById("log").focus()`, nil)
	p.Type("0: R1=ctx() R10=fp0\n; " + evil + " @ a.go:1\n0: (95) exit " + evil + "\n" + evil + "\nprocessed 1 insns (limit 1000000)\n")
	p.Wait(`document.getElementById("report").dataset.shown === "true"`)
	if got := p.InFrame(`[window.owned, document.querySelectorAll("img").length].join()`); got != ",0" {
		t.Errorf("in the explanation: %s", got)
	}
	if got := p.InFrame(`(() => { try { return parent.document.title } catch (e) { return "no" } })()`); got != "no" {
		t.Error("the explanation may reach the page")
	}
	click(p, "#tab-program", 0)
	p.Eval(`document.getElementById("maps-more").open = true`, nil)
	for _, id := range []string{"text", "hex", "maps", "memory"} {
		if id == "memory" {
			click(p, "#panel-program [data-programs] button", 0)
			click(p, "#tab-steps", 0)
		}
		p.Eval(fmt.Sprintf(`document.getElementById(%q).focus(), document.getElementById(%[1]q).select()`, id), nil)
		p.Type(evil)
		p.Eval(`new Promise((done) => setTimeout(done, 600))`, nil)
		if got := p.Text(`[window.owned, document.querySelectorAll("img").length].join()`); got != ",0" {
			t.Errorf("typed into %s: %s", id, got)
		}
	}
	clean(t, p)
}

// TestEndlessProgram: the limit ends it, and the page goes on. A request that is stopped leaves a page that works.
func TestEndlessProgram(t *testing.T) {
	p := open(t, desktop)
	click(p, "#tab-program", 0)
	p.Eval(`document.getElementById("text").focus(), document.getElementById("text").select()`, nil)
	p.Type("r0 = 0\nagain: r0 += 1\ngoto again\n")
	p.Wait(`document.querySelectorAll("#listing .insn").length == 3`)
	click(p, "#tab-steps", 0)
	p.Wait(`document.querySelector('#code [aria-current][data-slot="0"]')`)
	begin := time.Now()
	click(p, "[data-move=continue]", 0)
	p.Wait(`document.getElementById("where").textContent.includes("has not ended after 1000000 instructions")`)
	t.Logf("a million steps take %v", time.Since(begin).Round(time.Millisecond))

	click(p, "[data-move=begin]", 0)
	p.Wait(`document.querySelector('#code [aria-current][data-slot="0"]')`)
	click(p, "[data-move=continue]", 0)
	click(p, "#stop", 0)
	p.Wait(`document.getElementById("where").textContent === "Stopped."`)
	click(p, "[data-move=step]", 0)
	p.Wait(`document.querySelector('#code [aria-current][data-slot="1"]')`)
	clean(t, p)
}

// TestTimeToTheFirstExplanation measures what a reader waits for.
func TestTimeToTheFirstExplanation(t *testing.T) {
	p := open(t, desktop)
	ready := p.Text(`Math.round(performance.now())`)
	begin := time.Now()
	click(p, "#log-examples button", 0)
	p.Wait(`document.getElementById("report").dataset.shown === "true"`)
	took := time.Since(begin)
	page, err := built()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("page %.1f MB; ready %s ms after it was opened; the explanation takes %v more", float64(len(page))/1e6, ready,
		took.Round(time.Millisecond))
	if took > 5*time.Second || len(page) > 10<<20 {
		t.Errorf("the page has %d bytes, the first explanation takes %v", len(page), took)
	}
}
