package btfgen_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/gen/btfgen"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/kernel/scx"
	"github.com/bpfsmith/bpfsmith/kernel/tcp"
	"github.com/bpfsmith/bpfsmith/structops"
)

func TestOps(t *testing.T) {
	o := btfgen.Options{Package: "tcp", Types: []btfgen.Type{{Name: "tcp_sock"}}, Ops: []btfgen.Type{{Name: "tcp_congestion_ops"},
		{Name: "bpf_dummy_ops", Go: "Dummy"}}}
	types := open(t, "6.18")
	file := generated(t, types, "tcp_congestion_ops_btfgen.go", o)
	has(t, file,
		"type CongestionOps struct {\n\t// Name ",
		"\t//\tchar name[16]\n\tName string `ops:\"name\"`\n",
		"\tLicense string `ops:\",license\"`\n",
		"\tFlags uint32 `ops:\"flags\"`\n",
		// a sock is used as a tcp_sock
		"\t//\tu32 (*ssthresh)(struct sock *sk)\n\tSsthresh func(f *dsl.Fn, sk Sock) dsl.U32 `ops:\"ssthresh\"`\n",
		"\tCongAvoid func(f *dsl.Fn, sk Sock, ack, acked dsl.U32) `ops:\"cong_avoid\"`\n",
		"\tCongControl func(f *dsl.Fn, sk Sock, ack dsl.U32, flag dsl.S32, rs RateSample) `ops:\"cong_control\"`\n",
		"func (CongestionOps) KernelStruct() string { return \"tcp_congestion_ops\" }\n",
	)
	for _, not := range []string{"GetInfo", "Owner", "List", "Key", "Sleepable"} { // what cannot be set, or not by this type
		if regexp.MustCompile(`\n\t` + not + ` `).MatchString(file) {
			t.Errorf("there is a field %s", not)
		}
	}
	// What nothing was asked of has a type all the same, since its name is compared.
	has(t, generated(t, types, "rate_sample_btfgen.go", o), "type RateSample struct{ dsl.Ptr }\n", "return \"rate_sample\" }\n")
	// A type that nothing is written of, with one member that may sleep.
	has(t, generated(t, types, "bpf_dummy_ops_btfgen.go", o),
		"type Dummy struct {\n",
		"Test2 func(f *dsl.Fn, cb BPFDummyOpsState, a1 dsl.S32, a2 dsl.U16, a3 dsl.U8, a4 dsl.U64) dsl.S32 `ops:\"test_2\"`\n",
		"\tSleepable SleepableDummy `ops:\",sleepable\"`\n",
		"type SleepableDummy struct {\n\tTestSleepable bool `ops:\"test_sleepable\"`\n}\n")
}

func TestOpsThatAreNotThere(t *testing.T) {
	for _, tt := range []struct {
		ops  []btfgen.Type
		want string
	}{
		{[]btfgen.Type{{Name: "tcp_sock"}}, `no struct "tcp_sock" that programs can implement`},
		{[]btfgen.Type{{Name: "tcp_congestion_ops", Go: "Sock"}}, "the Go name Sock of tcp_congestion_ops is taken"},
		{[]btfgen.Type{{Name: "tcp_congestion_ops", Go: "A"}, {Name: "bpf_dummy_ops", Go: "A"}},
			"the Go name A of bpf_dummy_ops is taken"},
	} {
		_, err := btfgen.Generate(open(t, "6.18"), btfgen.Options{Package: "tcp", Types: []btfgen.Type{{Name: "tcp_sock"}}, Ops: tt.ops})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %s", tt.ops, err, tt.want)
		}
	}
}

// TestEveryMemberIsDocumented: of the interfaces that have Go types here, each field says what the kernel calls it for, and with which
// parameters.
func TestEveryMemberIsDocumented(t *testing.T) {
	for _, tt := range []struct {
		kernel string
		o      btfgen.Options
		file   string
		fields int
	}{
		{"6.18", btfgen.Options{Package: "tcp", Ops: []btfgen.Type{{Name: "tcp_congestion_ops"}}}, "tcp_congestion_ops_btfgen.go", 16},
		{fixture.Scheduler, btfgen.Options{Package: "scx", Ops: []btfgen.Type{{Name: "sched_ext_ops"}}}, "sched_ext_ops_btfgen.go", 41},
	} {
		file := generated(t, open(t, tt.kernel), tt.file, tt.o)
		if bad := regexp.MustCompile(`// \w+ is the kernel's .*\.\n|arg\d`).FindString(file); bad != "" {
			t.Errorf("%s: not documented: %q", tt.file, bad)
		}
		if n := strings.Count(file, "`ops:\"") - strings.Count(file, " bool `ops:\""); n != tt.fields {
			t.Errorf("%s has %d fields, want %d", tt.file, n, tt.fields)
		}
	}
}

// TestFieldsAreTheKernels: the tags of the committed packages name the members that the kernel has, each once.
func TestFieldsAreTheKernels(t *testing.T) {
	for _, tt := range []struct {
		types *btf.Types
		impl  structops.Implementation
	}{{open(t, "6.18"), tcp.CongestionOps{}}, {open(t, fixture.Scheduler), scx.Ops{}}} {
		kernel, err := structops.ReadInterface(tt.types, tt.impl.KernelStruct())
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		for field := range reflect.TypeOf(tt.impl).Fields() {
			name := field.Tag.Get("ops")
			if strings.HasPrefix(name, ",") {
				continue
			}
			if _, newer := linux.OpsTypeNamed(kernel.Name).AddedMember(name); newer {
				continue
			}
			m, ok := kernel.Member(name)
			if !ok || seen[name] || (m.Proto != nil) != (field.Type.Kind() == reflect.Func) {
				t.Errorf("%s: field %s is for %q", kernel.Name, field.Name, name)
			}
			seen[name] = true
		}
		for _, m := range kernel.Members {
			if kernel.Settable(m) && !seen[m.Name] {
				t.Errorf("%s: no field is for %s", kernel.Name, m.Name)
			}
		}
	}
}
