//go:build linux

package netlab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
)

// newLab makes a lab for a test. When the test ends, it checks that nothing of the lab is left.
func newLab(t *testing.T, link Link) *Lab {
	t.Helper()
	kerneltest.Require(t)
	checkTraces(t)
	l, err := New(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// traces has the things that a process can see of a lab that was not cleaned up.
type traces struct {
	goroutines  int
	descriptors []string
	namespaces  map[string]bool // of all threads
	named       int             // entries of /run/netns
}

func readTraces(t *testing.T) traces {
	t.Helper()
	tr := traces{goroutines: runtime.NumGoroutine(), namespaces: map[string]bool{}}
	tasks, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range tasks {
		if ns, err := os.Readlink(path); err == nil { // the thread may have ended meanwhile
			tr.namespaces[ns] = true
		}
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if target, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil {
			tr.descriptors = append(tr.descriptors, target)
		}
	}
	named, _ := os.ReadDir("/run/netns")
	tr.named = len(named)
	return tr
}

// checkTraces compares the process before and after the test. Call it before the lab's own Cleanup is registered.
func checkTraces(t *testing.T) {
	t.Helper()
	// Go makes its epoll descriptors when they are first needed, and keeps them.
	if pr, pw, err := os.Pipe(); err == nil {
		pr.Close()
		pw.Close()
	}
	self, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	before := readTraces(t)
	t.Cleanup(func() {
		var after traces
		var bad string
		for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) { // threads end a little after their goroutine
			after = readTraces(t)
			switch now, _ := os.Readlink("/proc/self/ns/net"); {
			case now != self:
				bad = fmt.Sprintf("the process moved from %s to %s", self, now)
			case len(after.namespaces) > len(before.namespaces):
				bad = fmt.Sprintf("threads are in %v, before in %v", after.namespaces, before.namespaces)
			case len(after.descriptors) > len(before.descriptors):
				bad = fmt.Sprintf("open descriptors %q, before %q", after.descriptors, before.descriptors)
			case after.goroutines > before.goroutines:
				stacks := make([]byte, 1<<20)
				bad = fmt.Sprintf("%d goroutines, before %d:\n%s", after.goroutines, before.goroutines,
					stacks[:runtime.Stack(stacks, true)])
			case after.named > before.named:
				bad = fmt.Sprintf("%d named namespaces, before %d", after.named, before.named)
			default:
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("left behind: %s", bad)
				return
			}
		}
	})
}

// A measurement of time means nothing when the machine stood still for a moment, as busy machines do. The lab knows this, and the test
// measures again.
const (
	measurements = 6
	standstill   = 20 * ms
)

func TestRateIsHonoured(t *testing.T) {
	for range measurements {
		stats, rate := measureRate(t)
		switch {
		case rate >= 0.95*16e6 && rate <= 1.05*16e6:
			return
		case stats.MaxLate < standstill:
			t.Fatalf("the link carried %.2f Mbit/s, want 16 within 5 %% (%+v)", rate/1e6, stats)
		}
		t.Logf("%.2f Mbit/s, but the machine stood still for %v: once more", rate/1e6, stats.MaxLate)
	}
	t.Errorf("the machine stood still in each of %d measurements", measurements)
}

func measureRate(t *testing.T) (Stats, float64) {
	t.Helper()
	// When this machine is busy for a short moment, the long queue does not become empty.
	l := newLab(t, Link{Rate: 16_000_000, Delay: 5 * ms, Queue: 100})
	defer l.Close()
	f, err := l.Dial(t.Context(), "cubic")
	if err != nil {
		t.Fatal(err)
	}
	f.Fill()
	time.Sleep(400 * ms) // slow start
	from, start := l.Stats(), time.Now()
	time.Sleep(1200 * ms)
	to, took := l.Stats(), time.Since(start)
	return to, float64(to.Bytes-from.Bytes) * 8 / took.Seconds()
}

func TestRoundTripIsTwiceTheDelay(t *testing.T) {
	l := newLab(t, Link{Rate: 100_000_000, Delay: 15 * ms})
	f, err := l.Dial(t.Context(), "reno")
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if _, err := f.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * ms)
	}
	info, err := f.Info()
	if err != nil {
		t.Fatal(err)
	}
	// TCP rounds down to microseconds.
	if info.MinRTT < 30*ms-time.Microsecond || info.MinRTT > 33*ms {
		t.Errorf("smallest round-trip time %v, want 30ms to 33ms", info.MinRTT)
	}
}

