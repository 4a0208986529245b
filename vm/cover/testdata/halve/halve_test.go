package halve

import (
	"os"
	"testing"

	"github.com/bpfsmith/bpfsmith/structops/structopstest"
	"github.com/bpfsmith/bpfsmith/vm/cover"
)

func TestMain(m *testing.M) { os.Exit(cover.Main(m)) }

func TestHalve(t *testing.T) {
	structopstest.On(t, []string{"6.1", "6.18"}, Ops, func(t *testing.T, ops *structopstest.Ops) {
		t.Parallel()
		sk := ops.Sock()
		for _, cwnd := range []int64{10, 101} {
			sk.Set("snd_cwnd", cwnd)
			ops.Call("ssthresh", sk)
		}
		if Limit(3) != 3 {
			t.Error("3 is limited")
		}
	})
}
