package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/gen/btfgen"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/place"
	"github.com/bpfsmith/bpfsmith/internal/test/fixture"
	"github.com/bpfsmith/bpfsmith/internal/verify"
)

// Limits of one fuzz input. They are far above what an object of a few kilobytes takes.
const (
	mostFuzzTime  = 20 * time.Second
	mostFuzzBytes = 1 << 30
)

// limited runs f and reports when it takes too much memory. When f does not end, the process ends, and the fuzzer has the input.
func limited(t *testing.T, f func()) {
	t.Helper()
	stuck := time.AfterFunc(mostFuzzTime, func() { panic("a small input takes more than " + mostFuzzTime.String()) })
	defer stuck.Stop()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > mostFuzzBytes {
		t.Errorf("%d MB were allocated", n>>20)
	}
}

// fuzzWords are numbers at which sizes and offsets go wrong. Smaller numbers are ids of types, and indices of sections.
var fuzzWords = []uint32{0, 1, 4, 8, 0xff, 0xffff, 0x01ffffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x04000001, 0x0d000001, 0xfffffff8}

// edit changes words of a part of a file. The edits are taken from a fuzz input: 2 bytes say which word, and one says what it becomes.
func edit(words []byte, edits []byte, order binary.ByteOrder) {
	for ; len(edits) >= 3 && len(words) >= 4; edits = edits[3:] {
		at := int(binary.LittleEndian.Uint16(edits)) % (len(words) / 4) * 4
		value := uint32(edits[2])
		if n := int(edits[2]) - 200; n >= 0 && n < len(fuzzWords) {
			value = fuzzWords[n]
		} else if n >= len(fuzzWords) {
			value = order.Uint32(words[at:]) + uint32(n-40)
		}
		order.PutUint32(words[at:], value)
	}
}

// editedObject changes an object's header, its table of sections, or the contents of sections. In the input, a byte says which part is
// changed, and one how many edits follow.
func editedObject(object, input []byte) []byte {
	data := slices.Clone(object)
	sections, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return data
	}
	table := binary.LittleEndian.Uint64(object[40:]) // e_shoff
	for len(input) >= 2 {
		n := min(3*int(input[1]%8), len(input)-2)
		edits := input[2 : 2+n]
		switch at := int(input[0]) % (len(sections.Sections) + 3); {
		case at == 0:
			edit(data[32:64], edits, binary.LittleEndian)
		case at <= 2: // half of the edits go to the table, in which everything else depends on each word
			edit(data[table:], edits, binary.LittleEndian)
		default:
			if s := sections.Sections[at-3]; s.Type != elf.SHT_NOBITS {
				edit(data[s.Offset:s.Offset+s.FileSize], edits, binary.LittleEndian)
			}
		}
		input = input[2+n:]
	}
	return data
}

// checkBroken checks all programs of an object.
func checkBroken(data []byte, types *btf.Types) {
	programs, err := objectPrograms(data, verify.Program{Types: types}, otherKernel(types))
	if err != nil {
		return
	}
	for n := range programs {
		_ = reportOf(&programs[n])
	}
}

// FuzzObject reads objects of clang in which words of headers, sections, symbols, relocations and types are changed.
func FuzzObject(f *testing.F) {
	var objects [][]byte
	for _, name := range []string{"testdata/objects/counts.o", "testdata/objects/task.o", "../../objfile/testdata/variables.o",
		"../../objfile/testdata/kernel.o", "../../objfile/testdata/arena.o", "../../objfile/testdata/interface.o"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		objects = append(objects, data)
	}
	raw, err := fixture.Raw("6.18")
	if err != nil {
		f.Fatal(err)
	}
	types, err := btf.Parse(raw)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	for part := range byte(40) {
		f.Add([]byte{0, part, 2, 1, 0, 203, 9, 0, 209})
		f.Add([]byte{1, part, 1, 30, 0, 1, part, 1, 60, 0, 220})
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 {
			return
		}
		data := editedObject(objects[int(input[0])%len(objects)], input[1:])
		limited(t, func() {
			checkBroken(data, types)
			_, _ = codeOfObject("o", data, map[int]byte{0: 0xb7, 1: 0x95}) // the log of a function of the object
		})
	})
}

