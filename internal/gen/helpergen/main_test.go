package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/isa"
)

// A change of the table must come with the files that are made from it.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if err := run(true); err != nil {
		t.Error(err)
	}
}

// The table has each helper that package isa has a name for, in the order of
// their numbers, and what its prototypes say fits into a call.
func TestTableHasEveryHelper(t *testing.T) {
	helpers, err := readTable(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range helpers {
		name, ok := isa.HelperName(int32(h.id))
		if !ok || name != h.name {
			t.Errorf("row %d is %s, and helper %d is %s", h.id, h.name, h.id, name)
		}
		if len(h.params) > 5 && h.params[len(h.params)-1].kind != kindMore {
			t.Errorf("%s has %d parameters, and calls have at most 5", h.name, len(h.params))
		}
		if h.summary == "" || h.since == "" {
			t.Errorf("%s lacks what it does, or since when", h.name)
		}
	}
	if _, more := isa.HelperName(int32(len(helpers) + 1)); more {
		t.Errorf("there are more than the %d helpers of the table", len(helpers))
	}
}

func TestSignatures(t *testing.T) {
	helpers, err := readTable(table)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"bpf_map_lookup_elem":   "mp",
		"bpf_ktime_get_ns":      "",
		"bpf_probe_read_kernel": "pIa",
		"bpf_trace_printk":      "pI*",
		"bpf_loop":              "IfpQ",
		"bpf_ringbuf_reserve":   "mQQ",
		"bpf_skb_vlan_push":     "pHH",
		"bpf_setsockopt":        "piipi",
		"bpf_get_local_storage": "mQ",
		"bpf_for_each_map_elem": "mfpQ",
		"bpf_strtoul":           "pQQp",
		"bpf_csum_diff":         "pIpII",
	}
	for _, h := range helpers {
		if w, ok := want[h.name]; ok {
			if got := h.signature(); got != w {
				t.Errorf("%s: signature %q, want %q", h.name, got, w)
			}
			delete(want, h.name)
		}
	}
	for name := range want {
		t.Errorf("no row for %s", name)
	}
}

func TestRowsThatCannotBeRead(t *testing.T) {
	for _, row := range []string{
		"bpf_x\t6.2\t-\tu64 bpf_x(void)",                     // no summary
		"bpf_x\t6.2\t-\tu64 bpf_y(void)\tdoes",               // another's prototype
		"bpf_x\t6.2\t-\tu64 bpf_x(struct cpu c)\tdoes",       // a type that no register holds
		"bpf_x\t6.2\t-\tu64 bpf_x(u64)\tdoes",                // no name
		"bpf_x\t6.2\t-\tu64 bpf_x(void) trailing\tdoes this", // more than a prototype
	} {
		if _, err := readTable(row); err == nil {
			t.Errorf("%q was read", row)
		}
	}
}
