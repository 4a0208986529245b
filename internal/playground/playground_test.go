package playground

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/recorded"
)

// ask asks a new playground, and fails when the answer is an error.
func ask[Out any](t *testing.T, name string, request any) (out Out) {
	t.Helper()
	answer := New().Answer(name, encode(request))
	var wrong refusal
	if err := json.Unmarshal(answer, &wrong); err != nil || wrong.Error != "" {
		t.Fatalf("%s: %v %s", name, err, wrong.Error)
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// refused asks for something that cannot be answered, and returns the reason.
func refused(t *testing.T, name string, request []byte) string {
	t.Helper()
	var wrong refusal
	if err := json.Unmarshal(New().Answer(name, request), &wrong); err != nil {
		t.Fatal(err)
	}
	if wrong.Error == "" {
		t.Errorf("%s %.40q: there is no error", name, request)
	}
	return wrong.Error
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	for _, c := range []struct{ name, request, want string }{
		{"nothing", `{}`, `no request "nothing"`},
		{"explain", `{`, "cannot be read"},
		{"explain", `{"log": 5}`, "cannot be read"},
		{"explain", `{"log": " \n"}`, "there is no log"},
		{"explain", `"` + strings.Repeat("x", maxInput) + `"`, "at most 16777216"},
	} {
		if got := refused(t, c.name, []byte(c.request)); !strings.Contains(got, c.want) {
			t.Errorf("%s %.40s: %q, want %q", c.name, c.request, got, c.want)
		}
	}
}

func TestADefectIsAnAnswer(t *testing.T) {
	answer := guarded(func() (any, error) { panic("here") })
	var wrong refusal
	if err := json.Unmarshal(answer, &wrong); err != nil || !strings.HasSuffix(wrong.Error, "report it with the input: here") {
		t.Errorf("%s", answer)
	}
}

func TestExplain(t *testing.T) {
	for _, e := range ask[about](t, "about", struct{}{}).Logs {
		got := ask[explanation](t, "explain", explainRequest{Log: e.Text})
		if got.Kind == "" || got.Heading == "" || !strings.Contains(got.Page, `class="row insn blamed"`) {
			t.Errorf("%s: %s: %s", e.Title, got.Kind, got.Heading)
		}
	}
	got := ask[explanation](t, "explain", explainRequest{Log: "processed 2 insns (limit 1000000) max_states_per_insn 0\n"})
	if got.Heading != "The log has no error." {
		t.Errorf("a log without an error: %s", got.Heading)
	}
}

// TestLogsInAJournal: readers paste what they see, with what stands around the log.
func TestLogsInAJournal(t *testing.T) {
	log := file(t, "../../verifierlog/page/testdata/ports.log")
	text := "libbpf: prog 'ports': BPF program load failed: Permission denied\nlibbpf: prog 'ports': -- BEGIN PROG LOAD LOG --\n" + log +
		"-- END PROG LOAD LOG --\nlibbpf: prog 'ports': failed to load: -13\n"
	var journal strings.Builder
	for line := range strings.Lines(text) {
		journal.WriteString("Nov 30 10:00:01 host agent[77]: " + line)
	}
	for _, text := range []string{text, journal.String()} {
		got := ask[explanation](t, "explain", explainRequest{Log: text})
		if got.Kind != "maybe-nil" || !strings.HasSuffix(got.Heading, "at ports.go:27") || strings.Contains(got.Page, "agent[77]") {
			t.Errorf("%s: %s", got.Kind, got.Heading)
		}
	}
}

// TestExampleLogsAreRecorded compares the examples with where they come from.
func TestExampleLogsAreRecorded(t *testing.T) {
	logs := recorded.Open(t)
	of := map[string]func() string{
		"maybe-nil.log":    func() string { return file(t, "../../verifierlog/page/testdata/ports.log") },
		"stale-packet.log": func() string { return file(t, "../../docs/tutorial/09_packets/testdata/shorten.txt") },
		"unreleased.log":   func() string { return file(t, "../../docs/tutorial/10_tracing/testdata/leaky.txt") },
		"second-path.log":  func() string { return logs.Text(t, "branch_second_path.level2.log") },
		"endless-loop.log": func() string { return logs.Text(t, "infinite_loop.level1.log") },
	}
	examples, err := read(exampleLogs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		if want, ok := of[e.file]; !ok || e.Text != want() {
			t.Errorf("%s is not the log that was recorded", e.file)
		}
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
