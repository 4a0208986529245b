package main

import (
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// keyTexts are the keys of types of maps, in words.
var keyTexts = [...]string{
	linux.KeyNone:   "none",
	linux.KeyAny:    "bytes of any size",
	linux.KeyIndex:  "a number of 4 bytes",
	linux.KeyPrefix: "a length in bits (4 bytes), then bytes",
	linux.KeyObject: "an object of the kernel; in user space a descriptor",
	linux.KeyCgroup: "a cgroup and a place",
}

func mapTypes(p *page) error {
	p.paragraph("The name is that of bpftool, and of `--map`. *Since* is the first Linux with the type. Flags are those that a map may be",
		"created with, by the names of package `syscall`; an empty cell means that they are not known here. The last column has the",
		"only helpers that accept maps of the type; where it is empty, the kernel does not restrict the type to some helpers.")
	p.head("number", "name", "since", "keys", "flags", "must have", "not if the program may sleep", "creating needs", "only with")
	for t := linux.MapType(1); t.Info().Name != ""; t++ {
		i := t.Info()
		needs := ""
		if i.NetAdmin {
			needs = "CAP_NET_ADMIN"
		}
		only := ""
		if i.Restricted {
			only = codes(helpersFor(t))
		}
		p.row(number(int64(t)), code(i.Name), string(i.Since), keyTexts[i.Key], flagNames(i.Flags), flagNames(i.Must), yes(i.NotSleeping),
			needs, only)
	}
	return nil
}

// helpersFor are the helpers whose rows name a type of maps.
func helpersFor(t linux.MapType) []string {
	var names []string
	for _, h := range linux.Helpers() {
		if h.Maps.Has(t) || h.Also.Has(t) {
			names = append(names, h.Name)
		}
	}
	return names
}

func flagNames(f linux.MapFlags) string {
	if f == 0 {
		return ""
	}
	return codes(strings.Split(f.String(), "|"))
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