func TestShortQueueDropsAndLongQueueDoesNot(t *testing.T) {
	for _, test := range []struct {
		queue int
		drops bool
	}{{5, true}, {20_000, false}} {
		t.Run(fmt.Sprint(test.queue), func(t *testing.T) {
			l := newLab(t, Link{Rate: 10_000_000, Delay: 5 * ms, Queue: test.queue})
			r, err := l.Transfer(t.Context(), TransferOptions{CongestionControl: "reno", Duration: 600 * ms})
			if err != nil {
				t.Fatal(err)
			}
			stats := l.Stats()
			if (r.QueueDrops > 0) != test.drops || (r.Retransmits > 0) != test.drops {
				t.Errorf("queue of %d: %d drops and %d retransmits; want any: %v", test.queue, r.QueueDrops, r.Retransmits, test.drops)
			}
			if test.drops && stats.PeakQueue != test.queue {
				t.Errorf("at most %d packets waited, want %d", stats.PeakQueue, test.queue)
			}
			if stats.Refused != 0 {
				t.Errorf("%d packets were refused by a device", stats.Refused)
			}
		})
	}
}

// Each algorithm must leave its known part of the window after a loss.
func TestTransferShowsTheAlgorithm(t *testing.T) {
	for _, test := range []struct {
		name string
		left float64 // of the window after a loss
	}{
		{"reno", 0.5},  // RFC 5681
		{"cubic", 0.7}, // RFC 9438
	} {
		t.Run(test.name, func(t *testing.T) {
			for range measurements {
				stats, faults := transferFaults(t, test.name, test.left)
				if len(faults) == 0 {
					return
				}
				// The queue is empty after 17 ms, and the sender sees a loss after the same time.
				if stats.MaxLate < standstill/2 {
					t.Fatalf("%s (%+v)", strings.Join(faults, "; "), stats)
				}
				t.Logf("%s, but the machine stood still for %v: once more", strings.Join(faults, "; "), stats.MaxLate)
			}
			t.Errorf("the machine stood still in each of %d measurements", measurements)
		})
	}
}

