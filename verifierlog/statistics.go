package verifierlog

import (
	"strings"
	"time"
)

// statisticsStart returns the index at which statistics begin in a line: 0, or after a message without a newline. It returns -1 when the
// line has no statistics.
func statisticsStart(line string) int {
	if strings.HasSuffix(line, " usec") {
		if i := strings.LastIndex(line, "verification time "); i >= 0 {
			if _, ok := parseInt(strings.TrimSuffix(line[i+len("verification time "):], " usec")); ok {
				return i
			}
		}
	}
	middle := strings.Index(line, " insns")
	if middle < 0 {
		return -1
	}
	switch after := line[middle+len(" insns"):]; {
	case after == "", strings.HasPrefix(after, ", stack depth "): // up to 5.1
	case !strings.HasPrefix(after, " (limit "):
		return -1
	}
	i := strings.LastIndex(line[:middle], "processed ")
	if i < 0 {
		return -1
	}
	if _, ok := parseInt(line[i+len("processed ") : middle]); !ok {
		return -1
	}
	return i
}

// A statisticsField is a number, and the words before it.
type statisticsField struct {
	words string
	field func(s *Stats) *int
}

var statisticsFields = [...]statisticsField{
	{"processed ", func(s *Stats) *int { return &s.Processed }},
	{"(limit ", func(s *Stats) *int { return &s.Limit }},
	{"max_states_per_insn ", func(s *Stats) *int { return &s.MaxStatesPerInsn }},
	{"total_states ", func(s *Stats) *int { return &s.TotalStates }},
	{"peak_states ", func(s *Stats) *int { return &s.PeakStates }},
	{"mark_read ", func(s *Stats) *int { return &s.MarkRead }},
}

// read reads a line of statistics.
func (s *Stats) read(line string) {
	if depth, ok := strings.CutPrefix(line, "stack depth "); ok {
		s.StackDepth = depth
		return
	}
	if text, ok := strings.CutPrefix(line, "verification time "); ok {
		usec, _ := parseInt(strings.TrimSuffix(text, " usec")) // 0 when the number is too large
		s.Time = time.Duration(usec) * time.Microsecond
		return
	}
	for _, f := range statisticsFields {
		_, after, ok := strings.Cut(line, f.words)
		if !ok {
			continue
		}
		end := 0
		for end < len(after) && after[end] >= '0' && after[end] <= '9' {
			end++
		}
		*f.field(s), _ = parseInt(after[:end])
	}
}
