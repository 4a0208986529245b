package linux

import "strconv"

// verdicts are the names of what programs of a type return, from Low on. Names in capitals are those of the UAPI: enum xdp_action and enum
// sk_action (include/uapi/linux/bpf.h), TC_ACT_* (include/uapi/linux/pkt_cls.h). Results of programs for cgroups have no names there
// (__cgroup_bpf_run_filter_skb, kernel/bpf/cgroup.c): the second bit says that the network is congested. Linux 6.18.
var verdicts = map[ProgType]struct {
	Low   int32
	Names []string
}{
	ProgTypeXDP:         {0, []string{"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"}},
	ProgTypeSchedCls:    {-1, trafficVerdicts},
	ProgTypeSchedAct:    {-1, trafficVerdicts},
	ProgTypeCgroupSKB:   {0, []string{"drop", "pass", "drop, congested", "pass, congested"}},
	ProgTypeSKSKB:       {0, socketVerdicts},
	ProgTypeSKMsg:       {0, socketVerdicts},
	ProgTypeSKLookup:    {0, socketVerdicts},
	ProgTypeSKReusePort: {0, socketVerdicts},
	ProgTypeNetfilter:   {0, []string{"NF_DROP", "NF_ACCEPT"}},
}

var (
	trafficVerdicts = []string{"TC_ACT_UNSPEC", "TC_ACT_OK", "TC_ACT_RECLASSIFY", "TC_ACT_SHOT", "TC_ACT_PIPE", "TC_ACT_STOLEN",
		"TC_ACT_QUEUED", "TC_ACT_REPEAT", "TC_ACT_REDIRECT", "TC_ACT_TRAP"}
	socketVerdicts = []string{"SK_DROP", "SK_PASS"}
)

// Verdict names what a program of a type has returned, such as XDP_DROP; it is the number where there is no name.
func (t ProgType) Verdict(result uint32) string {
	v, ok := verdicts[t]
	if n := int64(int32(result)) - int64(v.Low); ok && n >= 0 && n < int64(len(v.Names)) {
		return v.Names[n]
	}
	if t == ProgTypeSocketFilter && result == 0 {
		return "drop"
	}
	return strconv.FormatInt(int64(int32(result)), 10)
}
