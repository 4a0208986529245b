// Package browser opens pages in Chromium for tests: it presses keys, asks the page with JavaScript, and makes pictures.
//
// It speaks the protocol of Chromium's developer tools (https://chromedevtools.github.io/devtools-protocol/) over two pipes: one object of
// JSON after the other, each with a zero byte at its end. So no port is opened.
package browser

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// patience is how long a page may take for what a test waits for.
const patience = 30 * time.Second

// A Page is a page in a browser of its own.
type Page struct {
	t       testing.TB
	to      io.Writer
	session string

	mu       sync.Mutex
	count    int
	waiting  map[int]chan message
	loaded   chan struct{}
	frames   []string // sessions of frames that have a process of their own
	problems []string // errors of scripts, and what they write to the console as errors
}

// A message is what the browser says: the answer to a command, or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Options say how a page is seen.
type Options struct {
	Width, Height int  // of the window, in CSS pixels
	Dark          bool // the reader prefers dark pages
	Phone         bool // touch, and two pixels for one
}

// Open opens a file in Chromium. The browser ends with the test.
func Open(t testing.TB, file string, o Options) *Page {
	t.Helper()
	path := kerneltest.RequireTool(t, "chromium", "chromium", "chromium-browser", "google-chrome")
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, path)
	var target struct{ TargetID string }
	p.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	p.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.call(domain+".enable", nil, nil)
	}
	p.call("Target.setAutoAttach", map[string]any{"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true}, nil)
	scheme := "light"
	if o.Dark {
		scheme = "dark"
	}
	p.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{
		map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	scale := 1
	if o.Phone {
		scale = 2
	}
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": o.Width, "height": o.Height, "deviceScaleFactor": scale,
		"mobile": o.Phone}, nil)
	p.call("Page.navigate", map[string]any{"url": "file://" + filepath.ToSlash(file)}, nil)
	select {
	case <-p.loaded:
	case <-time.After(patience):
		t.Fatal("the page is not loaded")
	}
	return p
}

// start starts the browser, and reads what it says.
func start(t testing.TB, path string) *Page {
	t.Helper()
	toBrowser, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "bpfsmith-browser-")
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
		"--user-data-dir="+profile)
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser} // descriptors 3 and 4
	cmd.Stderr = &said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	p := &Page{t: t, to: to, waiting: map[int]chan message{}, loaded: make(chan struct{}, 1)}
	t.Cleanup(func() {
		p.send("Browser.close", nil, "")
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		to.Close()
		from.Close()
		for range 20 { // its children may still write
			if os.RemoveAll(profile) == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if t.Failed() {
			t.Logf("the browser says: %.2000s", said.Bytes())
		}
	})
	go p.read(from)
	return p
}

// read passes on what the browser says, until it ends.
func (p *Page) read(from io.Reader) {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			break
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		p.mu.Lock()
		answer := p.waiting[m.ID]
		delete(p.waiting, m.ID)
		p.mu.Unlock()
		if answer != nil {
			answer <- m
			continue
		}
		p.event(m)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, answer := range p.waiting {
		close(answer)
		delete(p.waiting, id)
	}
}

// event remembers what is wrong with the page.
func (p *Page) event(m message) {
	var params struct {
		Type  string
		Args  []struct{ Value, Description any }
		Entry struct {
			Level, Text, URL string
		}
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Request    struct{ URL string }
		SessionID  string
		TargetInfo struct{ Type string }
	}
	if json.Unmarshal(m.Params, &params) != nil {
		return
	}
	problem := ""
	switch m.Method {
	case "Page.loadEventFired":
		select {
		case p.loaded <- struct{}{}:
		default:
		}
	case "Target.attachedToTarget":
		if params.TargetInfo.Type == "iframe" {
			p.mu.Lock()
			p.frames = append(p.frames, params.SessionID)
			p.mu.Unlock()
			p.send("Runtime.enable", nil, params.SessionID)
			p.send("Log.enable", nil, params.SessionID)
			p.send("Network.enable", nil, params.SessionID)
		}
	case "Runtime.exceptionThrown":
		problem = params.ExceptionDetails.Text + " " + params.ExceptionDetails.Exception.Description
	case "Runtime.consoleAPICalled":
		if params.Type == "error" || params.Type == "warning" {
			problem = fmt.Sprint("console.", params.Type, " ", params.Args)
		}
	case "Log.entryAdded":
		if params.Entry.Level == "error" || params.Entry.Level == "warning" {
			problem = params.Entry.Text + " " + params.Entry.URL
		}
	case "Network.requestWillBeSent":
		switch scheme, _, _ := strings.Cut(params.Request.URL, ":"); scheme {
		case "http", "https", "ws", "wss":
			problem = "the page asks for " + params.Request.URL
		}
	}
	if problem != "" {
		p.mu.Lock()
		p.problems = append(p.problems, problem)
		p.mu.Unlock()
	}
}

