package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
)

// golden compares with a file in testdata; UPDATE_GOLDEN=1 writes it instead.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); UPDATE_GOLDEN=1 accepts:\n%s", path, diff)
	}
}

// sawtooth makes samples of an algorithm without noise: slow start to peak, then teeth from low to high, one segment every 30 ms.
func sawtooth(length time.Duration, peak, low, high uint32) []netlab.Sample {
	var samples []netlab.Sample
	cwnd, ssthresh := 10.0, uint32(netlab.InfiniteSsthresh)
	const step = 5 * time.Millisecond
	for at := time.Duration(0); at <= length; at += step {
		samples = append(samples, netlab.Sample{
			At: at, Cwnd: uint32(cwnd), Ssthresh: ssthresh, RTT: 20*time.Millisecond + time.Duration(cwnd*600)*time.Microsecond,
		})
		switch {
		case ssthresh == netlab.InfiniteSsthresh && cwnd >= float64(peak), ssthresh != netlab.InfiniteSsthresh && cwnd > float64(high):
			ssthresh = low
			cwnd = float64(low)
		case ssthresh == netlab.InfiniteSsthresh:
			cwnd *= 1.19 // twice as large after 20 ms
		default:
			cwnd += 1.0 / 6
		}
	}
	return samples
}

func twoResults() []result {
	return []result{
		{native: true, Result: netlab.Result{
			Algorithm: "reno", GoodputBPS: 9_528_123.4, Retransmits: 46, QueueDrops: 47, MeanCwnd: 30.16,
			MeanRTT: 35_349 * time.Microsecond, Samples: sawtooth(4*time.Second, 70, 19, 38),
		}},
		{Result: netlab.Result{
			Algorithm: "go_cubic", GoodputBPS: 960_000, Retransmits: 5, QueueDrops: 1234, MeanCwnd: 132.1,
			MeanRTT: 8 * time.Millisecond, Samples: sawtooth(4*time.Second, 30, 26, 38),
		}},
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := writeTable(&b, twoResults()); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.String())
}

func TestJSONReport(t *testing.T) {
	results := twoResults()
	results[0].Samples = results[0].Samples[:3]
	results[1].Samples = results[1].Samples[200:202]
	r := newReport("6.18.44", results)
	r.ListedBefore = []string{"reno", "bbr", "cubic"}
	r.ListedDuring = []string{"reno", "bbr", "cubic", "go_cubic"}
	r.ListedAfter = r.ListedBefore
	r.ColdStartMS = milliseconds(41_500 * time.Microsecond)
	var b bytes.Buffer
	if err := r.writeJSON(&b); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b.Bytes(), []byte("\n")); n != 1 || !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
		t.Errorf("the report has %d line ends, want one at its end", n)
	}
	decoder := json.NewDecoder(bytes.NewReader(b.Bytes()))
	var back report
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		t.Errorf("after the object comes more: %v", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", indented.String())
}

func TestJSONReportHasEmptyListsAndNotNull(t *testing.T) {
	var b strings.Builder
	if err := newReport("6.18", nil).writeJSON(&b); err != nil {
		t.Fatal(err)
	}
	want := `{"kernel":"6.18","algorithms":[],"listed_before":[],"listed_during":[],"listed_after":[],"cold_start_ms":0}` + "\n"
	if b.String() != want {
		t.Errorf("report %s want %s", &b, want)
	}
}
