package prog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/compile"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/mistake"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A checker collects the mistakes in the options of a program, and completes its plan.
type checker struct {
	program  *dsl.Program
	types    *btf.Types // nil when not known
	plan     *Plan
	place    *compile.Place // where the program goes
	findings mistake.Findings

	unchecked bool // contradictions are left to the kernel
}

// found notes a mistake in the options.
func (c *checker) found(f mistake.Finding) {
	f.Insn, f.Program = -1, c.program.Name
	if !f.Position.IsValid() {
		f.Position = c.program.Pos
	}
	c.findings = append(c.findings, f)
}

// check checks the options, and completes them. The error that it returns is not a mistake in them: BTF cannot be read.
func (c *checker) check() error {
	c.checkLicense()
	c.settleType()
	o := &c.plan.Options
	c.place = &compile.Place{Type: o.Type}
	if o.Type == syscall.ProgTypeUnspec {
		c.place = nil
		return nil
	}
	if o.Type.Info().Sleeps { // the kernel takes it only with the flag
		o.Flags |= syscall.ProgSleepable
	}
	c.place.Sleepable = o.Flags&syscall.ProgSleepable != 0
	c.checkSleepable()
	c.settleAttachType()
	c.place.Hook = o.AttachType
	if o.Type != syscall.ProgTypeTracing && o.Type != syscall.ProgTypeLSM {
		if o.AttachTo != "" && !c.unchecked {
			c.found(mistake.Finding{Kind: mistake.BadAttach, Detail: fmt.Sprintf("Options.AttachTo is %q, but "+
				"only tracing and LSM programs "+
				"are loaded for a function or hook of the kernel; this one is %v", o.AttachTo, o.Type),
				Help: "leave it out, and say where the program goes when it is attached (package link)"})
		}
		return nil
	}
	if o.AttachTo == "" {
		c.found(mistake.Finding{Kind: mistake.BadAttach, Detail: "the attach target is missing",
			Help: "set Options.AttachTo: a tracepoint, a function or a hook of the kernel, by name"})
		return nil
	}
	if o.AttachType != 0 && !o.AttachType.Info().Types.Has(o.Type) {
		return nil // compiling reports it
	}
	return c.findTarget()
}

// checkSleepable finds programs that are marked as sleepable and are of a type that never sleeps. For the other types, the kernel decides
// by the hook.
func (c *checker) checkSleepable() {
	t := c.plan.Options.Type
	if c.unchecked || t.Info().Name == "" || t.Info().Sleepable {
		return
	}
	f := mistake.Finding{Kind: mistake.MustNotSleep, Detail: fmt.Sprintf("%v programs cannot be sleepable", t)}
	switch {
	case c.place.Sleepable:
		f.Help = "leave syscall.ProgSleepable out of Options.Flags"
	case c.program.Sleepable:
		f.Help = "leave Sleepable of the program false"
	default:
		return
	}
	c.found(f)
}

// checkLicense requires a licence. The author decides which one.
func (c *checker) checkLicense() {
	if c.plan.Options.License != "" {
		return
	}
	c.found(mistake.Finding{Kind: mistake.MissingLicense, Detail: "the licence of the program is missing", Help: fmt.Sprintf(
		"set Options.License. One of %s opens all helpers and kernel functions; any other text, such as \"MIT\", opens those that are "+
			"not for the GPL only", quotedList(linux.GPLLicences()))})
}

func quotedList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return strings.Join(quoted, ", ")
}

