package verifierlog_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/verifierlog"
)

// detailed is a log of level 2, of those that are committed.
func detailed(tb testing.TB) []byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.level2.log")
	if err != nil || len(files) == 0 {
		tb.Fatal("no logs of level 2 in testdata: ", err)
	}
	var all []byte
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}

// A repeating reader gives a text again and again.
type repeating struct {
	text []byte
	at   int
	left int
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	r.left -= n
	return n, nil
}

// TestScannerNeedsNoMoreForMore: 200 MB are read in the memory that 1 MB takes.
func TestScannerNeedsNoMoreForMore(t *testing.T) {
	const size, most = 200 << 20, 8 << 20
	text := detailed(t)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	events, peak := 0, uint64(0)
	s := verifierlog.NewScanner(&repeating{text: text, left: size})
	for s.Next() {
		if events++; events%200_000 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
	if s.Err() != nil || events < size/200 {
		t.Fatalf("%d events, %v", events, s.Err())
	}
	if peak > before.HeapAlloc+most {
		t.Errorf("%d events of %d MB take %d KB", events, size>>20, (peak-before.HeapAlloc)>>10)
	}
}

// TestScannerCutsLongLines: a line without end is read in bounded memory too.
func TestScannerCutsLongLines(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	s := verifierlog.NewScanner(strings.NewReader(long + "\n0: (95) exit\n"))
	if !s.Next() || !s.Event().Cut || len(s.Event().Text) > 1<<20 {
		t.Errorf("the long line gives %v, %d bytes", s.Event().Kind, len(s.Event().Text))
	}
	if !s.Next() || s.Event().Kind != verifierlog.Instruction || s.Event().Line != 2 {
		t.Errorf("the line behind it gives %+v", s.Event())
	}
}

// TestLogsAreUnderstood: nearly every line of all recorded logs is of a kind that is known.
func TestLogsAreUnderstood(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(allLogs, "logs", "*.log"))
	if err != nil || len(files) == 0 {
		t.Skip("recorded logs are not beside this project")
	}
	total, unknown := 0, 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for s := verifierlog.NewScanner(strings.NewReader(string(raw))); s.Next(); {
			total++
			if e := s.Event(); e.Kind == verifierlog.UnknownEvent {
				if unknown++; unknown < 10 {
					t.Logf("%s:%d: %q", filepath.Base(file), e.Line, e.Text)
				}
			}
		}
	}
	t.Logf("%d of %d events in %d logs are not understood", unknown, total, len(files))
	if unknown*2000 > total {
		t.Errorf("%d of %d events are not understood", unknown, total)
	}
}

func TestParseValue(t *testing.T) {
	for text, want := range map[string]verifierlog.Value{
		"ctx()":                         {Kind: verifierlog.PointerContext},
		"fp-8":                          {Kind: verifierlog.PointerStack, Offset: -8, Frame: -1},
		"fp0":                           {Kind: verifierlog.PointerStack, Frame: -1},
		"fp[1]-16":                      {Kind: verifierlog.PointerStack, Offset: -16, Frame: 1},
		"map_value(map=arr8,ks=4,vs=8)": {Kind: verifierlog.PointerMapValue, Map: "arr8", KeySize: 4, Size: 8},
		"map_value_or_null(id=3,map=h,ks=4,vs=16)":    {Kind: verifierlog.PointerMapValue, Flags: verifierlog.MayBeNil, ID: 3, Map: "h", KeySize: 4, Size: 16},
		"map_ptr(map=m,ks=4,vs=8)":                    {Kind: verifierlog.PointerMap, Map: "m", KeySize: 4, Size: 8},
		"pkt(off=14,r=20)":                            {Kind: verifierlog.PointerPacket, Offset: 14, Range: 20},
		"pkt_end()":                                   {Kind: verifierlog.PointerPacketEnd},
		"trusted_ptr_task_struct()":                   {Kind: verifierlog.PointerBTF, Flags: verifierlog.Trusted, Struct: "task_struct"},
		"rcu_ptr_or_null_task_struct(id=2)":           {Kind: verifierlog.PointerBTF, Flags: verifierlog.RCU | verifierlog.MayBeNil, Struct: "task_struct", ID: 2},
		"ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8)": {Kind: verifierlog.PointerMemory, Flags: verifierlog.Alloc | verifierlog.MayBeNil, ID: 2, Ref: 2, Size: 8},
		"sock_or_null(id=2,ref_obj_id=2)":             {Kind: verifierlog.PointerSocket, Flags: verifierlog.MayBeNil, ID: 2, Ref: 2},
	} {
		got := verifierlog.ParseValue(text)
		if got.Kind != want.Kind || got.Flags != want.Flags || got.Struct != want.Struct || got.Map != want.Map || got.Offset != want.Offset || got.Frame != want.Frame ||
			got.ID != want.ID || got.Ref != want.Ref || got.Range != want.Range || got.KeySize != want.KeySize || got.Size != want.Size || got.Text != text {
			t.Errorf("%s is read as %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]verifierlog.Bounds{
		"42":         {Min: 42, Max: 42, UMin: 42, UMax: 42, Min32: 42, Max32: 42, UMin32: 42, UMax32: 42},
		"P0":         {},
		"0xffffffff": {Min: 1<<32 - 1, Max: 1<<32 - 1, UMin: 1<<32 - 1, UMax: 1<<32 - 1, Min32: -1, Max32: -1, UMin32: 1<<32 - 1, UMax32: 1<<32 - 1},
		"scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))": {Max: 255, UMax: 255, Max32: 255, UMax32: 255},
		"inv(id=0,umax_value=255,var_off=(0x0; 0xff))":                          {Max: 255, UMax: 255, Max32: 255, UMax32: 255},
		"inv7": {Min: 7, Max: 7, UMin: 7, UMax: 7, Min32: 7, Max32: 7, UMin32: 7, UMax32: 7},
	} {
		if got := verifierlog.ParseValue(text); got.Kind != verifierlog.Scalar || got.Bounds != want {
			t.Errorf("%s is read as %v with %+v, want %+v", text, got.Kind, got.Bounds, want)
		}
	}
}

func BenchmarkScanner(b *testing.B) {
	text := detailed(b)
	const size = 16 << 20
	b.SetBytes(size)
	for b.Loop() {
		s := verifierlog.NewScanner(&repeating{text: text, left: size})
		for s.Next() {
		}
		if s.Err() != nil {
			b.Fatal(s.Err())
		}
	}
}
