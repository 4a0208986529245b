//go:build linux

package syscall_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// slot encodes one instruction in native byte order.
func slot(op, dst, src byte, off int16, imm int32) []byte {
	regs := dst | src<<4
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		regs = dst<<4 | src
	}
	b := []byte{op, regs}
	b = binary.NativeEndian.AppendUint16(b, uint16(off))
	return binary.NativeEndian.AppendUint32(b, uint32(imm))
}

var (
	exit    = slot(0x95, 0, 0, 0, 0)
	return2 = bytes.Join([][]byte{slot(0xb7, 0, 0, 0, 2), exit}, nil) // r0 = 2; exit
)

func array(t *testing.T, flags syscall.MapFlags) *syscall.FD {
	t.Helper()
	m, err := syscall.MapCreate(&syscall.MapCreateAttr{
		Type: syscall.MapTypeArray, KeySize: 4, ValueSize: 8, MaxEntries: 3, Flags: flags, Name: "array of three",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func socketFilter(t *testing.T) *syscall.FD {
	t.Helper()
	p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeSocketFilter, Name: "return 2", License: "GPL", Instructions: return2,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func key(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func TestMapOfThreeElements(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	m := array(t, 0)

	value := []byte("8 bytes!")
	if err := syscall.MapUpdate(m, key(1), value, syscall.UpdateAny); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 8)
	if err := syscall.MapLookup(m, key(1), got); err != nil || !bytes.Equal(got, value) {
		t.Errorf("lookup gives %q, %v, want %q", got, err, value)
	}
	if err := syscall.MapLookup(m, key(3), got); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lookup past the end: %v", err)
	}
	if err := syscall.MapUpdate(m, key(1), value, syscall.UpdateNoExist); !errors.Is(err, unix.EEXIST) {
		t.Errorf("creating what exists: %v", err)
	}
	if err := syscall.MapDelete(m, key(1)); !errors.Is(err, unix.EINVAL) {
		t.Errorf("deleting from an array: %v", err)
	}

	var keys []uint32
	next := make([]byte, 4)
	for k := []byte(nil); ; k = bytes.Clone(next) {
		if err := syscall.MapGetNextKey(m, k, next); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, binary.NativeEndian.Uint32(next))
	}
	if fmt.Sprint(keys) != "[0 1 2]" {
		t.Errorf("keys %v", keys)
	}

	for name, err := range map[string]error{
		"short key":       syscall.MapLookup(m, key(1)[:3], got),
		"no key":          syscall.MapLookup(m, nil, got),
		"short value":     syscall.MapLookup(m, key(1), got[:7]),
		"long value":      syscall.MapUpdate(m, key(1), make([]byte, 9), 0),
		"short next key":  syscall.MapGetNextKey(m, nil, next[:2]),
		"short key to go": syscall.MapDelete(m, key(1)[:1]),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}

	if err := syscall.MapFreeze(m); err != nil {
		t.Fatal(err)
	}
	err := syscall.MapUpdate(m, key(1), value, 0)
	if !errors.Is(err, unix.EPERM) || !strings.Contains(syscall.ExplainPermission(err), "frozen") {
		t.Errorf("update of a frozen map: %v", err)
	}
}

func TestHashMapDeletes(t *testing.T) {
	kerneltest.Require(t)
	m, err := syscall.MapCreate(&syscall.MapCreateAttr{Type: syscall.MapTypeHash, KeySize: 4, ValueSize: 1, MaxEntries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := syscall.MapUpdate(m, key(7), []byte{1}, 0); err != nil {
		t.Fatal(err)
	}
	if err := syscall.MapUpdate(m, key(8), []byte{1}, 0); !errors.Is(err, unix.E2BIG) {
		t.Errorf("a full map: %v", err)
	}
	if err := syscall.MapDelete(m, key(7)); err != nil {
		t.Error(err)
	}
	if err := syscall.MapDelete(m, key(7)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("second delete: %v", err)
	}
}

// The kernel writes one value for each possible CPU; a buffer for one value would be overrun.
func TestPerCPUValuesOfAllCPUs(t *testing.T) {
	kerneltest.Require(t)
	cpus, err := syscall.PossibleCPUs()
	if err != nil {
		t.Fatal(err)
	}
	created, err := syscall.MapCreate(&syscall.MapCreateAttr{Type: syscall.MapTypePerCPUArray, KeySize: 4, ValueSize: 5, MaxEntries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer created.Close()
	// A descriptor that this package did not create: the kernel is asked for the sizes of its map.
	dup, err := created.Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer dup.Close()
	for _, m := range []*syscall.FD{created, dup} {
		if err := syscall.MapLookup(m, key(0), make([]byte, 5)); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("buffer for one CPU: %v", err)
		}
		if err := syscall.MapLookup(m, key(0), make([]byte, 8*cpus)); err != nil {
			t.Errorf("buffer for %d CPUs: %v", cpus, err)
		}
	}
}

func TestRunsAProgram(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	p := socketFilter(t)
	stats, err := syscall.EnableStats()
	if err != nil {
		t.Fatal(err)
	}
	defer stats.Close()
	out := make([]byte, 64)
	r, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: p, DataIn: make([]byte, 20), DataOut: out, Repeat: 5})
	if err != nil {
		t.Fatal(err)
	}
	if r.RetVal != 2 || len(r.DataOut) != 20 {
		t.Errorf("R0 is %d and %d bytes came back, want 2 and 20", r.RetVal, len(r.DataOut))
	}
	if _, err := syscall.ProgTestRun(&syscall.TestRunAttr{Prog: p, DataIn: make([]byte, 3)}); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a packet without an Ethernet header: %v", err)
	}

	info, err := syscall.ProgInfoByFD(p)
	if err != nil {
		t.Fatal(err)
	}
	if info.Type != syscall.ProgTypeSocketFilter || info.Name != "return_2" || info.XlatedSize != 16 || !info.GPLCompatible ||
		info.ID == 0 ||
		info.Tag == [8]byte{} || info.LoadTime == 0 || info.VerifiedInsns != 2 || len(info.MapIDs) != 0 {
		t.Errorf("info %+v", info)
	}
	xlated, err := syscall.ProgXlated(p)
	if err != nil || !bytes.Equal(xlated, return2) {
		t.Errorf("instructions % x, %v", xlated, err)
	}
	// Not every kernel counts test runs. So a count must be right, but a missing count is not a failure.
	t.Logf("%d runs, %v", info.RunCount, info.RunTime)
}

func TestProgramTellsItsMaps(t *testing.T) {
	kerneltest.Require(t)
	m := array(t, 0)
	mi, err := syscall.MapInfoByFD(m)
	if err != nil {
		t.Fatal(err)
	}
	if mi.Type != syscall.MapTypeArray || mi.Name != "array_of_three" || mi.KeySize != 4 || mi.ValueSize != 8 || mi.MaxEntries != 3 {
		t.Errorf("map info %+v", mi)
	}
	insns := bytes.Join([][]byte{slot(0x18, 1, 1, 0, int32(m.Int())), slot(0, 0, 0, 0, 0), return2}, nil) // r1 = map
	p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, License: "GPL", Instructions: insns})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	// The same by index into FDArray: source register 5 is BPF_PSEUDO_MAP_IDX.
	insns = bytes.Join([][]byte{slot(0x18, 1, 5, 0, 0), slot(0, 0, 0, 0, 0), return2}, nil)
	q, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeSocketFilter, License: "MIT", Instructions: insns, FDArray: []int32{int32(m.Int())},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for _, prog := range []*syscall.FD{p, q} {
		info, err := syscall.ProgInfoByFD(prog)
		if err != nil {
			t.Fatal(err)
		}
		if len(info.MapIDs) != 1 || info.MapIDs[0] != mi.ID || info.GPLCompatible != (prog == p) {
			t.Errorf("maps %v, want [%d]; GPL-compatible %v", info.MapIDs, mi.ID, info.GPLCompatible)
		}
	}
}

