//go:build linux

package verify_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/internal/verify"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// resultPlaces are all types of programs with all their places. Those that need a target have one or a few.
func resultPlaces() []verify.Program {
	targets := map[linux.AttachType][]string{
		linux.AttachTraceRawTP: {"sched_switch"}, linux.AttachTraceFEntry: {"tcp_v4_rcv"}, linux.AttachTraceFExit: {"tcp_v4_rcv"},
		linux.AttachModifyReturn: {"bpf_modify_return_test"}, linux.AttachTraceIter: {"task"},
		linux.AttachLSMMAC:    {"file_open", "inode_xattr_skipcap", "audit_rule_known", "task_free"},
		linux.AttachLSMCgroup: {"socket_bind", "sk_free_security"},
	}
	var list []verify.Program
	for t := range linux.ProgTypes() {
		if t == linux.ProgTypeStructOps || t == linux.ProgTypeExt {
			continue // decided by the function that the program implements or replaces
		}
		add := func(at linux.AttachType, to string) {
			p := verify.Program{Attached: true}
			p.Type, p.Hook, p.Attach = t, at, to
			list = append(list, p)
		}
		places := t.Attach()
		if !t.Info().Placed && !strings.Contains("lsm cgroup_skb", t.String()) {
			add(t.Info().Place, "")
		}
		for _, at := range places {
			for _, to := range append(targets[at], "")[:max(1, len(targets[at]))] {
				add(at, to)
			}
		}
	}
	return list
}

// TestResultRanges loads programs that return a number for each type of programs and each place: the ends of the range in the tables, and
// the numbers beyond them. The check must refuse what the kernel refuses because of the result, and nothing else.
func TestResultRanges(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 18)
	types, err := btf.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	defer types.Close()
	seen := map[string]string{}
	for _, p := range resultPlaces() {
		p.Types = types
		name := fmt.Sprintf("%v/%v/%s", p.Type, p.Hook, p.Attach)
		t.Run(name, func(t *testing.T) {
			attr := syscall.ProgLoadAttr{Type: p.Type, ExpectedAttachType: p.Hook, License: "GPL", LogLevel: 1}
			if p.Attach != "" {
				kind := btf.KindFunc
				if p.Hook == linux.AttachTraceRawTP {
					kind = btf.KindTypedef
				}
				id, err := types.Lookup(kind, p.Hook.Info().Prefix+p.Attach)
				if err != nil {
					t.Logf("this kernel has no such place: %v", err)
					return
				}
				attr.AttachBTFID = uint32(id)
			}
			if p.Type.Info().Sleeps {
				attr.Flags |= syscall.ProgSleepable
			}
			limits := p.Type.ResultAt(p.Hook)
			if p.Type == linux.ProgTypeLSM {
				limits = linux.HookResult(p.Hook, p.Attach, strings.Contains(p.Attach, "free"))
			}
			numbers := []int32{-1 << 31, -1, 0, 1, 2, 5, 1<<31 - 1}
			if limits != nil {
				numbers = append(numbers, int32(limits.Low-1), int32(limits.Low), int32(limits.High), int32(limits.High+1))
			}
			for _, n := range numbers {
				code := []isa.Instruction{isa.Mov64Imm(isa.R0, n), isa.Exit()}
				attr.Instructions, err = isa.Append(nil, isa.Native, code...)
				if err != nil {
					t.Fatal(err)
				}
				fd, err := syscall.ProgLoad(&attr)
				var refused *syscall.LoadError
				switch {
				case err == nil:
					fd.Close()
				case errors.As(err, &refused) && strings.Contains(refused.Log, "R0"):
				default:
					t.Logf("this kernel cannot load such programs: %v", err)
					return
				}
				p.Code = code
				findings, _ := verify.Check(p)
				found := len(findings) > 0
				if found != (err != nil) {
					t.Errorf("returns %d: the kernel: %v; the check: %v", n, err, findings)
				}
				for _, f := range findings {
					if f.Kind != mistake.ResultRange {
						t.Errorf("returns %d: %v", n, f)
					}
				}
			}
			seen[name] = fmt.Sprint(limits)
		})
	}
	t.Logf("%d places compared with the kernel", len(seen))
	if len(seen) < 50 {
		t.Errorf("only %d places were compared", len(seen))
	}
}
