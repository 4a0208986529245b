package sched

import (
	"bytes"
	"fmt"

	"github.com/bpfsmith/bpfsmith/kernel/scx"
)

// An Exit says how a scheduler ended.
type Exit struct {
	Kind    uint32 // enum scx_exit_kind; 0 while the scheduler runs
	_       [4]uint8
	Code    int64
	Reason  [64]uint8 // text that ends with a zero
	Message [128]uint8
}

// Exit returns how the scheduler ended.
func (s *Scheduler) Exit() (Exit, error) { return s.exit.Load() }

// Text is the kernel's reason with its details.
func (e Exit) Text() string {
	text := cString(e.Reason[:])
	if message := cString(e.Message[:]); message != "" {
		text += ": " + message
	}
	return text
}

func cString(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// String is the reason in one line.
func (e Exit) String() string {
	by := "for a reason of kind"
	switch e.Kind {
	case scx.ExitNone:
		return "it has not ended"
	case scx.ExitUnreg, scx.ExitUnregBPF, scx.ExitUnregKern:
		by = "by request, kind"
	case scx.ExitSysrq:
		by = "by a key at the console, kind"
	case scx.ExitError, scx.ExitErrorBPF, scx.ExitErrorStall:
		by = "ended by the kernel, kind"
	}
	text := fmt.Sprintf("%s %d: %s", by, e.Kind, e.Text())
	if e.Code != 0 {
		text += fmt.Sprintf(" (code %#x)", uint64(e.Code))
	}
	return text
}

// Failed reports whether the kernel ended it because of an error.
func (e Exit) Failed() bool { return e.Kind >= scx.ExitError }
