package syscall

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestENOTSUPPIsFoundByItsNumber(t *testing.T) {
	err := kernelError(unix.Errno(524))
	if err != ENOTSUPP || !errors.Is(err, unix.Errno(524)) || errors.Is(err, unix.ENOTSUP) {
		t.Errorf("errno 524 became %v", err)
	}
}

func TestErrnoIsNamed(t *testing.T) {
	if got, want := describe(unix.EACCES), "permission denied (EACCES)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExplainPermissionReadsWrappedErrors(t *testing.T) {
	err := fmt.Errorf("register: %w", fail(request{command: CmdLinkUpdate, replace: true}, "fd 3", unix.EPERM))
	if !errors.Is(err, unix.EPERM) || ExplainPermission(err) == "" {
		t.Errorf("no explanation in %v", err)
	}
	if got := ExplainPermission(fail(request{command: CmdMapUpdate}, "fd 3", unix.EBUSY)); got != "" {
		t.Errorf("EBUSY is explained as a permission: %q", got)
	}
}

func TestParseStatus(t *testing.T) {
	set, err := parseStatus("Name:\tx\nCapInh:\t0\nCapEff:\t000000c000000000\nCapBnd:\tffff\n")
	if err != nil || set != 1<<CapBPF|1<<CapPerfmon {
		t.Errorf("got %v, %v", set, err)
	}
	for _, bad := range []string{"", "CapEff:\tzz\n"} {
		if _, err := parseStatus(bad); err == nil {
			t.Errorf("parseStatus(%q) finds something", bad)
		}
	}
}

