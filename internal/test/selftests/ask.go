package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/tool"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

//go:embed loader/loader.c
var loaderSource []byte

// A verdict is what the kernel says about a program, as loader/loader.c prints it.
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
	return each(ctx, todo, func(ctx context.Context, name string) error {
		ctx, stop := context.WithTimeout(ctx, 5*time.Minute)
		defer stop()
		out, err := tool.Output(ctx, "", w.loader(), w.in("objects", name+suffix))
		if err != nil { // libbpf cannot open the object
			out = nil
		}
		return os.WriteFile(w.in("verdicts", name+".json"), append(out, '\n'), 0o644)
	})
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
