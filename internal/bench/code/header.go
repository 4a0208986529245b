package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/phrase"
	"github.com/bpfsmith/bpfsmith/isa"
)

// fields are the fields of the kernel's structs that the plain sources use.
var fields = []struct {
	name  string
	paths []string
}{
	{"sock", []string{"__sk_common.skc_state", "sk_pacing_rate", "sk_pacing_status", "sk_gso_max_size"}},
	{"inet_connection_sock", []string{"icsk_ca_priv", "icsk_ca_state", "icsk_ack.pending"}},
	{"tcp_sock", []string{"snd_cwnd", "snd_ssthresh", "prior_cwnd", "is_cwnd_limited", "max_packets_out", "snd_una", "snd_nxt", "rcv_nxt",
		"tcp_mstamp", "lsndtime", "delivered", "delivered_ce", "ecn_flags"}},
	{"ack_sample", []string{"rtt_us"}},
}

// writeHeader writes C structs with these fields at the offsets that they
// have in the kernel of these types, and bytes without names between them. A
// field is named by the last part of its path; a bit field is read by a
// macro <struct>_<field>.
func writeHeader(w io.Writer, types *btf.Types, hz uint32) error {
	fmt.Fprintf(w, "// Made from the kernel's types by bench-code.\n#pragma once\n#define HZ %d\n", hz)
	for _, s := range fields {
		if err := writeStruct(w, types, s.name, s.paths); err != nil {
			return err
		}
	}
	return nil
}

// A place is a member of a C struct in the header.
type place struct {
	at, size    uint32
	member      string
	declaration string
}

func writeStruct(w io.Writer, types *btf.Types, name string, paths []string) error {
	var places []place
	var macros strings.Builder
	for _, path := range paths {
		f, err := types.Field(name, path)
		if err != nil {
			return err
		}
		member := path[strings.LastIndexByte(path, '.')+1:]
		switch {
		case f.BitSize > 0:
			if isa.Native != isa.LittleEndian {
				return fmt.Errorf("%s.%s: header.go supports bit fields only on little-endian machines",
					name, path)
			}
			at, shift := f.Offset+f.BitOffset/8, f.BitOffset%8
			if shift+f.BitSize > 8 {
				return fmt.Errorf("%s.%s is not within a byte: header.go has no macro for that", name, path)
			}
			fmt.Fprintf(&macros, "#define %s_%s(p) ((p)->bits_%d >> %d & %d)\n", name, member, at, shift, 1<<f.BitSize-1)
			bits := fmt.Sprintf("bits_%d", at)
			p := place{at, 1, bits, "u8 " + bits}
			if !slices.Contains(places, p) {
				places = append(places, p)
			}
		case f.Kind == btf.KindArray:
			places = append(places, place{f.Offset, f.Size, member, fmt.Sprintf("u8 %s[%d] __attribute__((aligned(8)))", member, f.Size)})
		case f.Scalar():
			sign := "u"
			if f.Signed {
				sign = "s"
			}
			places = append(places, place{f.Offset, f.Size, member, fmt.Sprintf("%s%d %s", sign, 8*f.Size, member)})
		default:
			return fmt.Errorf("%s.%s is %s: header.go writes scalars, bit fields and arrays", name, path, phrase.A(f.Kind.String()))
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	fmt.Fprintf(w, "\nstruct %s {\n", name)
	end := uint32(0)
	for _, p := range places {
		if p.at < end {
			return fmt.Errorf("struct %s: %s overlaps the field before", name, p.declaration)
		}
		if p.at > end {
			fmt.Fprintf(w, "\tu8 pad_%d[%d];\n", end, p.at-end)
		}
		fmt.Fprintf(w, "\t%s; // at %d\n", p.declaration, p.at)
		end = p.at + p.size
	}
	fmt.Fprintf(w, "};\n")
	for _, p := range places {
		fmt.Fprintf(w, "_Static_assert(__builtin_offsetof(struct %s, %s) == %d, \"bench-code: header.go\");\n", name, p.member, p.at)
	}
	_, err := io.WriteString(w, macros.String())
	return err
}
