//go:build linux

package mistakes

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/syscall"
	"github.com/bpfsmith/bpfsmith/verifierlog"
)

var update = flag.Bool("update", false, "write the logs of this kernel to testdata")

// TestKernelRefusesEach: the kernel refuses each mistake, with the message of its rule, at the marked line.
func TestKernelRefusesEach(t *testing.T) {
	kerneltest.RequireExactly(t, 6, 18) // the messages are those of this kernel
	kerneltest.NoLeaks(t)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	sources := sourcesOf(t)
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			if m.Types != nil {
				m.refuseTypes(t)
				return
			}
			p := m.Build()
			defer closeMaps(p)
			object, err := m.Compile(p, types, false)
			if err != nil {
				t.Fatalf("the program cannot be compiled: %v", err)
			}
			var refused *syscall.LoadError
			if err := m.load(t, types, object); !errors.As(err, &refused) {
				t.Fatalf("want a refusal, got %v", err)
			}
			r := m.explained(t, refused)
			line := object.Pos(r.Insn).Line
			if want := sources[m.Name].reported(); m.Whole && r.Insn >= 0 ||
				!m.Whole && (line != want || filepath.Base(object.Pos(r.Insn).File) != sources[m.Name].File) {
				t.Errorf("instruction %d, line %d, want line %d\n%s", r.Insn, line, want, tail(refused.Log, keptBytes))
			}
		})
	}
}

// explained compares the explanation of a refusal with the mistake's rule, and the log with the recorded one.
func (m *Mistake) explained(t *testing.T, refused *syscall.LoadError) verifierlog.Report {
	t.Helper()
	r := verifierlog.Explain(refused.Log, m.place())
	if r.Pattern != m.Rule {
		t.Errorf("the rule is %q, want %q (%v)\n%s", r.Pattern, m.Rule, refused.Errno, tail(refused.Log, keptBytes))
	}
	m.compareLog(t, refused.Log)
	return r
}

// refuseTypes gives types to the kernel.
func (m *Mistake) refuseTypes(t *testing.T) {
	t.Helper()
	var b btf.Builder
	m.Types(&b)
	blob, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if m.SpoilTypes != nil {
		m.SpoilTypes(blob)
	}
	fd, err := syscall.BTFLoad(blob)
	fd.Close()
	var refused *syscall.LoadError
	if !errors.As(err, &refused) {
		t.Fatalf("want a refusal, got %v", err)
	}
	m.explained(t, refused)
}

// load gives a mistake to the kernel.
func (m *Mistake) load(t *testing.T, types *btf.Types, o *compile.Object) error {
	t.Helper()
	attr := syscall.ProgLoadAttr{
		Type: m.In.Type, ExpectedAttachType: m.In.AttachType, Name: m.Name, License: m.place().License,
		FuncInfo: o.FuncInfo, FuncInfoRecSize: compile.FuncInfoSize, LineInfo: o.LineInfo, LineInfoRecSize: compile.LineInfoSize,
	}
	if o.Program.Sleepable {
		attr.Flags |= syscall.ProgSleepable
	}
	switch {
	case m.In.Type == syscall.ProgTypeStructOps:
		ops, member, err := m.In.member(types)
		if err != nil {
			t.Fatal(err)
		}
		attr.AttachBTFID, attr.ExpectedAttachType = uint32(ops.ID), syscall.AttachType(member.Index)
	case m.In.Target != "":
		id, err := types.Lookup(btf.KindTypedef, "btf_trace_"+m.In.Target)
		if err != nil {
			t.Fatal(err)
		}
		attr.AttachBTFID = uint32(id)
	}
	var held maps.OpenSet
	defer held.Close()
	var err error
	if attr.Instructions, err = o.CodeWithMaps(held.Open); err != nil {
		t.Fatal(err)
	}
	if attr.BTF, err = syscall.BTFLoad(o.BTF); err != nil {
		t.Fatal(err)
	}
	defer attr.BTF.Close()
	if m.Spoil != nil {
		m.Spoil(&attr)
	}
	load := func() {
		var fd *syscall.FD
		if fd, err = syscall.ProgLoad(&attr); err == nil {
			fd.Close()
		}
	}
	if m.In.Careful {
		kerneltest.WithCapabilities(t, []int{unix.CAP_BPF, unix.CAP_NET_ADMIN}, load)
	} else {
		load()
	}
	return err
}

var (
	sourceLine = regexp.MustCompile(`(?m)^;.*\n`)
	addresses  = regexp.MustCompile(`0xffff[8c][0-9a-f]{11}`)
	numbers    = regexp.MustCompile(`\d+`)
)

// compareLog compares the log with the recorded one. Numbers may differ, for example ids of types.
func (m *Mistake) compareLog(t *testing.T, log string) {
	t.Helper()
	log = sourceLine.ReplaceAllString(tail(log, 4*keptBytes), "") // Go lines move, and maps too
	log = tail(addresses.ReplaceAllString(log, "0xffff888000000000"), keptBytes)
	if *update {
		if err := os.WriteFile("testdata/"+m.Name+".log", []byte(log), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept, err := m.Log()
	if err != nil {
		t.Fatal(err)
	}
	said := func(log string) string {
		r := verifierlog.Parse(log)
		return numbers.ReplaceAllString(strings.Join(append(r.Details, r.Reason), "\n"), "N")
	}
	if got, want := said(log), said(kept); got != want {
		t.Errorf("the kernel says %q, recorded is %q: -update records it again", got, want)
	}
}

// keptBytes is the largest part of a log that is recorded and shown.
const keptBytes = 3000

// tail returns the end of a log, in whole lines.
func tail(log string, most int) string {
	if len(log) <= most {
		return log
	}
	log = log[len(log)-most:]
	return log[strings.IndexByte(log, '\n')+1:]
}