func TestRefusedProgramSaysWhy(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	var log string
	_, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeSocketFilter, Name: "unset", License: "GPL", Instructions: exit, Log: &log,
	})
	var load *syscall.LoadError
	if !errors.As(err, &load) || !errors.Is(err, unix.EACCES) {
		t.Fatalf("got %v", err)
	}
	if want := `prog load "unset": R0 !read_ok: permission denied (EACCES)`; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if full := fmt.Sprintf("%+v", err); !strings.Contains(full, "0: (95) exit") || log != load.Log || load.Truncated {
		t.Errorf("%%+v lacks the log:\n%s", full)
	}
}

func TestNotSupportedSaysWhy(t *testing.T) {
	kerneltest.Require(t)
	_, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeStructOps, License: "GPL", Instructions: return2, AttachBTFID: 1,
	})
	if !errors.Is(err, syscall.ENOTSUPP) || !strings.Contains(err.Error(), "attach_btf_id 1 is not a supported struct") {
		t.Errorf("a struct that is no struct_ops type: %v", err)
	}
}

// failsAtItsEnd is a program of n+1 instructions that never sets R0. At level 2 its log takes about 30 bytes for each instruction.
func failsAtItsEnd(n int) []byte {
	return append(bytes.Repeat(slot(0xb7, 1, 0, 0, 7), n), exit...)
}

