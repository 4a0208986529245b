package main

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

func programTypes(p *page) error {
	p.paragraph("The name is that of bpftool, and of `--type`. *Since* is the first Linux with the type. R1 points to the context. Where",
		"the context is *arguments*, R1 points to an array of numbers of 64 bits: the arguments of the function that the program",
		"implements or traces. An empty cell of the results means that the kernel does not limit them, or that it decides by what the",
		"program is for. The list below has the sections and results of places. The last column has what loading needs besides CAP_BPF.")
	p.head("number", "name", "since", "context", "places", "ELF sections", "results", "may sleep", "loading needs")
	for t := range linux.ProgTypes() {
		i := t.Info()
		p.row(number(int64(t)), code(i.Name), string(i.Since), contextOf(i), codes(names(t.Attach())), codes(i.Sections),
			rangeText(i.Result), sleeps(i), loading(i))
	}
	p.heading("Places")
	p.paragraph("A place is an attach type of the kernel (`expected_attach_type`). In the name of a section, what the program is for may",
		"follow where the table says so: `fentry/tcp_v4_rcv`. `.s` after the first part says that the program may sleep. Where a place",
		"has no results of its own, those of its type count.")
	p.head("number", "place", "since", "types of programs", "ELF sections", "a name may follow", "results")
	for t := range linux.AttachTypes() {
		i := t.Info()
		p.row(number(int64(t)), code(i.Name), string(i.Since), codes(i.Types.Names()), codes(i.Sections),
			yes(i.Named() && i.Sections != nil), rangeText(i.Result))
	}
	return nil
}

func names(places []linux.AttachType) []string {
	list := make([]string, len(places))
	for i, a := range places {
		list[i] = a.String()
	}
	return list
}

func contextOf(i *linux.ProgInfo) string {
	switch {
	case i.Arguments:
		return "arguments"
	case i.Context == "bpf_user_pt_regs_t":
		return code(i.Context) // a typedef
	}
	return code(strings.TrimSuffix("struct "+i.Context, "struct "))
}

func sleeps(i *linux.ProgInfo) string {
	switch {
	case i.Sleeps:
		return "always"
	case i.Sleepable:
		return "at some places"
	}
	return ""
}

// loading is what a user needs to load programs of a type, in addition to CAP_BPF.
func loading(i *linux.ProgInfo) string {
	var list []string
	if i.NetAdmin {
		list = append(list, "CAP_NET_ADMIN")
	}
	if i.Perfmon {
		list = append(list, "CAP_PERFMON")
	}
	if i.NeedsGPL {
		list = append(list, "a licence compatible with the GPL")
	}
	return strings.Join(list, ", ")
}

func rangeText(r *linux.Range) string {
	if r == nil {
		return ""
	}
	return r.String()
}
