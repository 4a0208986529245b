package main

import (
	"testing"

	"github.com/bpfsmith/bpfsmith/structops/structopstest"
)

// The tests need no root and no Linux: the bytes that the kernel would get run in a machine of package vm, with sockets as each of these
// kernels has them.
var kernels = []string{"6.1", "6.12", "6.18"}

func TestSlowStart(t *testing.T) {
	structopstest.On(t, kernels, newAlgorithm().ops(), func(t *testing.T, ops *structopstest.Ops) {
		sk := ops.Sock()
		sk.Set("snd_cwnd", 10)
		sk.Set("snd_ssthresh", 100)
		ops.Call("cong_avoid", sk, 0, 4)
		if got := sk.Get("snd_cwnd"); got != 14 {
			t.Errorf("after 4 of 10 segments arrived the window is %d, want 14", got)
		}
	})
}

func TestLoss(t *testing.T) {
	structopstest.On(t, kernels, newAlgorithm().ops(), func(t *testing.T, ops *structopstest.Ops) {
		for window, want := range map[int64]int64{40: 20, 3: 2, 2: 2} {
			sk := ops.Sock()
			sk.Set("snd_cwnd", window)
			if got := ops.Call("ssthresh", sk); got != want {
				t.Errorf("after a loss at %d segments the threshold is %d, want %d", window, got, want)
			}
		}
	})
}