func TestBigLogIsComplete(t *testing.T) {
	kerneltest.Require(t)
	for _, level := range []syscall.LogLevel{0, syscall.LogInsns} {
		_, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
			Type: syscall.ProgTypeSocketFilter, License: "GPL", Instructions: failsAtItsEnd(20000), LogLevel: level,
		})
		var load *syscall.LoadError
		if !errors.As(err, &load) || !errors.Is(err, unix.EACCES) {
			t.Fatalf("level %d: %v", level, err)
		}
		if len(load.Log) < 200<<10 || load.Truncated || !strings.Contains(load.Log, "\n0: (b7) r1 = 7") &&
			!strings.HasPrefix(load.Log, "0: ") {
			t.Errorf("level %d: a log of %d bytes, truncated %v, that begins %.60q", level, len(load.Log), load.Truncated, load.Log)
		}
	}
}

func TestLogOfALoadedProgram(t *testing.T) {
	kerneltest.Require(t)
	var log string
	p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{
		Type: syscall.ProgTypeSocketFilter, License: "GPL", Instructions: return2,
		LogLevel: syscall.LogInsns | syscall.LogStats, Log: &log,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, part := range []string{"0: (b7) r0 = 2", "verification time", "processed 2 insns"} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %q:\n%s", part, log)
		}
	}
}

// Signals interrupt verification. Garbage collections send many.
func TestLoadsUnderGarbageCollection(t *testing.T) {
	kerneltest.Require(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.GC()
				}
			}
		})
	}
	insns := append(bytes.Repeat(slot(0xb7, 0, 0, 0, 7), 30000), exit...)
	for range 20 {
		p, err := syscall.ProgLoad(&syscall.ProgLoadAttr{Type: syscall.ProgTypeSocketFilter, License: "GPL", Instructions: insns})
		if err != nil {
			t.Error(err)
			break
		}
		p.Close()
	}
	close(stop)
	wg.Wait()
}

// A process whose standard input is closed gets descriptor 0, which the kernel takes for "none" in struct_ops values and attrs.
func TestDescriptorIsNeverZero(t *testing.T) {
	kerneltest.Require(t)
	if saved, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3); err == nil { // else it is closed already
		defer func() {
			if err := unix.Dup3(saved, 0, 0); err != nil {
				t.Error(err)
			}
			unix.Close(saved)
		}()
		unix.Close(0)
	}
	p := socketFilter(t)
	if p.Int() <= 2 {
		t.Errorf("the program is fd %d", p.Int())
	}
}

func TestCapabilitiesOfRoot(t *testing.T) {
	kerneltest.Require(t)
	caps, err := syscall.Capabilities()
	if err != nil || !caps.Has(syscall.CapBPF) || !caps.Has(syscall.CapPerfmon) {
		t.Errorf("root has %v, %v", caps, err)
	}
}