// settleType finds the type of the program, from Options.Type or from the program's context. The two must not contradict each other.
func (c *checker) settleType() {
	o, proto := &c.plan.Options, c.program.Proto
	context := ""
	if proto != nil && proto.Context && len(proto.Params) == 1 {
		context = proto.Params[0].Type.Struct()
	}
	fits := linux.ProgramsOf(context)
	one, only := fits.One()
	switch {
	case o.Type == syscall.ProgTypeUnspec && only:
		o.Type = one
	case o.Type == syscall.ProgTypeUnspec && fits != 0:
		c.found(mistake.Finding{Kind: mistake.BadProgType, Position: proto.Pos,
			Detail: fmt.Sprintf("the program's type is missing: several types have its context, struct %s", context),
			Help:   "set Options.Type; it may be " + strings.Join(fits.Names(), ", ")})
	case o.Type == syscall.ProgTypeUnspec:
		c.found(mistake.Finding{Kind: mistake.BadProgType, Detail: "the program's type is missing",
			Help: "set Options.Type, for example to syscall.ProgTypeSocketFilter; a program with a context such as ctx.XDP as its " +
				"parameter does not need it"})
	case c.unchecked || proto == nil || proto.Err != nil:
	case fits != 0 && !fits.Has(o.Type):
		c.found(mistake.Finding{Kind: mistake.BadProgType, Position: proto.Pos,
			Detail: fmt.Sprintf("the program takes a struct %s, and Options.Type is %v: %s", context, o.Type, given(o.Type)),
			Help:   "the type may be " + strings.Join(fits.Names(), ", ")})
	case !proto.Context && len(proto.Params) > 0 && o.Type.Info().Context != "" && !o.Type.Info().Arguments && c.program.Structured():
		c.found(mistake.Finding{Kind: mistake.BadProgType, Position: proto.Pos,
			Detail: fmt.Sprintf("the program takes arguments, and Options.Type is %v: %s", o.Type, given(o.Type)),
			Help:   "take the context, of package kernel/ctx, as the only parameter"})
	}
}

// given says what the parameters of a program of a type are.
func given(t syscall.ProgType) string {
	switch info := t.Info(); {
	case info.Arguments:
		return "such programs have arguments as parameters"
	case info.Context != "":
		return "such programs have a context, a struct " + info.Context
	}
	return "such programs have other parameters"
}

// settleAttachType finds the place that the program is checked for, if its type has places. For some types Options must name it: for
// tracing programs, and for those that see addresses and options of sockets (bpf_prog_load_check_attach, kernel/bpf/syscall.c). Whether
// the type has the place that Options names is checked with the rest of the place, when the program is compiled.
func (c *checker) settleAttachType() {
	o := &c.plan.Options
	switch {
	case o.AttachType != 0:
	case o.Type.Info().Placed:
		c.found(mistake.Finding{Kind: mistake.BadAttach, Help: place.AttachTypes(o.Type),
			Detail: fmt.Sprintf("the attach type (Options.AttachType) is missing: the kernel checks %v programs for one", o.Type)})
	default:
		o.AttachType = o.Type.Info().Place
	}
}

// findTarget looks up the tracepoint or function that the program is for.
func (c *checker) findTarget() error {
	o := &c.plan.Options
	kind, prefix := btf.KindFunc, o.AttachType.Info().Prefix
	if o.AttachType == syscall.AttachTraceRawTP {
		kind = btf.KindTypedef
	}
	name := prefix + o.AttachTo
	if c.types == nil {
		c.found(mistake.Finding{Kind: mistake.NeedsBTF, Detail: "the target has no BTF, which is needed to find " + name,
			Help: "set Target.BTF; the running kernel has BTF when it is built with CONFIG_DEBUG_INFO_BTF"})
		return nil
	}
	id, err := c.types.Lookup(kind, name)
	if errors.Is(err, btf.ErrNotFound) {
		missing := place.Place{Type: o.Type, Hook: o.AttachType, Attach: o.AttachTo}
		if f := missing.Missing(c.types); f != nil {
			c.found(*f)
		}
		return nil
	}
	if err != nil {
		return err
	}
	c.plan.AttachID = id
	c.place.Attach = o.AttachTo
	if o.Type == syscall.ProgTypeTracing && o.AttachType == syscall.AttachTraceRawTP {
		c.place, err = place.Tracepoint(c.types, o.AttachTo)
	}
	return err
}
