package verifierlog

import (
	"bytes"
	"encoding/json"

	"github.com/bpfsmith/bpfsmith/mistake"
)

// The JSON of a report. Fields that tools need most come first. Names do not change, and each name is always present.
type (
	reportJSON struct {
		Error       string         `json:"error"` // Reason
		Kind        mistake.Kind   `json:"kind"`
		Pattern     string         `json:"pattern"` // of the rule that explains the message, "" when there is no rule
		Insn        int            `json:"insn"`    // -1 when the log names none
		Text        string         `json:"text"`
		Source      sourceJSON     `json:"source"`
		Explanation string         `json:"explanation"`
		Fix         string         `json:"fix"`
		Slice       []stepJSON     `json:"slice"`
		Frame       int            `json:"frame"`
		Registers   []registerJSON `json:"registers"`
		Stack       []slotJSON     `json:"stack"`
		References  []string       `json:"references"`
		LeftOut     int            `json:"left_out"` // instructions at the beginning of the path
		Details     []string       `json:"details"`
		Kernel      string         `json:"kernel"`
		Stats       statsJSON      `json:"stats"`
	}
	sourceJSON struct {
		File string `json:"file"`
		Line int    `json:"line"` // 0 when unknown
		Text string `json:"text"`
	}
	stepJSON struct {
		Insn   int        `json:"insn"`
		Text   string     `json:"text"`
		Source sourceJSON `json:"source"`
		Value  string     `json:"value"`
		Note   string     `json:"note"`
	}
	registerJSON struct {
		Number int    `json:"number"`
		Value  string `json:"value"`
	}
	slotJSON struct {
		Offset int    `json:"offset"`
		Value  string `json:"value"`
	}
	statsJSON struct {
		Processed        int    `json:"processed"`
		Limit            int    `json:"limit"`
		MaxStatesPerInsn int    `json:"max_states_per_insn"`
		TotalStates      int    `json:"total_states"`
		PeakStates       int    `json:"peak_states"`
		MarkRead         int    `json:"mark_read"`
		Microseconds     int64  `json:"microseconds"`
		StackDepth       string `json:"stack_depth"`
	}
)

// MarshalJSON returns the report for tools, with lower-case names in a fixed order. The reason is "error". "insn" is -1 when the log names
// no instruction. Empty lists are [] and never null.
func (r Report) MarshalJSON() ([]byte, error) {
	j := reportJSON{
		Error: r.Reason, Kind: r.Kind, Pattern: r.Pattern, Insn: r.Insn, Text: r.Text, Source: sourceJSON(r.Source),
		Explanation: r.Explanation, Fix: r.Fix, Slice: []stepJSON{},
		Frame: r.Frame, Registers: []registerJSON{}, Stack: []slotJSON{},
		References: append([]string{}, r.References...), Details: append([]string{}, r.Details...), Kernel: r.Kernel,
		LeftOut: r.LeftOut,
		Stats: statsJSON{
			Processed: r.Stats.Processed, Limit: r.Stats.Limit, MaxStatesPerInsn: r.Stats.MaxStatesPerInsn,
			TotalStates: r.Stats.TotalStates, PeakStates: r.Stats.PeakStates, MarkRead: r.Stats.MarkRead,
			Microseconds: r.Stats.Time.Microseconds(), StackDepth: r.Stats.StackDepth,
		},
	}
	for _, s := range r.Slice {
		j.Slice = append(j.Slice, stepJSON{s.Insn, s.Text, sourceJSON(s.Source), s.Value, s.Note.String()})
	}
	for _, register := range r.Registers {
		j.Registers = append(j.Registers, registerJSON(register))
	}
	for _, slot := range r.Stack {
		j.Stack = append(j.Stack, slotJSON(slot))
	}
	// Otherwise "<" becomes "\u003c", and logs have many of them.
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(j); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
