package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// A snapshot has the counters of the firewall at one time.
type snapshot struct {
	at      time.Duration // since it began
	traffic [classes]traffic
	rules   []rule
	senders []sender // of the demonstration only
	events  []event
}

// A sender is a host that sends, with its own counters.
type sender struct {
	address        netip.Addr
	what           string // "UDP, ICMP"
	sent, answered uint64
}

// An event is a change of the rules.
type event struct {
	at   time.Duration
	text string
}

// total is the sum over all packets.
func (s snapshot) total() (t traffic) {
	for _, c := range s.traffic {
		t.Passed, t.Dropped = t.Passed.add(c.Passed), t.Dropped.add(c.Dropped)
	}
	return t
}

// dropped is what a rule has dropped; 0 when there is no such rule.
func (s snapshot) dropped(network netip.Prefix) uint64 {
	for _, r := range s.rules {
		if r.network == network {
			return r.Packets
		}
	}
	return 0
}

// A view shows the last one of several snapshots, which are in order of time.
type view struct {
	where  string // the interface
	colour bool
	past   []snapshot
}

// classNames has the names in the order of the classes.
var classNames = [classes]string{"TCP", "UDP", "ICMP", "other IP", "not IP", "malformed"}

// Colours of terminals.
const (
	plain, bold, dim   = "\x1b[0m", "\x1b[1m", "\x1b[2m"
	red, green, yellow = "\x1b[31m", "\x1b[32m", "\x1b[33m"
)

// paint gives text a colour, if the screen has colours.
func (v view) paint(colour, text string) string {
	if !v.colour || text == "" {
		return text
	}
	return colour + text + plain
}

// lines returns the lines of the table. No line is longer than 80 characters.
func (v view) lines() []string {
	if len(v.past) == 0 {
		return nil
	}
	now, before := v.past[len(v.past)-1], v.secondAgo()
	lines := []string{fmt.Sprintf("%s %s  %s", v.paint(bold, "xdp_firewall"), v.where, v.paint(dim, seconds(now.at))), ""}
	lines = append(lines, v.paint(dim, fmt.Sprintf("  %-10s %10s %8s %10s  %10s %8s %10s", "packets", "passed", "a second", "bytes",
		"dropped", "a second", "bytes")))
	row := func(name string, t, old traffic) string {
		return fmt.Sprintf("  %-10s ", name) + v.tally(green, t.Passed, old.Passed, now.at-before.at) + "  " + v.tally(red, t.Dropped,
			old.Dropped, now.at-before.at)
	}
	for class, t := range now.traffic {
		if t != (traffic{}) {
			lines = append(lines, row(classNames[class], t, before.traffic[class]))
		}
	}
	lines = append(lines, row("all", now.total(), before.total()), "")
	lines = append(lines, v.ruleLines(now, before)...)
	lines = append(lines, v.senderLines(now, before)...)
	for _, e := range now.events {
		lines = append(lines, fmt.Sprintf("  %s  %s", v.paint(dim, fmt.Sprintf("%6s", seconds(e.at))), e.text))
	}
	return lines
}

// secondAgo is the snapshot that the last one is compared with.
func (v view) secondAgo() snapshot {
	now := v.past[len(v.past)-1].at
	for i := len(v.past) - 1; i >= 0; i-- {
		if now-v.past[i].at >= time.Second {
			return v.past[i]
		}
	}
	return v.past[0]
}

// tally is three columns.
func (v view) tally(colour string, t, old tally, apart time.Duration) string {
	if t.Packets == 0 {
		return v.paint(dim, fmt.Sprintf("%10s %8s %10s", "-", "-", "-"))
	}
	return v.paint(colour, fmt.Sprintf("%10s", thousands(t.Packets))) + fmt.Sprintf(" %8s %10s", rate(t.Packets, old.Packets, apart),
		size(t.Bytes))
}

