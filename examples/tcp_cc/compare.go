package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// mean has the means over all transfers of one algorithm.
type mean struct {
	contender
	origin      string
	transfers   int
	goodputBPS  float64
	cwnd        float64 // of the transfers' time-weighted means
	cwndRange   [2]float64
	rtt         time.Duration
	retransmits float64 // per transfer
	drops       float64
	marks       float64
}

// difference is how much more the second of a pair has than the first, in percent.
type difference struct {
	first, second string
	goodput, cwnd float64
}

// meansOf averages over the rounds; results[i] are the transfers of list[i].
func meansOf(list []contender, results [][]result) []mean {
	var means []mean
	for i, c := range list {
		m := mean{contender: c, transfers: len(results[i])}
		n := float64(len(results[i]))
		for k, r := range results[i] {
			m.origin = r.origin()
			m.goodputBPS += r.GoodputBPS / n
			m.cwnd += r.MeanCwnd / n
			m.rtt += time.Duration(float64(r.MeanRTT) / n)
			m.retransmits += float64(r.Retransmits) / n
			m.drops += float64(r.QueueDrops) / n
			m.marks += float64(r.QueueMarks) / n
			if k == 0 {
				m.cwndRange = [2]float64{r.MeanCwnd, r.MeanCwnd}
			}
			m.cwndRange = [2]float64{min(m.cwndRange[0], r.MeanCwnd), max(m.cwndRange[1], r.MeanCwnd)}
		}
		means = append(means, m)
	}
	return means
}

// differencesOf compares each algorithm with each one before it.
func differencesOf(means []mean) []difference {
	percent := func(second, first float64) float64 {
		if first == 0 {
			return 0
		}
		return 100 * (second/first - 1)
	}
	var differences []difference
	for i, first := range means {
		for _, second := range means[i+1:] {
			differences = append(differences, difference{first.name, second.name,
				percent(second.goodputBPS, first.goodputBPS), percent(second.cwnd, first.cwnd)})
		}
	}
	return differences
}

// compareTransfers lets the algorithms carry data over the same link, one after the other, in several rounds. Every second round has the
// reverse order, so a machine that becomes slower gives no algorithm an advantage.
func compareTransfers(ctx context.Context, opt options, list []contender) (results [][]result, link netlab.Link, err error) {
	lab, err := netlab.New(ctx, comparisonLink(opt, list))
	if err != nil {
		return nil, link, err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	progress := newProgress(os.Stderr, opt.json)
	results = make([][]result, len(list))
	for round := range max(1, opt.rounds) {
		order := make([]int, len(list))
		for i := range order {
			order[i] = i
		}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, i := range order {
			r, err := transfer(ctx, lab, progress, opt.duration, list[i])
			if err != nil {
				return nil, link, fmt.Errorf("round %d: %w", round+1, err)
			}
			results[i] = append(results[i], r)
		}
	}
	return results, lab.Link(), nil
}

// byRound puts the transfers of the first round before those of the second, and so on.
func byRound(results [][]result) []result {
	var all []result
	for round := range results[0] {
		for i := range results {
			all = append(all, results[i][round])
		}
	}
	return all
}

// comparisonLink is the example's link, with marks if an algorithm needs them. DCTCP fills a link with the shortest possible queue when
// marks begin at a seventh of the packets under way (RFC 8257, section 3.1; "Data center TCP", Alizadeh et al., SIGCOMM 2010, equation
// 13).
func comparisonLink(opt options, list []contender) netlab.Link {
	link := netlab.DefaultLink()
	switch {
	case opt.ecn > 0:
		link.ECNThreshold = opt.ecn
	case slices.ContainsFunc(list, contender.needsECN):
		link.ECNThreshold = link.BDP()/7 + 1
	}
	return link
}

// transfer runs one transfer.
func transfer(ctx context.Context, lab *netlab.Lab, progress progress, length time.Duration, c contender) (result, error) {
	bar := progress.start(c.name, length)
	r, err := lab.Transfer(ctx, netlab.TransferOptions{CongestionControl: c.name, Duration: length, Progress: bar.sample})
	bar.done(r, err)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", c.name, err)
	}
	return result{Result: r, native: c.native, other: c.other}, nil
}

// writeComparison prints means and differences.
func writeComparison(w io.Writer, means []mean, differences []difference) error {
	rows := [][]string{
		{"algorithm", "by", "transfers", "goodput", "mean window", "from", "to", "mean RTT", "retransmits", "drops", "marks"},
		{"", "", "", "Mbit/s", "segments", "", "", "ms", "segments", "packets", "packets"},
	}
	for _, m := range means {
		rows = append(rows, []string{
			m.name, m.origin, strconv.Itoa(m.transfers),
			fmt.Sprintf("%.2f", m.goodputBPS/1e6),
			fmt.Sprintf("%.1f", m.cwnd), fmt.Sprintf("%.1f", m.cwndRange[0]), fmt.Sprintf("%.1f", m.cwndRange[1]),
			fmt.Sprintf("%.1f", milliseconds(m.rtt)),
			fmt.Sprintf("%.0f", m.retransmits), fmt.Sprintf("%.0f", m.drops), fmt.Sprintf("%.0f", m.marks),
		})
	}
	if err := writeColumns(w, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, d := range differences {
		if _, err := fmt.Fprintf(w, "%s against %s: goodput %+.1f %%, mean window %+.1f %%\n", d.second, d.first, d.goodput,
			d.cwnd); err != nil {
			return err
		}
	}
	return nil
}

// comparisonReport is what -compare prints with -json: the report of all transfers, round by round, and the means and differences.
type comparisonReport struct {
	report
	Link        string             `json:"link"`
	Rounds      int                `json:"rounds"`
	Means       []meanReport       `json:"means"`
	Differences []differenceReport `json:"differences"`
}

type meanReport struct {
	Name        string  `json:"name"`
	Native      bool    `json:"native"`
	GoodputBPS  float64 `json:"goodput_bps"`
	MeanCwnd    float64 `json:"mean_cwnd"`  // segments
	LeastCwnd   float64 `json:"least_cwnd"` // of the transfers' means
	MostCwnd    float64 `json:"most_cwnd"`
	MeanRTTUS   int64   `json:"mean_rtt_us"`
	Retransmits float64 `json:"retransmits"` // per transfer, as the next two
	Drops       float64 `json:"drops"`
	Marks       float64 `json:"marks"`
}

// differenceReport says how much more the second algorithm has than the first.
type differenceReport struct {
	First          string  `json:"first"`
	Second         string  `json:"second"`
	GoodputPercent float64 `json:"goodput_percent"`
	CwndPercent    float64 `json:"mean_cwnd_percent"`
}

func newComparisonReport(r report, link netlab.Link, rounds int, means []mean, differences []difference) comparisonReport {
	c := comparisonReport{report: r, Link: link.String(), Rounds: rounds}
	for _, m := range means {
		c.Means = append(c.Means, meanReport{m.name, m.native, m.goodputBPS, m.cwnd, m.cwndRange[0], m.cwndRange[1],
			m.rtt.Microseconds(), m.retransmits, m.drops, m.marks})
	}
	for _, d := range differences {
		c.Differences = append(c.Differences, differenceReport{d.first, d.second, d.goodput, d.cwnd})
	}
	return c
}

// writeJSON prints the report on one line.
func (c comparisonReport) writeJSON(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(c); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
