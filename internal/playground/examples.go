package playground

import (
	"embed"
	"fmt"
)

//go:embed examples
var exampleFiles embed.FS

// An example is something to begin with.
type example struct {
	Title string `json:"title"`
	Text  string `json:"text"`

	file string
}

// exampleLogs are logs that Linux 6.18 has printed. A test compares them with where they were recorded.
var exampleLogs = []example{
	{Title: "A look-up that may find nothing", file: "maybe-nil.log"},
	{Title: "A packet that has moved", file: "stale-packet.log"},
	{Title: "A record that is not given back", file: "unreleased.log"},
	{Title: "Wrong on the second path only", file: "second-path.log"},
	{Title: "A loop without an end", file: "endless-loop.log"},
}

// read fills the texts of examples.
func read(list []example) ([]example, error) {
	full := make([]example, len(list))
	for n, e := range list {
		text, err := exampleFiles.ReadFile("examples/" + e.file)
		if err != nil {
			return nil, fmt.Errorf("example %q: %w", e.Title, err)
		}
		e.Text = string(text)
		full[n] = e
	}
	return full, nil
}

// about is what the page shows before anything is typed.
type about struct {
	Logs []example `json:"logs"`
}

func (p *Playground) about(struct{}) (*about, error) {
	logs, err := read(exampleLogs)
	return &about{Logs: logs}, err
}