// send sends a command.
func (p *Page) send(method string, params any, session string) (answer chan message) {
	answer = make(chan message, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	p.waiting[p.count] = answer
	command := map[string]any{"id": p.count, "method": method}
	if params != nil {
		command["params"] = params
	}
	if session != "" {
		command["sessionId"] = session
	}
	text, err := json.Marshal(command)
	if err == nil {
		_, err = p.to.Write(append(text, 0))
	}
	if err != nil {
		delete(p.waiting, p.count)
		close(answer)
	}
	return answer
}

// do sends a command to the page and waits for its answer.
func (p *Page) do(method string, params, result any) error {
	return p.doIn(p.session, method, params, result)
}

// doIn sends a command to the page, or to a frame of it.
func (p *Page) doIn(session, method string, params, result any) error {
	select {
	case m, ok := <-p.send(method, params, session):
		switch {
		case !ok:
			return fmt.Errorf("%s: the browser has ended", method)
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer in %v", method, patience)
	}
}

// call is do for what must work.
func (p *Page) call(method string, params, result any) {
	p.t.Helper()
	if err := p.do(method, params, result); err != nil {
		p.t.Fatal(err)
	}
}

// Problems are the errors that scripts have thrown or written to the console, and requests that went to the network.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.problems...)
}

// eval evaluates JavaScript in the page or a frame of it, and waits for a promise.
func (p *Page) eval(session, script string, result any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	command := map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true, "userGesture": true}
	err := p.doIn(session, "Runtime.evaluate", command, &answer)
	switch {
	case err != nil:
		return err
	case answer.ExceptionDetails != nil:
		return errors.New(script + ": " + answer.ExceptionDetails.Text + " " + answer.ExceptionDetails.Exception.Description)
	case result == nil || answer.Result.Value == nil:
		return nil
	}
	return json.Unmarshal(answer.Result.Value, result)
}

// Eval evaluates JavaScript; its value is stored in what result points to, if it is not nil.
func (p *Page) Eval(script string, result any) {
	p.t.Helper()
	if err := p.eval(p.session, script, result); err != nil {
		p.t.Fatal(err)
	}
}

// InFrame is the value of JavaScript, a text, in the page's newest frame that has an origin of its own.
func (p *Page) InFrame(script string) string {
	p.t.Helper()
	p.mu.Lock()
	frames := p.frames
	p.mu.Unlock()
	if len(frames) == 0 {
		p.t.Fatal("the page has no frame with an origin of its own")
	}
	var text string
	if err := p.eval(frames[len(frames)-1], "String("+script+")", &text); err != nil {
		p.t.Fatal(err)
	}
	return text
}

// Text is the value of JavaScript that is a text.
func (p *Page) Text(script string) string {
	p.t.Helper()
	var text string
	p.Eval("String("+script+")", &text)
	return text
}

// Wait waits until JavaScript is true.
func (p *Page) Wait(script string) {
	p.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		var ok bool
		if p.Eval("Boolean("+script+")", &ok); ok {
			return
		}
		if time.Since(begin) > patience {
			p.t.Fatalf("after %v it is not true: %s; problems: %q", patience, script, p.Problems())
		}
	}
}

// keys are the codes of keys with a name.
var keys = map[string]struct {
	code int
	text string
}{
	"Tab": {9, ""}, "Enter": {13, "\r"}, "Escape": {27, ""}, " ": {32, " "}, "End": {35, ""}, "Home": {36, ""}, "ArrowLeft": {37, ""},
	"ArrowUp": {38, ""}, "ArrowRight": {39, ""}, "ArrowDown": {40, ""}, "Backspace": {8, ""},
}

// Press presses keys, as a person does: names such as Tab, or a character. With "Shift+" or "Control+" before it, that key is held.
func (p *Page) Press(names ...string) {
	p.t.Helper()
	for _, name := range names {
		modifiers := 0
		if rest, ok := strings.CutPrefix(name, "Shift+"); ok {
			name, modifiers = rest, 8
		}
		if rest, ok := strings.CutPrefix(name, "Control+"); ok {
			name, modifiers = rest, 2
		}
		key, known := keys[name]
		if !known {
			key.text = name
		}
		down := map[string]any{"type": "rawKeyDown", "key": name, "windowsVirtualKeyCode": key.code, "modifiers": modifiers}
		if key.text != "" && modifiers != 2 {
			down["type"], down["text"] = "keyDown", key.text
		}
		p.call("Input.dispatchKeyEvent", down, nil)
		p.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "windowsVirtualKeyCode": key.code,
			"modifiers": modifiers}, nil)
	}
}

// Type writes text where the focus is.
func (p *Page) Type(text string) {
	p.t.Helper()
	p.call("Input.insertText", map[string]any{"text": text}, nil)
}

// Picture writes a picture of the page to a file: of the window, or of the whole page.
func (p *Page) Picture(file string, whole bool) {
	p.t.Helper()
	var picture struct{ Data string }
	p.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}, &picture)
	data, err := base64.StdEncoding.DecodeString(picture.Data)
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
