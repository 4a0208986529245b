package linux

import "testing"

// TestVerdicts: names where the kernel has one, and numbers with their sign.
func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		kind   ProgType
		result uint32
		want   string
	}{
		{ProgTypeXDP, 1, "XDP_DROP"}, {ProgTypeXDP, 4, "XDP_REDIRECT"}, {ProgTypeXDP, 5, "5"}, {ProgTypeXDP, 1<<32 - 1, "-1"},
		{ProgTypeSchedCls, 1<<32 - 1, "TC_ACT_UNSPEC"}, {ProgTypeSchedAct, 2, "TC_ACT_SHOT"}, {ProgTypeSchedCls, 7, "TC_ACT_REDIRECT"},
		{ProgTypeSchedCls, 8, "TC_ACT_TRAP"}, {ProgTypeSchedCls, 1<<32 - 2, "-2"}, {ProgTypeCgroupSKB, 1, "pass"},
		{ProgTypeSKLookup, 0, "SK_DROP"}, {ProgTypeSocketFilter, 0, "drop"}, {ProgTypeSocketFilter, 96, "96"}, {ProgTypeKprobe, 3, "3"},
	} {
		if got := tt.kind.Verdict(tt.result); got != tt.want {
			t.Errorf("%v %d: %s, want %s", tt.kind, tt.result, got, tt.want)
		}
	}
}
