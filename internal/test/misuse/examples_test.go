package misuse

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// TestExamples: command lines of the examples.
func TestExamples(t *testing.T) {
	kerneltest.Require(t)
	dir := t.TempDir()
	cc, firewall := tools(t, "../../../examples/tcp_cc"), tools(t, "../../../examples/xdp_firewall")
	sched := tools(t, "../../../examples/scx_simple")
	compare(t, "examples", []row{
		{name: "negative duration", code: func() error { return cc(dir, "", "-duration", "-1s") }},
		{name: "duration without a unit", code: func() error { return cc(dir, "", "-duration", "4") }},
		{name: "no rounds", code: func() error { return cc(dir, "", "-compare", "go_reno,reno", "-rounds", "0") }},
		{name: "rounds without a comparison", code: func() error { return cc(dir, "", "-rounds", "3") }},
		{name: "name without -compare", code: func() error { return cc(dir, "", "go_cubic") }},
		{name: "misspelt algorithm", code: func() error { return cc(dir, "", "-compare", "go_cubik,cubic") }},
		{name: "impossible clock", code: func() error { return cc(dir, "", "-compare", "go_cubic,cubic", "-hz", "7") }},
		{name: "interface is not there", code: func() error { return firewall(dir, "", "-i", "nowhere0") }},
		{name: "network that is none", code: func() error { return firewall(dir, "", "-block", "10.0.0/8") }},
		{name: "address without a length", code: func() error { return firewall(dir, "", "-block", "10.0.0.300") }},
		{name: "interface without -i", code: func() error { return firewall(dir, "", "eth0") }},
		{name: "scheduler for a negative time", code: func() error { return sched(dir, "", "-duration", "-5s") }},
		{name: "scheduler with an argument", code: func() error { return sched(dir, "", "weighted") }},
	})
}
