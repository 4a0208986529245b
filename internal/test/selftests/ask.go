package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/tool"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

//go:embed loader
var loaderSources embed.FS

// A verdict is what the kernel says about a program, as loader/ask.c prints it.
type verdict struct {
	Object  string // set by who reads it
	Program string
	Section string
	Asked   bool // false: libbpf could not prepare it
	OK      bool
	Errno   int

	Type                   linux.ProgType
	Hook                   linux.AttachType
	Attach, Struct, Member string
	Sleepable              bool
	License                string
	Maps                   map[int32]verify.Map // by the descriptors in the code
	Hex                    string               // the code
	Log                    string               // the end of it, at level 1
	Microseconds           int64                // that the kernel took
}

// ask asks the kernel about all objects.
func (w *workshop) ask(ctx context.Context) error {
	objects, err := w.objects()
	if err != nil {
		return err
	}
	var todo []string
	for _, name := range objects {
		if !exists(w.in("verdicts", name+".json")) {
			todo = append(todo, name)
		}
	}
	if len(todo) > 0 {
		say("asking the kernel about %d of %d objects", len(todo), len(objects))
	}
	if err := w.askRaw(ctx); err != nil {
		return err
	}
	return each(ctx, todo, func(ctx context.Context, name string) error {
		ctx, stop := context.WithTimeout(ctx, 5*time.Minute)
		defer stop()
		out, err := tool.Output(ctx, "", filepath.Join(w.tools, objectLoader), w.in("objects", name+suffix))
		if err != nil { // libbpf cannot open the object
			out = nil
		}
		return os.WriteFile(w.in("verdicts", name+".json"), append(out, '\n'), 0o644)
	})
}

// rawTests is the name under which the verdicts on the programs of test_verifier are kept.
const rawTests = "test_verifier"

// askRaw runs test_verifier, whose programs are written as instructions. What it thinks of the answers does not matter.
func (w *workshop) askRaw(ctx context.Context) error {
	name := w.in("verdicts", rawTests+".json")
	if exists(name) {
		return nil
	}
	say("asking the kernel about the programs of %s", rawTests)
	answers, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	defer answers.Close()
	ctx, stop := context.WithTimeout(ctx, 10*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, filepath.Join(w.tools, rawLoader))
	cmd.ExtraFiles = []*os.File{answers} // descriptor 3
	if err := cmd.Run(); ctx.Err() != nil {
		return err
	}
	return os.Rename(answers.Name(), name)
}

// verdicts reads what the kernel said about an object.
func (w *workshop) verdicts(name string) ([]verdict, error) {
	raw, err := os.ReadFile(w.in("verdicts", name+".json"))
	if err != nil {
		return nil, err
	}
	var all []verdict
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Buffer(nil, 1<<28); lines.Scan(); {
		var v verdict
		if json.Unmarshal(lines.Bytes(), &v) != nil { // the line of a loader that died
			continue
		}
		for fd, m := range v.Maps {
			m.Fields = slices.DeleteFunc(m.Fields, func(f verify.Field) bool { return !verify.IsSpecial(f.Name) && f.Name != verify.Kptr })
			v.Maps[fd] = m
		}
		v.Object, v.Attach = name, strings.TrimPrefix(v.Attach, v.Hook.Info().Prefix)
		all = append(all, v)
	}
	return all, lines.Err()
}

// notMessages begin lines of a log that are not the reason.
var notMessages = []string{"processed ", "verification time ", "stack depth ", "max_states_per_insn "}

// message is the last line of the log: the reason of a refusal; "" if the verifier does not give one.
func (v *verdict) message() string {
	lines := strings.Split(strings.TrimSpace(v.Log), "\n")
	for n := len(lines) - 1; n >= 0; n-- {
		isMessage := strings.TrimSpace(lines[n]) != ""
		for _, begin := range notMessages {
			isMessage = isMessage && !strings.HasPrefix(lines[n], begin)
		}
		if isMessage {
			return lines[n]
		}
	}
	return ""
}

var instruction = regexp.MustCompile(`(?m)^(\d+): \([0-9a-f]{2}\) `)

// slot is the instruction that the kernel was at; -1 if the log has none.
func (v *verdict) slot() int {
	all := instruction.FindAllStringSubmatch(v.Log, -1)
	if len(all) == 0 {
		return -1
	}
	n, _ := strconv.Atoi(all[len(all)-1][1])
	return n
}
