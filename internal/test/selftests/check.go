package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/tool"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/structops"
)

// A report is what check says about a program (`bpfsmith check --json`).
type report struct {
	Program      string
	Findings     []finding
	Unfinished   bool
	Unread       string
	Milliseconds float64
}

type finding struct {
	Insn   int
	Kind   string
	Detail string
	Again  []int
}

// buildCheck makes the tool, as people use it.
func (w *workshop) buildCheck(ctx context.Context) error {
	_, err := tool.Output(ctx, "", "go", "build", "-o", w.checkTool(), "./cmd/bpfsmith")
	return err
}

func (w *workshop) checkTool() string { return filepath.Join(w.tools, "bpfsmith") }

// mostCheck is the limit for all programs of an object.
const mostCheck = 3 * time.Minute

// checkObject checks an object by the tool. unread says why all of it could not be read.
func (w *workshop) checkObject(ctx context.Context, name string) (reports map[string]report, unread string, err error) {
	ctx, stop := context.WithTimeout(ctx, mostCheck)
	defer stop()
	cmd := exec.CommandContext(ctx, w.checkTool(), "check", "--json", w.in("objects", name+suffix))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	reports = map[string]report{}
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, "", err
	}
	for d := json.NewDecoder(&out); ; {
		var r report
		if d.Decode(&r) != nil {
			break
		}
		reports[r.Program] = r
	}
	if len(reports) == 0 {
		unread = strings.TrimSpace(errs.String())
	}
	return reports, unread, nil
}

// checkHex checks the code that libbpf passed to the kernel, with what --map and --type can say about it.
func checkHex(v *verdict, types *btf.Types) (r report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s/%s: %v", v.Object, v.Program, p)
		}
	}()
	p := verify.Program{Types: types, Sleepable: v.Sleepable, NotGPL: !linux.GPLCompatible(v.License), Maps: v.Maps}
	p.Type, p.Hook, p.Attach, p.Struct, p.Member = v.Type, v.Hook, v.Attach, v.Struct, v.Member
	if p.Struct != "" {
		if ops, err := structops.ReadInterface(types, p.Struct); err == nil {
			if m, ok := ops.Member(p.Member); ok && m.Proto != nil {
				p.Place = *ops.Place(m)
			}
		}
	}
	raw, err := hex.DecodeString(v.Hex)
	if err != nil {
		return r, err
	}
	begin := time.Now()
	var bad *mistake.Finding
	var findings []mistake.Finding
	complete := true
	if p.Code, bad = verify.Decode(raw, isa.LittleEndian); bad != nil {
		findings = []mistake.Finding{*bad}
	} else {
		findings, complete = verify.Check(p)
	}
	r = report{Program: v.Program, Unfinished: !complete, Milliseconds: float64(time.Since(begin).Microseconds()) / 1000}
	for _, f := range findings {
		r.Findings = append(r.Findings, finding{Insn: f.Insn, Kind: f.Kind.String(), Detail: f.Detail})
	}
	return r, nil
}
