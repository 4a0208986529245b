package syscall

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Capabilities returns the effective capabilities of the calling thread (CapEff in /proc/thread-self/status). In Go programs,
// all threads usually have the same.
func Capabilities() (CapSet, error) {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return 0, fmt.Errorf("effective capabilities: %w", err)
	}
	return parseStatus(string(status))
}

// parseStatus finds the effective capabilities in the text of /proc/PID/status.
func parseStatus(status string) (CapSet, error) {
	for line := range strings.Lines(status) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("effective capabilities: %w", err)
			}
			return CapSet(set), nil
		}
	}
	return 0, fmt.Errorf("effective capabilities: /proc/thread-self/status has no CapEff line")
}

// currentSetting reads what explain needs. What cannot be read stays unknown.
func currentSetting() setting {
	var s setting
	if caps, err := Capabilities(); err == nil {
		s.caps, s.capsKnown = caps, true
	}
	for name, value := range map[string]*string{
		"kernel/unprivileged_bpf_disabled": &s.unprivileged,
		"net/core/bpf_jit_enable":          &s.jitEnable,
		"net/core/bpf_jit_harden":          &s.jitHarden,
	} {
		if text, err := os.ReadFile("/proc/sys/" + name); err == nil {
			*value = strings.TrimSpace(string(text))
		}
	}
	if text, err := os.ReadFile("/sys/kernel/security/lockdown"); err == nil {
		s.lockdown = chosen(string(text))
	}
	return s
}

// chosen returns the bracketed word of "none [integrity] confidentiality".
func chosen(text string) string {
	_, rest, _ := strings.Cut(text, "[")
	word, _, _ := strings.Cut(rest, "]")
	return word
}
