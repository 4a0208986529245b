package playground

import (
	"embed"
	"fmt"
)

//go:embed examples
var exampleFiles embed.FS

// An example is something to begin with: a log, or a program with what it runs on.
type example struct {
	Title  string `json:"title"`
	Text   string `json:"text"`
	Kind   string `json:"kind,omitempty"`   // of a program
	Memory string `json:"memory,omitempty"` // in hex
	Maps   string `json:"maps,omitempty"`

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

// query is a packet with a query to a name server, cut off after its UDP header.
const query = `02 00 00 00 00 01  02 00 00 00 00 02  08 00
45 00 00 1c 00 01 00 00 40 11 a6 ce c0 00 02 01 c6 33 64 02
c0 00 00 35 00 08 00 00`

// examplePrograms are in the notation of Linux's verifier. Their kinds are those that the comments say.
var examplePrograms = []example{
	{Title: "Drop a packet", file: "drop-dns.s", Kind: "xdp", Memory: query},
	{Title: "A check is missing", file: "no-bounds.s", Kind: "xdp", Memory: query},
	{Title: "Count in a map", file: "count-protocols.s", Kind: "xdp", Memory: query, Maps: "5=array:4:8:256"},
	{Title: "A loop", file: "count-bits.s", Memory: "f0 0f 00 00 00 00 00 80"},
	{Title: "A function", file: "squares.s", Kind: "syscall", Memory: "03 04"},
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
	Logs     []example `json:"logs"`
	Programs []example `json:"programs"`
	Kinds    []kind    `json:"kinds"`
}

func (p *Playground) about(struct{}) (*about, error) {
	logs, err := read(exampleLogs)
	if err != nil {
		return nil, err
	}
	programs, err := read(examplePrograms)
	return &about{Logs: logs, Programs: programs, Kinds: kinds()}, err
}
