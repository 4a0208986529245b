package sched_test

import (
	"slices"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf/fixture"
	"github.com/bpfsmith/bpfsmith/examples/scx_simple/sched"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/structops/structopstest"
	"github.com/bpfsmith/bpfsmith/vm"
)

// task makes a task with a weight.
func task(ops *structopstest.Ops, pid, weight int64) *vm.Struct {
	p := ops.Struct("task_struct")
	p.Set("pid", pid)
	p.Set("scx.weight", weight)
	return p
}

// pids are the tasks of a queue, in order.
func pids(t *testing.T, ops *structopstest.Ops, queue uint64) (list []int64) {
	t.Helper()
	tasks, ok := ops.Machine.Scheduling.Queue(queue)
	if !ok {
		t.Fatalf("there is no queue %#x", queue)
	}
	for _, one := range tasks {
		list = append(list, one.Task.Get("pid"))
	}
	return list
}

// TestFIFO: idle processors get tasks at once, others wait in the order in which they came.
func TestFIFO(t *testing.T) {
	s := sched.New(false)
	structopstest.On(t, []string{fixture.Scheduler}, s.Ops("go_fifo"), func(t *testing.T, ops *structopstest.Ops) {
		if code := ops.Call("init"); code != 0 {
			t.Fatalf("init: %d", code)
		}
		ops.Machine.Scheduling.Idle = map[int32]bool{2: true}
		ops.Machine.CPU = 1
		first, second, third := task(ops, 1, 100), task(ops, 2, 100), task(ops, 3, 100)
		if cpu := ops.Call("select_cpu", first, 1, 0); cpu != 2 || !slices.Equal(pids(t, ops, vm.QueueLocalOn|1), []int64{1}) {
			t.Errorf("processor %d, %v", cpu, pids(t, ops, vm.QueueLocalOn|1))
		}
		if cpu := ops.Call("select_cpu", second, 3, 0); cpu != 3 { // none is idle
			t.Errorf("processor %d", cpu)
		}
		ops.Call("enqueue", second, 0)
		ops.Call("enqueue", third, 0)
		if got := pids(t, ops, 0); !slices.Equal(got, []int64{2, 3}) {
			t.Errorf("the queue has %v", got)
		}
		ops.Machine.CPU = 3
		ops.Call("dispatch", 3, nil)
		got, rest := pids(t, ops, vm.QueueLocalOn|3), pids(t, ops, 0)
		if !slices.Equal(got, []int64{2}) || !slices.Equal(rest, []int64{3}) {
			t.Errorf("processor 3 has %v, the queue %v", got, rest)
		}
		ops.Call("dispatch", 3, nil)
		ops.Call("dispatch", 3, nil) // nothing is left
		counts, err := s.Counts()
		if want := (sched.Counts{Direct: 1, Queued: 2, Dispatched: 2}); err != nil || counts != want {
			t.Errorf("%+v, %v; want %+v", counts, err, want)
		}
	})
}

// TestWeights: the clock of a task with twice the weight moves half as fast, and the queue is in order of the clocks.
func TestWeights(t *testing.T) {
	s := sched.New(true)
	structopstest.On(t, []string{fixture.Scheduler}, s.Ops("go_weighted"), func(t *testing.T, ops *structopstest.Ops) {
		ops.Call("init")
		light, heavy := task(ops, 1, 100), task(ops, 2, 200)
		for _, p := range []*vm.Struct{light, heavy} {
			ops.Call("enable", p)
			p.Set("scx.slice", 0) // all of it is used
			ops.Call("stopping", p, true)
		}
		if a, b := light.Get("scx.dsq_vtime"), heavy.Get("scx.dsq_vtime"); a != int64(scx.SliceDfl) || b != a/2 {
			t.Errorf("clocks %d and %d", a, b)
		}
		ops.Call("running", light)
		ops.Call("enqueue", light, 0)
		ops.Call("enqueue", heavy, 0)
		if got := pids(t, ops, 0); !slices.Equal(got, []int64{2, 1}) {
			t.Errorf("the queue has %v", got)
		}
	})
}

// TestExit: the reason of the end is copied from the kernel's strings.
func TestExit(t *testing.T) {
	s := sched.New(false)
	structopstest.On(t, []string{fixture.Scheduler}, s.Ops("go_exit"), func(t *testing.T, ops *structopstest.Ops) {
		info := ops.Struct("scx_exit_info")
		info.Set("kind", scx.ExitErrorStall)
		text := func(s string) int64 {
			return int64(ops.Machine.Add(vm.Memory{Name: "the reason", Data: append([]byte(s), 0), ReadOnly: true}))
		}
		info.Set("reason", text("runnable task stall"))
		info.Set("msg", text("task 7"))
		ops.Call("exit", info)
		if exit, err := s.Exit(); err != nil || !exit.Failed() || exit.Text() != "runnable task stall: task 7" {
			t.Errorf("%v, %v", exit, err)
		}
	})
}