// FuzzKernelTypes reads BTF of a kernel in which words of records are changed, as gen and check do.
func FuzzKernelTypes(f *testing.F) {
	raw := fewTypes(f)
	object, err := os.ReadFile("testdata/objects/task.o")
	if err != nil {
		f.Fatal(err)
	}
	options := btfgen.Options{Package: "tcp", Types: []btfgen.Type{{Name: "rate_sample"}}, Functions: []string{"tcp_*"},
		Enums: []string{"tcp_ca_*"}}
	records := raw[24 : 24+binary.NativeEndian.Uint32(raw[12:])]
	strings := raw[24+len(records):]
	f.Add([]byte{})
	for n := range uint16(64) {
		f.Add([]byte{byte(n), byte(n * 7), 1, byte(n * 3), 0, 209})
	}
	f.Fuzz(func(t *testing.T, edits []byte) {
		changed := slices.Clone(records)
		edit(changed, edits[:min(len(edits), 60)], binary.NativeEndian)
		blob := slices.Concat(raw[:24], changed, strings)
		limited(t, func() {
			types, err := parseTypes(blob)
			if err != nil {
				return
			}
			_, _ = btfgen.Generate(types, options)
			p := verify.Program{Types: types, Place: place.Place{Type: linux.ProgTypeStructOps, Struct: "tcp_congestion_ops",
				Member: "ssthresh"}}
			_ = p.Missing(types)
			describeMember(&p)
			checkBroken(object, types)
		})
	})
}

// fewTypes is BTF with some types of 6.18: a run takes a millisecond.
func fewTypes(f *testing.F) []byte {
	f.Helper()
	types, err := fixture.Open("6.18")
	if err != nil {
		f.Fatal(err)
	}
	var ids []btf.ID
	for name, kind := range map[string]btf.Kind{"rate_sample": btf.KindStruct, "tcp_congestion_ops": btf.KindStruct,
		"tcp_slow_start": btf.KindFunc, "tcp_ca_state": btf.KindEnum, "bpf_task_release": btf.KindFunc} {
		id, err := types.Lookup(kind, name)
		if err != nil {
			f.Fatal(err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	raw, err := types.Carve(ids...)
	if err != nil {
		f.Fatal(err)
	}
	return raw
}

// object64 is an object that is written by hand: sections with any header.
type object64 struct {
	sections []section64
	symbols  []elf.Sym64
}

type section64 struct {
	name     string
	header   elf.Section64 // without name and place
	contents []byte
	size     uint64 // instead of that of the contents
}

func (o object64) bytes(t *testing.T) []byte {
	t.Helper()
	names, offsets := []byte{0}, map[string]uint32{}
	all := append([]section64{{}}, o.sections...)
	var symbols bytes.Buffer
	for _, s := range append([]elf.Sym64{{}}, o.symbols...) {
		if err := binary.Write(&symbols, binary.LittleEndian, s); err != nil {
			t.Fatal(err)
		}
	}
	all = append(all,
		section64{name: ".symtab", header: elf.Section64{Type: uint32(elf.SHT_SYMTAB), Entsize: 24, Link: uint32(len(all) + 1)},
			contents: symbols.Bytes()},
		section64{name: ".strtab", header: elf.Section64{Type: uint32(elf.SHT_STRTAB)}})
	for _, s := range all {
		offsets[s.name] = uint32(len(names))
		names = append(append(names, s.name...), 0)
	}
	all[len(all)-1].contents = names
	out := new(bytes.Buffer)
	at := uint64(64 + 64*len(all))
	put := func(v any) {
		if err := binary.Write(out, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	put(elf.Header64{Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: 1,
		Ehsize: 64, Shentsize: 64, Shnum: uint16(len(all)), Shstrndx: uint16(len(all) - 1), Shoff: 64})
	for _, s := range all {
		h := s.header
		h.Name, h.Off, h.Size = offsets[s.name], at, max(s.size, uint64(len(s.contents)))
		at += uint64(len(s.contents))
		put(h)
	}
	for _, s := range all {
		out.Write(s.contents)
	}
	return out.Bytes()
}

// TestBrokenObjects gives objects that no compiler makes. Check and explain name the file and what is wrong, in little time and memory.
func TestBrokenObjects(t *testing.T) {
	exit := []byte{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
	code := section64{name: "xdp", header: elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR)},
		contents: exit}
	data := func(name string, contents []byte, size uint64) section64 {
		return section64{name, elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC)}, contents, size}
	}
	nobits := func(size uint64) section64 {
		return section64{name: ".bss", header: elf.Section64{Type: uint32(elf.SHT_NOBITS)}, size: size}
	}
	variable := func(section uint16, value, size uint64) elf.Sym64 {
		return elf.Sym64{Name: 3, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT), Shndx: section, Value: value, Size: size} // "dp"
	}
	function := elf.Sym64{Name: 2, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1, Size: 16} // "xdp"
	blob := func(words ...uint32) []byte {
		raw := []byte{0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, byte(4 * len(words)), 0, 0, 0, byte(4 * len(words)), 0, 0, 0, 3, 0, 0, 0}
		for _, w := range words {
			raw = binary.LittleEndian.AppendUint32(raw, w)
		}
		return append(raw, "\x00s\x00"...)
	}
	bomb := data(".BTF", []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, 0)
	bomb.header.Flags = uint64(elf.SHF_COMPRESSED)
	const typedef, composite = 8 << 24, 4 << 24
	var many []elf.Sym64
	for i := range 5000 {
		many = append(many, variable(2, uint64(i), 60_000))
	}
	for _, tt := range []struct {
		name   string
		object object64
		want   string
	}{
		{"4 GB of zeros", object64{[]section64{code, nobits(4<<30 - 8)}, []elf.Sym64{variable(2, 0, 8)}},
			"section .bss has 4294967288 bytes: all variables of the object may have 268435456 together"},
		{"more than a file can have", object64{[]section64{code, nobits(1<<64 - 8)}, nil}, "section .bss has 18446744073709551608 bytes"},
		{"a variable beyond its section",
			object64{[]section64{code, data(".data", make([]byte, 8), 0)}, []elf.Sym64{variable(2, 8, 1<<64-8)}},
			"is at byte 8 of section .data and has 18446744073709551608 bytes, but the section has 8"},
		{"variables upon each other", object64{[]section64{code, data(".data", make([]byte, 65_000), 0)}, many},
			"all variables of the object may have 268435456 together"},
		{"a section that is longer than the file", object64{[]section64{code, data(".data", nil, 1<<40)}, nil},
			"section .data has 1099511627776 bytes at byte"},
		{"compressed types", object64{[]section64{code, bomb}, nil}, "section .BTF is compressed"},
		{"a typedef of itself", object64{[]section64{code, data(".BTF", blob(1, typedef, 1), 0)}, nil},
			"section .BTF: type 1: malformed BTF: it is made from itself"},
		{"a struct of itself", object64{[]section64{code, data(".BTF", blob(1, composite|1, 8, 1, 1, 0), 0)}, nil},
			"section .BTF: type 1: malformed BTF: it contains itself"},
		{"a symbol in no section", object64{[]section64{code}, []elf.Sym64{variable(77, 0, 8)}}, "is in section 77, and the object has 4"},
		{"no program", object64{}, "the object does not have a program"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := t.TempDir() + "/broken.o"
			if len(tt.object.sections) > 0 {
				tt.object.symbols = append(tt.object.symbols, function)
			}
			if err := os.WriteFile(file, tt.object.bytes(t), 0o600); err != nil {
				t.Fatal(err)
			}
			limited(t, func() {
				out, errs, code := tool("", "check", "--type", "xdp", file)
				if code != exitInput || out != "" || !strings.HasPrefix(errs, file+": ") || !strings.Contains(errs, tt.want) {
					t.Errorf("exit %d, %s%s\nwant %s", code, out, errs, tt.want)
				}
			})
		})
	}
}

