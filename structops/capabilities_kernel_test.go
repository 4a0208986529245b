//go:build linux

package structops_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
)

// TestCapabilities: CAP_BPF and CAP_PERFMON are enough to register, and what
// is missing is named.
func TestCapabilities(t *testing.T) {
	kerneltest.Require(t)
	name := fmt.Sprintf("t_cap_%d", os.Getpid()%1e6)
	registerWith := func(caps ...int) (err error) {
		kerneltest.WithCapabilities(t, caps, func() {
			var link *structops.Link
			if link, err = structops.Register(with(structops.Members{"name": name})); err == nil {
				err = link.Close()
			}
		})
		return err
	}
	if err := registerWith(unix.CAP_BPF, unix.CAP_PERFMON); err != nil {
		t.Errorf("with CAP_BPF and CAP_PERFMON: %v", err)
	}
	for _, tt := range []struct {
		caps []int
		want string
	}{
		{[]int{unix.CAP_BPF}, "CAP_PERFMON"},
		{nil, "CAP_BPF"},
	} {
		err := registerWith(tt.caps...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("with capabilities %v: %v; want %s named", tt.caps, err, tt.want)
		} else {
			t.Log(err)
		}
	}
}