func TestChosenLockdown(t *testing.T) {
	for in, want := range map[string]string{"none [integrity] confidentiality\n": "integrity", "[none] integrity": "none", "": ""} {
		if got := chosen(in); got != want {
			t.Errorf("chosen(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCountCPUs(t *testing.T) {
	for in, want := range map[string]int{"0": 1, "0-3": 4, "0,2-3": 3} {
		if got, err := countCPUs(in); err != nil || got != want {
			t.Errorf("countCPUs(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "a", "3-1", "0-99999999"} {
		if n, err := countCPUs(bad); err == nil {
			t.Errorf("countCPUs(%q) = %d", bad, n)
		}
	}
}

func TestCloseIsIdempotentAndWaitsForUsers(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	num, err := dupFD(int(w.Fd()))
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	fd := NewFD(num)
	dup, err := fd.Dup()
	if err != nil {
		t.Fatal(err)
	}
	if flags, err := unix.FcntlInt(uintptr(dup.Int()), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("a duplicate survives exec: flags %#x, %v", flags, err)
	}
	if err := dup.Close(); err != nil {
		t.Error(err)
	}

	if _, err := fd.acquire("pipe"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := fd.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if fd.Int() != -1 {
		t.Error("a closed FD still gives its number")
	}
	if _, err := unix.FcntlInt(uintptr(num), unix.F_GETFD, 0); err != nil {
		t.Errorf("the descriptor was closed under a command: %v", err)
	}
	fd.release()
	if _, err := unix.FcntlInt(uintptr(num), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("the last user did not close the descriptor: %v", err)
	}
	if _, err := fd.Dup(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Dup of a closed FD: %v", err)
	}
	var none *FD
	if none.Close() != nil || none.Int() != -1 {
		t.Error("a nil FD is not closed")
	}
}

// The kernel answers ENOSPC instead of its verdict when a log does not fit.
func TestLogGrowsAndTheVerdictSurvives(t *testing.T) {
	for _, tt := range []struct {
		name      string
		level     uint32
		need      int
		tells     bool // the kernel writes log_true_size
		verdict   error
		wantSizes []int
		truncated bool
	}{
		{"loads at once", 0, 0, true, nil, []int{0}, false},
		{"refused, small log", 0, 100, true, unix.EACCES, []int{0, firstLog}, false},
		{"refused, big log, 6.4+", 0, 5 << 20, true, unix.EACCES, []int{0, firstLog, 5 << 20}, false},
		{"refused, big log, before", 0, 200 << 10, false, unix.EACCES, []int{0, firstLog, 2 * firstLog, 4 * firstLog}, false},
		{"refused, log too big for us", 0, 200 << 20, true, unix.EINVAL, []int{0, firstLog, maxLog}, true},
		{"loads with a log", 2, 100, true, nil, []int{firstLog}, false},
		{"loads with a log too big for us", 2, 200 << 20, true, nil, []int{firstLog, maxLog, 0}, true},
		{"refused with a log too big for us", 2, 200 << 20, true, unix.EACCES, []int{firstLog, maxLog, 0}, true},
	} {
		var sizes []int
		fd, log, err := loadWithLog(tt.level, func(level uint32, buf []byte) (*FD, uint32, error) {
			sizes = append(sizes, len(buf))
			if (level == 0) != (len(buf) == 0) {
				t.Errorf("%s: level %d with a buffer of %d bytes", tt.name, level, len(buf))
			}
			var trueSize uint32
			if tt.tells && level != 0 {
				trueSize = uint32(tt.need)
			}
			for i := range min(len(buf)-1, 10) {
				buf[i] = 'x'
			}
			if len(buf) > 0 && len(buf) < tt.need {
				return nil, trueSize, unix.ENOSPC
			}
			if tt.verdict != nil {
				return nil, trueSize, tt.verdict
			}
			return NewFD(-1), trueSize, nil
		})
		if err != tt.verdict || (fd != nil) != (tt.verdict == nil) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.verdict)
		}
		if fmt.Sprint(sizes) != fmt.Sprint(tt.wantSizes) || log.truncated != tt.truncated {
			t.Errorf("%s: buffers %v truncated %v, want %v %v", tt.name, sizes, log.truncated, tt.wantSizes, tt.truncated)
		}
		if len(tt.wantSizes) > 1 && log.text != "xxxxxxxxxx" {
			t.Errorf("%s: log %q", tt.name, log.text)
		}
	}
}

func TestInterruptedCommandsAreTriedAgain(t *testing.T) {
	for _, tt := range []struct {
		failures int
		with     error
		want     error
		calls    int
	}{
		{0, nil, nil, 1},
		{3, unix.EAGAIN, nil, 4},
		{1, unix.EINTR, nil, 2},
		{100, unix.EAGAIN, unix.EAGAIN, maxTries},
		{100, unix.EACCES, unix.EACCES, 1},
	} {
		calls := 0
		err := uninterrupted(func() error {
			calls++
			if calls <= tt.failures {
				return tt.with
			}
			return nil
		})
		if err != tt.want || calls != tt.calls {
			t.Errorf("%d failures with %v: %v after %d calls, want %v after %d", tt.failures, tt.with, err, calls, tt.want, tt.calls)
		}
	}
	var mask unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &mask); err != nil {
		t.Fatal(err)
	}
	if mask.Val[0]&(1<<(unix.SIGURG-1)) != 0 {
		t.Error("SIGURG stays blocked")
	}
}

func TestRefusedBeforeTheKernelIsAsked(t *testing.T) {
	closed := NewFD(-1)
	for name, err := range map[string]error{
		"half an instruction":  second(ProgLoad(&ProgLoadAttr{Instructions: make([]byte, 12)})),
		"half a line record":   second(ProgLoad(&ProgLoadAttr{Instructions: make([]byte, 16), LineInfo: make([]byte, 20)})),
		"NUL in the license":   second(ProgLoad(&ProgLoadAttr{License: "GPL\x00"})),
		"two attach targets":   second(ProgLoad(&ProgLoadAttr{AttachProg: closed, AttachBTFObjFD: closed})),
		"link of nothing":      second(LinkCreate(&LinkCreateAttr{})),
		"link of two things":   second(LinkCreate(&LinkCreateAttr{Prog: closed, Map: closed})),
		"link to two targets":  second(LinkCreate(&LinkCreateAttr{Map: closed, Target: closed, TargetIndex: 1})),
		"NUL in a path to pin": ObjPin(closed, "/a\x00b"),
		"NUL in a path to get": second(ObjGet("/a\x00b", 0)),
		"no map":               MapUpdate(nil, nil, nil, 0),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"closed map":  MapLookup(closed, make([]byte, 4), make([]byte, 4)),
		"closed BTF":  second(ProgLoad(&ProgLoadAttr{Instructions: make([]byte, 16), BTF: closed})),
		"closed link": LinkDetach(closed),
		"closed prog": second(ProgTestRun(&TestRunAttr{Prog: closed})),
	} {
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