// TestBrokenTypesFile gives files to --btf that are not BTF, or broken. The error names the file.
func TestBrokenTypesFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) string {
		if err := os.WriteFile(folder+"/"+name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return folder + "/" + name
	}
	object, err := os.ReadFile("testdata/objects/counts.o")
	if err != nil {
		t.Fatal(err)
	}
	itself := []byte("\x9f\xeb\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x0c\x00\x00\x00\x03\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x08\x01\x00\x00\x00\x00s\x00")
	for want, file := range map[string]string{
		"malformed BTF: 0 bytes":                        write("empty", nil),
		"an ELF file: expected raw":                     write("object.o", object),
		"type 1: malformed BTF: it is made from itself": write("itself", itself),
		"has more than 64 MB":                           "/dev/zero",
		"no such file":                                  folder + "/nothing",
		"malformed BTF: magic":                          write("text", []byte(strings.Repeat("types\n", 10))),
	} {
		for _, args := range [][]string{
			{"gen", "--btf", file, "--type", "s", "-o", folder + "/out"},
			{"check", "--type", "xdp", "--btf", file, "9500000000000000"},
		} {
			limited(t, func() {
				if out, errs, code := tool("", args...); code != exitInput || !strings.HasPrefix(errs, "--btf: ") ||
					!strings.Contains(errs, file) || !strings.Contains(errs, want) {
					t.Errorf("%v: exit %d, %s%s\nwant %s", args, code, out, errs, want)
				}
			})
		}
	}
	for _, args := range [][]string{{"check", "--type", "xdp", "/dev/zero"}, {"disasm", "/dev/zero"}, {"asm", "/dev/zero"},
		{"explain", "--prog", "/dev/zero", "-"}} {
		limited(t, func() {
			if _, errs, code := tool("0: (95) exit\n", args...); code == 0 || !strings.Contains(errs, "/dev/zero has more than 64 MB") {
				t.Errorf("%v: exit %d, %s", args, code, errs)
			}
		})
	}
}