func (v view) ruleLines(now, before snapshot) []string {
	const most = 12 // the others are only counted
	if len(now.rules) == 0 {
		return []string{v.paint(dim, "  nothing is blocked"), ""}
	}
	lines := []string{v.paint(dim, fmt.Sprintf("  %-28s %10s %8s %10s  %s", "blocked network", "dropped", "a second", "bytes", "lately"))}
	for i, r := range now.rules {
		if i == most {
			lines = append(lines, fmt.Sprintf("  and %d more", len(now.rules)-most))
			break
		}
		old := tally{Packets: before.dropped(r.network)}
		lines = append(lines, fmt.Sprintf("  %-28v %s  %s", r.network, v.tally(red, r.tally, old, now.at-before.at),
			v.paint(yellow, spark(v.recently(r.network)))))
	}
	return append(lines, "")
}

// recently returns how many packets a rule dropped from each snapshot to the next.
func (v view) recently(network netip.Prefix) []uint64 {
	const most = 16
	var drops []uint64
	for i := max(1, len(v.past)-most); i < len(v.past); i++ {
		drops = append(drops, since(v.past[i].dropped(network), v.past[i-1].dropped(network)))
	}
	return drops
}

func (v view) senderLines(now, before snapshot) []string {
	if len(now.senders) == 0 {
		return nil
	}
	lines := []string{v.paint(dim, fmt.Sprintf("  %-28s %10s %8s  %s", "sender", "sent", "answered", "what"))}
	for i, s := range now.senders {
		colour := red // no answers recently
		if i >= len(before.senders) || s.answered > before.senders[i].answered {
			colour = green
		}
		lines = append(lines, fmt.Sprintf("  %-28v %10s %s  %s", s.address, thousands(s.sent), v.paint(colour, fmt.Sprintf("%8s",
			thousands(s.answered))), s.what))
	}
	return append(lines, "")
}

// summary is the last snapshot in one line.
func (v view) summary() string {
	now, before := v.past[len(v.past)-1], v.secondAgo()
	total, old := now.total(), before.total()
	apart := now.at - before.at
	text := fmt.Sprintf("%6s  passed %s (%s/s)  dropped %s (%s/s)", seconds(now.at),
		thousands(total.Passed.Packets), rate(total.Passed.Packets, old.Passed.Packets, apart),
		thousands(total.Dropped.Packets), rate(total.Dropped.Packets, old.Dropped.Packets, apart))
	for i, r := range now.rules {
		separator := ", "
		if i == 0 {
			separator = ":  "
		}
		text += fmt.Sprintf("%s%v %s", separator, r.network, thousands(r.Packets))
	}
	return text
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// since is a difference of counters. The older one may belong to an earlier rule for the same network.
func since(now, before uint64) uint64 {
	if now < before {
		return now
	}
	return now - before
}

// rate is how much a counter grows in a second.
func rate(now, before uint64, apart time.Duration) string {
	if apart <= 0 {
		return "0"
	}
	return thousands(uint64(float64(since(now, before))/apart.Seconds() + 0.5))
}

// thousands writes a number with its digits in groups: 1,234,567.
func thousands(n uint64) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// size writes a number of bytes with about three digits: 1.2 kB.
func size(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), 0
	for value >= 999.95 && unit < 6 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, " kMGTPE"[unit])
}

// spark draws numbers as columns, the largest one full.
func spark(numbers []uint64) string {
	largest := uint64(1)
	for _, n := range numbers {
		largest = max(largest, n)
	}
	var b strings.Builder
	for _, n := range numbers {
		if n == 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[(8*n-1)/largest])
	}
	return b.String()
}

// cut shortens a line to a width, without counting colours.
func cut(line string, width int) string {
	shown := 0
	for i := 0; i < len(line); {
		if line[i] == '\x1b' {
			end := strings.IndexByte(line[i:], 'm')
			if end < 0 {
				return line[:i]
			}
			i += end + 1
			continue
		}
		if shown == width {
			return line[:i] + plain
		}
		_, n := utf8.DecodeRuneInString(line[i:])
		i, shown = i+n, shown+1
	}
	return line
}
