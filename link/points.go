package link

import (
	"slices"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A point is a kind of place that programs are attached to. The attach types that a program may have there are those of its type in
// internal/linux that have the point's target.
type point struct {
	attach string            // the function that attaches there
	since  isa.KernelVersion // the first Linux with links of this kind
	types  []syscall.ProgType
	target linux.Target
	except []syscall.AttachType // those that have the target, and are not attached by this function
}

func xdpPoint() point {
	return point{attach: "AttachXDP", since: isa.KernelVersion{Major: 5, Minor: 9}, types: []syscall.ProgType{syscall.ProgTypeXDP},
		target: linux.TargetInterface}
}

func tcxPoint() point {
	return point{attach: "AttachTCX", since: isa.KernelVersion{Major: 6, Minor: 6}, types: []syscall.ProgType{syscall.ProgTypeSchedCls},
		target: linux.TargetInterface,
		except: []syscall.AttachType{syscall.AttachNetkitPrimary, syscall.AttachNetkitPeer}}
}

func netnsPoint() point {
	return point{attach: "AttachNetns", since: isa.KernelVersion{Major: 5, Minor: 8}, target: linux.TargetNetns,
		types: []syscall.ProgType{syscall.ProgTypeFlowDissector, syscall.ProgTypeSKLookup}}
}

func cgroupPoint() point {
	return point{attach: "AttachCgroup", since: isa.KernelVersion{Major: 5, Minor: 7}, target: linux.TargetCgroup,
		types: []syscall.ProgType{
			syscall.ProgTypeCgroupSKB, syscall.ProgTypeCgroupSock, syscall.ProgTypeCgroupSockAddr, syscall.ProgTypeSockOps,
			syscall.ProgTypeCgroupDevice, syscall.ProgTypeCgroupSysctl, syscall.ProgTypeCgroupSockOpt, syscall.ProgTypeLSM}}
}

func tracingPoint() point {
	return point{attach: "AttachTracing", since: isa.KernelVersion{Major: 5, Minor: 5}, types: []syscall.ProgType{syscall.ProgTypeTracing},
		target: linux.TargetNamed,
		except: []syscall.AttachType{syscall.AttachTraceIter}}
}

func lsmPoint() point {
	return point{attach: "AttachLSM", since: isa.KernelVersion{Major: 5, Minor: 7}, types: []syscall.ProgType{syscall.ProgTypeLSM},
		target: linux.TargetNamed}
}

func rawTracepointPoint() point {
	return point{attach: "AttachRawTracepoint", since: isa.KernelVersion{Major: 4, Minor: 17},
		types: []syscall.ProgType{syscall.ProgTypeRawTracepoint, syscall.ProgTypeRawTracepointWritable}}
}

func socketPoint() point {
	return point{attach: "AttachSocketFilter", since: isa.KernelVersion{Major: 3, Minor: 19},
		types: []syscall.ProgType{syscall.ProgTypeSocketFilter}}
}

// points are all of them.
func points() []point {
	return []point{xdpPoint(), tcxPoint(), netnsPoint(), lsmPoint(), cgroupPoint(), tracingPoint(), rawTracepointPoint(), socketPoint()}
}

// places are the attach types that programs of a type may have at the point; none where attaching takes no attach type.
func (pt point) places(t syscall.ProgType) []syscall.AttachType {
	if pt.target == linux.TargetNone {
		return nil
	}
	return slices.DeleteFunc(t.Attach(), func(at syscall.AttachType) bool {
		return at.Info().Target != pt.target || slices.Contains(pt.except, at)
	})
}

// pointFor is where programs of a type go, for messages: "link.AttachXDP"; "" when nothing here attaches them.
func pointFor(t syscall.ProgType) string {
	for _, pt := range points() {
		if slices.Contains(pt.types, t) {
			return "link." + pt.attach
		}
	}
	return ""
}
