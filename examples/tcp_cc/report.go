package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// result is the result of one algorithm in the lab.
type result struct {
	netlab.Result
	native bool // not ours; otherwise written in Go and registered by this program
	other  bool // registered by another process

	simulated bool // without the kernel
}

// origin says where the algorithm comes from, in words.
func (r result) origin() string {
	switch {
	case r.other:
		return "another process"
	case r.native && r.simulated:
		return "simulator"
	case r.native:
		return "kernel"
	}
	return "Go"
}

// report is what -json prints: exactly one object. Units are in the names of the fields.
type report struct {
	Kernel       string            `json:"kernel"`              // release, as in uname -r; in a simulation, whose types were used
	Simulated    bool              `json:"simulated,omitempty"` // no kernel took part
	Algorithms   []algorithmReport `json:"algorithms"`
	ListedBefore []string          `json:"listed_before"` // in net.ipv4.tcp_available_congestion_control, before anything was registered
	ListedDuring []string          `json:"listed_during"` // while the transfers ran
	ListedAfter  []string          `json:"listed_after"`  // after everything was closed: the same as before
	ColdStartMS  float64           `json:"cold_start_ms"` // from the start of the process until the algorithms could be used
}

type algorithmReport struct {
	Name        string         `json:"name"` // read back from the sender's socket
	Native      bool           `json:"native"`
	GoodputBPS  float64        `json:"goodput_bps"` // bits per second that reached the receiving application
	Retransmits int            `json:"retransmits"` // segments, from TCP_INFO
	Samples     []sampleReport `json:"samples"`
}

// sampleReport is one sample of TCP_INFO of the sender's socket.
type sampleReport struct {
	TMS      float64 `json:"t_ms"`     // since the connection was established
	Cwnd     uint32  `json:"cwnd"`     // segments
	Ssthresh uint32  `json:"ssthresh"` // segments; 2147483647 before the first loss
	RTTUS    int64   `json:"rtt_us"`   // smoothed
}

// newReport fills in the results of the transfers. The caller sets the lists and the cold start. Lists are empty and not null, so programs
// that read the report need not handle both.
func newReport(kernel string, results []result) report {
	r := report{
		Kernel:       kernel,
		Algorithms:   make([]algorithmReport, 0, len(results)),
		ListedBefore: []string{},
		ListedDuring: []string{},
		ListedAfter:  []string{},
	}
	for _, res := range results {
		a := algorithmReport{
			Name:        res.Algorithm,
			Native:      res.native,
			GoodputBPS:  math.Round(res.GoodputBPS),
			Retransmits: res.Retransmits,
			Samples:     make([]sampleReport, 0, len(res.Samples)),
		}
		for _, s := range res.Samples {
			a.Samples = append(a.Samples, sampleReport{
				TMS:      float64(s.At.Microseconds()) / 1000,
				Cwnd:     s.Cwnd,
				Ssthresh: s.Ssthresh,
				RTTUS:    s.RTT.Microseconds(),
			})
		}
		r.Algorithms = append(r.Algorithms, a)
	}
	return r
}

// writeJSON prints the report on one line.
func (r report) writeJSON(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// milliseconds converts a duration to the report's unit.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// writeTable prints one line for each algorithm.
func writeTable(w io.Writer, results []result) error {
	rows := [][]string{
		{"algorithm", "by", "goodput", "retransmits", "drops", "mean window", "mean RTT"},
		{"", "", "Mbit/s", "segments", "packets", "segments", "ms"},
	}
	for _, r := range results {
		rows = append(rows, []string{
			r.Algorithm,
			r.origin(),
			fmt.Sprintf("%.2f", r.GoodputBPS/1e6),
			strconv.Itoa(r.Retransmits),
			strconv.FormatInt(r.QueueDrops, 10),
			fmt.Sprintf("%.1f", r.MeanCwnd),
			fmt.Sprintf("%.1f", milliseconds(r.MeanRTT)),
		})
	}
	return writeColumns(w, rows)
}

// writeColumns prints rows with the same number of cells as a table.
func writeColumns(w io.Writer, rows [][]string) error {
	const leftAligned = 2 // columns; the others are numbers
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i < leftAligned {
				line.WriteString(cell + pad)
			} else {
				line.WriteString(pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
