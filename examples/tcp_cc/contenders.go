package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/structops"
)

// contender is an algorithm for a transfer.
type contender struct {
	name   string
	native bool                     // not ours: the kernel's own, or registered by another process
	other  bool                     // registered by another process
	ops    structops.Implementation // if it is ours
}

// kernelModules are the congestion controls of Linux, and their modules.
func kernelModules() map[string]string {
	return map[string]string{
		"bbr": "tcp_bbr", "bic": "tcp_bic", "cdg": "tcp_cdg", "cubic": "tcp_cubic", "dctcp": "tcp_dctcp", "highspeed": "tcp_highspeed",
		"htcp": "tcp_htcp", "hybla": "tcp_hybla", "illinois": "tcp_illinois", "lp": "tcp_lp", "nv": "tcp_nv", "reno": "",
		"scalable": "tcp_scalable", "vegas": "tcp_vegas", "veno": "tcp_veno", "westwood": "tcp_westwood", "yeah": "tcp_yeah",
	}
}

// contenders finds the algorithms of a list of names: ours, and those that sockets may choose in this kernel. Some of these others may be
// registered by other processes. The same name may be given twice: this shows how much two transfers with the same algorithm differ.
func contenders(names []string, ours []structops.Implementation, available []string, others map[string]uint32) ([]contender, error) {
	var found []contender
	for _, name := range names {
		switch i := slices.IndexFunc(ours, func(o structops.Implementation) bool { return nameOf(o) == name }); {
		case i >= 0:
			found = append(found, contender{name: name, ops: ours[i]})
		case slices.Contains(available, name):
			_, other := others[name]
			found = append(found, contender{name: name, native: true, other: other})
		default:
			return nil, missing(name, ours, available)
		}
	}
	return found, nil
}

// missing says why there is no algorithm with that name, and which ones there are.
func missing(name string, ours []structops.Implementation, available []string) error {
	why := "no algorithm has that name"
	if module, known := kernelModules()[name]; known {
		why = "this kernel was built without it, or its module is not loaded"
		if module != "" {
			why += fmt.Sprintf(" (modprobe %s; CONFIG_TCP_CONG_%s)", module, strings.ToUpper(name))
		}
	}
	var written []string
	for _, o := range ours {
		written = append(written, nameOf(o))
	}
	return fmt.Errorf("congestion control %q: %s\nhelp: written in Go, here: %s; in this kernel: %s; to compare your own, "+
		"register it in another process first",
		name, why, strings.Join(written, ", "), strings.Join(available, ", "))
}

// oursOf returns the algorithms that must be registered, each once.
func oursOf(list []contender) []structops.Implementation {
	var ops []structops.Implementation
	seen := map[string]bool{}
	for _, c := range list {
		if !c.native && !seen[c.name] {
			seen[c.name] = true
			ops = append(ops, c.ops)
		}
	}
	return ops
}

// needsECN reports whether an algorithm needs a link that marks packets.
func (c contender) needsECN() bool {
	if c.native {
		return c.name == "dctcp"
	}
	const needsECN = 2 // TCP_CONG_NEEDS_ECN (include/net/tcp.h)
	switch flags := reflect.ValueOf(structops.ByName(c.ops).Members["flags"]); {
	case !flags.IsValid():
		return false
	case flags.CanUint():
		return flags.Uint()&needsECN != 0
	case flags.CanInt():
		return flags.Int()&needsECN != 0
	}
	return false
}

// registeredByOthers has the algorithms in BPF that are registered now, with the ids of their maps.
func registeredByOthers() (map[string]uint32, error) {
	types, err := btf.Kernel()
	if err != nil {
		return nil, err
	}
	defer types.Close()
	ops, err := structops.ReadInterface(types, "tcp_congestion_ops")
	if err != nil {
		return nil, err
	}
	return ops.Registered()
}

// splitNames reads the value of -compare.
func splitNames(list string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	if len(names) < 2 {
		return nil, fmt.Errorf("-compare %q: expected two algorithms or more, with commas between them: -compare reno,go_reno", list)
	}
	return names, nil
}
