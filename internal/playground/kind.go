package playground

import (
	"fmt"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
)

// A kind is a type of programs that the page offers, or a place of a type that has no place by itself.
type kind struct {
	Name    string `json:"name"`    // xdp, cgroup_inet4_connect; "" for code that goes nowhere
	Memory  string `json:"memory"`  // what the program gets, in words
	Packets bool   `json:"packets"` // this is a packet
	Size    int64  `json:"size"`    // of the context, in bytes; 0 if it is not known, or if there is a packet

	place place.Place
}

// kinds are those that can be checked without a kernel: no name of a function or member of the kernel belongs to them.
func kinds() []kind {
	list := []kind{{Memory: "Memory that r1 points to; r2 has its length"}}
	for t := range linux.ProgTypes() {
		switch {
		case t == linux.ProgTypeTracing || t == linux.ProgTypeLSM || t == linux.ProgTypeExt || t == linux.ProgTypeStructOps:
			continue
		case !t.Info().Placed:
			list = append(list, newKind(t.String(), place.Place{Type: t}))
			continue
		}
		for _, at := range t.Attach() {
			list = append(list, newKind(at.String(), place.Place{Type: t, Hook: at}))
		}
	}
	return list
}

func newKind(name string, at place.Place) kind {
	k := kind{Name: name, place: at}
	info := at.Type.Info()
	switch {
	case info.Access != nil && info.Access.Context != nil:
		k.Packets = true
		k.Memory = "The packet, from its Ethernet header on; r1 points to a struct " + info.Access.Context.Name
	case info.Context != "":
		k.Memory = "The context that r1 points to: a struct " + info.Context
	case info.Arguments:
		k.Memory = "The arguments that r1 points to, 8 bytes each"
	default:
		k.Memory = "The context that r1 points to"
	}
	if info.Access != nil && !k.Packets && !info.Access.Memory {
		k.Size = info.Access.Size
	}
	return k
}

// kindNamed finds a kind by its name.
func kindNamed(name string) (kind, error) {
	for _, k := range kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("there is no type of programs %q", name)
}
