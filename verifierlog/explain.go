package verifierlog

import (
	"strings"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// A Program is what is known of a program besides its log. All of it may be missing.
type Program struct {
	Type           string // as the kernel calls it: xdp, struct_ops
	Struct, Member string // struct_ops: what it is for
	Sleepable      bool   // loaded with BPF_F_SLEEPABLE
	License        string // what it was loaded under
	Errno          string // what the load gave: EACCES, ENOSPC
	Lines          []Line // of Go, for logs without source lines

	// Field names the field of a struct of the kernel at an offset; nil where nobody can say.
	Field func(structName string, offset int) string
}

// A Line is where an instruction comes from.
type Line struct {
	Insn   int // slot
	Source Source
}

// Explain reads a log and says what it means: which rule was broken, by what, and what to change. What no message tells, the errno may: a log that
// was too long, a signal, missing privilege.
func Explain(log string, p Program) Report {
	r := Parse(log)
	if r.Source == (Source{}) {
		for _, l := range p.Lines {
			if l.Insn <= r.Insn && r.Insn >= 0 {
				r.Source = l.Source
			}
		}
	}
	if r.Reason == "" {
		diagnose(&r, log, p)
		return r
	}
	rule, args := ruleFor(r.Reason)
	if rule == nil {
		for i := len(r.Details) - 1; i >= 0 && rule == nil; i-- {
			rule, args = ruleFor(r.Details[i])
		}
	}
	if rule == nil {
		if r.Kind == mistake.None {
			r.Kind = mistake.Unknown
		}
		if r.Kind == mistake.Unknown {
			r.Explanation = "This message is not in the catalogue. It stands as the kernel printed it, with the instruction and what the registers held."
		}
		return r
	}
	r.Kind, r.Pattern = rule.Kind, rule.Pattern
	r.Explanation, r.Fix = fill(rule.Explanation, args, instructionOf(r)), fill(rule.Fix, args, instructionOf(r))
	a := account{Report: &r, args: args, program: p}
	for _, refinement := range refinements {
		if refinement.kind == r.Kind {
			refinement.refine(&a)
		}
	}
	r.Explanation = strings.ReplaceAll(r.Explanation, "{details}", detailsOf(r))
	r.Fix = strings.ReplaceAll(r.Fix, "{writable}", writableText)
	return r
}

const writableText = "tcp_congestion_ops programs may write sk_pacing_rate, sk_pacing_status, icsk_ca_priv, icsk_ack.pending, snd_cwnd, snd_cwnd_cnt, snd_ssthresh and ecn_flags, and since Linux 6.10 snd_cwnd_stamp and app_limited. State of your own goes into icsk_ca_priv (dsl.Cells) or a socket storage."
