package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/examples/tcp_cc/cc"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/structops"
)

// algorithms returns ours, for a kernel with hz jiffies in a second.
func algorithms(hz uint32) []structops.Implementation {
	return []structops.Implementation{cc.Reno("go_reno"), gentle(), cc.Cubic("go_cubic", hz), cc.DCTCP("go_dctcp"), cc.BBR("go_bbr", hz)}
}

// nameOf is the name with which an algorithm is registered.
func nameOf(algorithm structops.Implementation) string {
	name, _ := structops.ByName(algorithm).Members["name"].(string)
	return name
}

// prepareAll checks our algorithms against the running kernel and compiles them.
func prepareAll(list []structops.Implementation) ([]*structops.Plan, error) {
	if len(list) == 0 {
		return nil, nil
	}
	target, err := prog.Host()
	if err != nil {
		return nil, err
	}
	defer target.BTF.Close()
	return prepareFor(target, list)
}

func prepareFor(target compile.Target, list []structops.Implementation) ([]*structops.Plan, error) {
	var plans []*structops.Plan
	var errs []error
	for _, ops := range list {
		plan, err := structops.Prepare(ops, target)
		plans, errs = append(plans, plan), append(errs, err)
	}
	return plans, errors.Join(errs...)
}

// registered has our algorithms that are in the kernel.
type registered struct {
	links     []*structops.Link
	coldStart time.Duration // from the start of main to the first live link
}

// registerAll registers all plans or none.
func registerAll(plans []*structops.Plan, start time.Time) (*registered, error) {
	r := &registered{}
	for _, plan := range plans {
		link, err := plan.Register()
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		if len(r.links) == 0 {
			r.coldStart = time.Since(start)
		}
		r.links = append(r.links, link)
	}
	return r, nil
}

// close unregisters them. A second call does nothing.
func (r *registered) close() error {
	var errs []error
	for _, link := range r.links {
		errs = append(errs, link.Close())
	}
	return errors.Join(errs...)
}

// writePlan prints what was compiled for each member.
func writePlan(w io.Writer, plan *structops.Plan) error {
	fmt.Fprintf(w, "%s (%s)\n", plan.Name, plan.Type.Name)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  member\tprogram\tkernel's prototype\tinstructions\tbytes")
	for _, p := range plan.Programs {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%d\t%d\n", p.Member.Name, p.Object.Program.Name, p.Member.Prototype(), p.Object.Slots(),
			len(p.Object.Code))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// available lists the algorithms that sockets may choose now.
func available() ([]string, error) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	return strings.Fields(string(text)), err
}