// transferFaults runs a flow and returns the differences from what its algorithm should do, if a slow machine may be the reason. Other
// mistakes fail the test.
func transferFaults(t *testing.T, algorithm string, left float64) (stats Stats, faults []string) {
	t.Helper()
	// The link is shorter than the default. So 2 s have about six losses, and one that is disturbed by noise does not matter.
	l := newLab(t, Link{Rate: 10_000_000, Delay: 5 * ms, Queue: 14})
	defer l.Close()
	var seen int
	r, err := l.Transfer(t.Context(), TransferOptions{
		CongestionControl: algorithm, Duration: 2 * time.Second, SampleEvery: 2 * ms,
		Progress: func(Sample) { seen++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if r.Algorithm != algorithm {
		t.Errorf("the socket ran %q", r.Algorithm)
	}
	if seen != len(r.Samples) {
		t.Errorf("%d samples, %d reported", len(r.Samples), seen)
	}
	if seen < 200 { // 2 ms, and up to 1 ms more each
		fault("%d samples, want at least 200", seen)
	}
	// 1448 of 1500 bytes are payload: at most 9.65 Mbit/s.
	if r.GoodputBPS < 7.5e6 || r.GoodputBPS > 9.8e6 {
		fault("goodput %.2f Mbit/s, want 7.5 to 9.8", r.GoodputBPS/1e6)
	}
	if r.RwndLimited > 0 || r.SndbufLimit > 0 {
		fault("limited by the receiver's window for %v, by the send buffer for %v; want never", r.RwndLimited, r.SndbufLimit)
	}
	if r.Retransmits == 0 || r.QueueDrops == 0 {
		fault("%d retransmits, %d drops; want some", r.Retransmits, r.QueueDrops)
	}
	if first := r.Samples[0]; first.Ssthresh != InfiniteSsthresh || first.Cwnd != 10 {
		fault("starts with window %d and ssthresh %d, want 10 and infinite: inherited from another connection?", first.Cwnd,
			first.Ssthresh)
	}
	var losses, fitting int
	var report strings.Builder
	var latest time.Duration
	for i := 1; i < len(r.Samples); i++ {
		// After a loss the window falls, which takes one or two round trips, and ssthresh is the value that it falls to. A change of
		// ssthresh is not a sign of a loss, because it may be the same after every loss.
		before, after := r.Samples[i-1], r.Samples[i]
		share := float64(after.Ssthresh) / float64(before.Cwnd)
		if after.Cwnd >= before.Cwnd || share > 0.9 || after.At-latest < 100*ms {
			continue
		}
		latest = after.At
		losses++
		if share > left-0.08 && share < left+0.08 { // the window may have grown by one or two since the sample
			fitting++
		}
		fmt.Fprintf(&report, " %d→%d", before.Cwnd, after.Ssthresh)
	}
	t.Logf("losses:%s", &report)
	if losses < 3 || 2*fitting < losses {
		fault("of %d losses %d left %v of the window, want half of at least 3:%s", losses, fitting, left, &report)
	}
	return l.Stats(), faults
}

func TestCancelledTransferEndsAtOnce(t *testing.T) {
	l := newLab(t, DefaultLink())
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	var cancelled time.Time
	time.AfterFunc(300*ms, func() { cancelled = time.Now(); cancel(reason) })
	r, err := l.Transfer(ctx, TransferOptions{Duration: time.Minute})
	if took := time.Since(cancelled); took > 200*ms {
		t.Errorf("the transfer ended %v after it was cancelled", took)
	}
	if !errors.Is(err, reason) {
		t.Errorf("error %v, want the cause of the cancellation", err)
	}
	if r.Received == 0 || len(r.Samples) < 10 {
		t.Errorf("%d bytes and %d samples were kept, want what was seen before", r.Received, len(r.Samples))
	}
	// The lab still works.
	if r, err := l.Transfer(t.Context(), TransferOptions{Duration: 200 * ms}); err != nil || r.Received == 0 {
		t.Errorf("the next transfer received %d bytes, error %v", r.Received, err)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	l := newLab(t, DefaultLink())
	time.AfterFunc(200*ms, func() { l.Close() })
	start := time.Now()
	_, err := l.Transfer(t.Context(), TransferOptions{Duration: time.Minute})
	if !errors.Is(err, ErrClosed) || time.Since(start) > 700*ms {
		t.Errorf("a transfer on a lab closed after 200 ms: %v after %v; want ErrClosed", err, time.Since(start))
	}
	if _, err := l.Dial(t.Context(), ""); !errors.Is(err, ErrClosed) {
		t.Errorf("dial: %v, want ErrClosed", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestContextEndsTheLab(t *testing.T) {
	kerneltest.Require(t)
	checkTraces(t)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := New(ctx, DefaultLink())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cancel()
	for deadline := time.Now().Add(time.Second); l.usable() == nil; time.Sleep(ms) {
		if time.Now().After(deadline) {
			t.Fatal("the lab still works a second after its context ended")
		}
	}
	if _, err := New(ctx, DefaultLink()); !errors.Is(err, context.Canceled) {
		t.Errorf("New with a context that has ended: %v", err)
	}
}

// The example does this on Ctrl-C: lab and transfer have the same context, and both end with it.
func TestInterruptIsTheOnlyError(t *testing.T) {
	kerneltest.Require(t)
	checkTraces(t)
	for range 5 {
		ctx, cancel := context.WithCancelCause(t.Context())
		l, err := New(ctx, DefaultLink())
		if err != nil {
			t.Fatal(err)
		}
		reason := errors.New("interrupted")
		time.AfterFunc(60*ms, func() { cancel(reason) })
		_, err = l.Transfer(ctx, TransferOptions{Duration: time.Minute, SampleEvery: ms})
		if !errors.Is(err, reason) || strings.Contains(err.Error(), "closed") {
			t.Errorf("error %q, want the cause and nothing about what it led to", err)
		}
		l.Close()
	}
}

func TestAlgorithmIsExchangedUnderARunningFlow(t *testing.T) {
	l := newLab(t, DefaultLink())
	f, err := l.Dial(t.Context(), "reno")
	if err != nil {
		t.Fatal(err)
	}
	f.Fill()
	time.Sleep(150 * ms)
	if name, err := f.Congestion(); name != "reno" || err != nil {
		t.Errorf("before: %q, %v", name, err)
	}
	if err := f.SetCongestion("cubic"); err != nil {
		t.Fatal(err)
	}
	if name, err := f.Congestion(); name != "cubic" || err != nil {
		t.Errorf("after: %q, %v", name, err)
	}
	before := f.Received()
	time.Sleep(150 * ms)
	if f.Received() == before || f.Err() != nil {
		t.Errorf("nothing arrives after the exchange: %v", f.Err())
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-f.Done():
	case <-time.After(time.Second):
		t.Error("a closed flow is not done")
	}
}

func TestUnknownAlgorithmIsNamed(t *testing.T) {
	l := newLab(t, DefaultLink())
	_, err := l.Transfer(t.Context(), TransferOptions{CongestionControl: "nosuch"})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `"nosuch"`) || !strings.Contains(err.Error(), "reno") {
		t.Errorf("error %q; want it to be ENOENT, to name the algorithm and those that exist", err)
	}
}

func TestManyLabsLeaveNothing(t *testing.T) {
	kerneltest.Require(t)
	checkTraces(t)
	for range 10 {
		l, err := New(t.Context(), DefaultLink())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if err := onOwnThread(func() error {
			if unix.Gettid() == unix.Getpid() {
				return errors.New("this is the main thread, which never ends")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// childEnv makes this test binary do something else instead of running tests.
const childEnv = "BPFSMITH_NETLAB_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "transfer": // prints which namespaces it uses, and waits until it is killed
		l, err := New(context.Background(), DefaultLink())
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for _, h := range []*host{l.sender, l.receiver} {
			ns, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", h.netns))
			fmt.Print(ns, " ")
		}
		fmt.Println()
		l.Transfer(context.Background(), TransferOptions{Duration: time.Minute})
	case "refused": // is not root
		_, err := New(context.Background(), DefaultLink())
		fmt.Println(err)
	}
}

func TestKilledProcessLeavesNothing(t *testing.T) {
	kerneltest.Require(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=transfer")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var a, b string
	_, err = fmt.Fscan(out, &a, &b)
	if err != nil || !strings.HasPrefix(a, "net:[") || !strings.HasPrefix(b, "net:[") || a == b {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatalf("the child said %q %q, %v; want two namespaces", a, b, err)
	}
	if users := usersOf(t, a); users == 0 {
		t.Errorf("nobody uses %s while the child lives: the search is wrong", a)
	}
	time.Sleep(100 * ms) // into the transfer
	cmd.Process.Kill()
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	if n := usersOf(t, a) + usersOf(t, b); n != 0 {
		t.Errorf("%d threads, descriptors or mounts still hold the namespaces of a killed process", n)
	}
}

// usersOf counts what keeps a namespace alive, on the whole machine.
func usersOf(t *testing.T, ns string) (n int) {
	t.Helper()
	for _, pattern := range []string{"/proc/[0-9]*/task/*/ns/net", "/proc/[0-9]*/fd/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if target, err := os.Readlink(path); err == nil && target == ns {
				n++
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return n + strings.Count(string(mounts), ns)
}

func TestWithoutRootTheErrorNamesTheCapability(t *testing.T) {
	kerneltest.Require(t)
	// Go's build directory is closed to others, so they get a copy.
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	copied, err := os.CreateTemp("", "netlab-*.test")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(copied.Name())
	_, err = copied.Write(program)
	if err := errors.Join(err, copied.Chmod(0o755), copied.Close()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied.Name())
	cmd.Dir = "/"
	cmd.Env = []string{childEnv + "=refused"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, part := range []string{"netlab: sender host", "unshare", "CAP_SYS_ADMIN", "run as root"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("error %q does not say %q", out, part)
		}
	}
}

// The spread of the mean windows of equal transfers shows which differences between algorithms can be measured at all. DefaultLink has the
// results. One iteration is ten transfers: go test -run - -bench Spread -benchtime 1x
func BenchmarkMeanWindowSpread(b *testing.B) {
	kerneltest.Require(b)
	for _, length := range []time.Duration{4 * time.Second, 3 * time.Second} {
		for _, name := range []string{"reno", "cubic"} {
			b.Run(fmt.Sprintf("%s/%v", name, length), func(b *testing.B) {
				l, err := New(b.Context(), DefaultLink())
				if err != nil {
					b.Fatal(err)
				}
				defer l.Close()
				for b.Loop() {
					var smallest, largest, sum float64
					for i := range 10 {
						r, err := l.Transfer(b.Context(), TransferOptions{CongestionControl: name, Duration: length})
						if err != nil {
							b.Fatal(err)
						}
						if i == 0 {
							smallest = r.MeanCwnd
						}
						smallest, largest, sum = min(smallest, r.MeanCwnd), max(largest, r.MeanCwnd), sum+r.MeanCwnd
					}
					b.ReportMetric(sum/10, "segments")
					b.ReportMetric(100*(largest-smallest)/(sum/10), "%spread")
				}
				b.ReportMetric(float64(l.Stats().MaxLate.Microseconds())/1000, "ms-latest")
			})
		}
	}
}
