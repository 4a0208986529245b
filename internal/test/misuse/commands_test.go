package misuse

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tools builds a command of the module, and returns how to run it: in a folder, with text on its standard input.
func tools(t *testing.T, command string) func(dir, stdin string, args ...string) error {
	t.Helper()
	if testing.Short() {
		t.Skip("the go command may have to build the packages first")
	}
	binary := filepath.Join(t.TempDir(), filepath.Base(command))
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, command).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(dir, stdin string, args ...string) error {
		c := exec.Command(binary, args...)
		c.Dir, c.Stdin = dir, bytes.NewReader([]byte(stdin))
		var errs bytes.Buffer
		c.Stdout, c.Stderr = &errs, &errs
		var exit *exec.ExitError
		switch err := c.Run(); {
		case err == nil:
			return nil
		case errors.As(err, &exit):
			return errors.New(errs.String() + exit.String())
		default:
			return err
		}
	}
}

// TestCommands: command lines of bpfsmith.
func TestCommands(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "prog.s", "r0 = 0\nexit\n")
	writeFile(t, dir, "prog.hex", "b7 00 00 00 00 00 00 00\n95 00 00 00 00 00 00 00\n")
	writeFile(t, dir, "notes.txt", "remember the milk\n")
	writeFile(t, dir, "verifier.log", "0: (95) exit\nR0 !read_ok\n")
	btf, err := filepath.Abs("../fixture/6.18.btf")
	if err != nil {
		t.Fatal(err)
	}
	run := tools(t, "../../../cmd/bpfsmith")
	bpfsmith := func(args ...string) error { return run(dir, "", args...) }
	text := func(stdin string, args ...string) error { return run(dir, stdin, args...) }
	compare(t, "commands", []row{
		{name: "unknown command", code: func() error { return bpfsmith("assemble", "prog.s") }},
		{name: "unknown flag", code: func() error { return bpfsmith("asm", "--out", "prog.bin", "prog.s") }},
		{name: "two files", code: func() error { return bpfsmith("asm", "prog.s", "prog.s") }},
		{name: "file is not there", code: func() error { return bpfsmith("asm", "porg.s") }},
		{name: "file is a folder", code: func() error { return bpfsmith("asm", ".") }},
		{name: "output is the input", code: func() error { return bpfsmith("asm", "-o", "prog.s", "prog.s") }},
		{name: "unknown dialect", code: func() error { return bpfsmith("asm", "--dialect", "gas", "prog.s") }},
		{name: "Intel's notation", code: func() error {
			return text("mov r0, 0\nexit\n", "asm")
		}},
		{name: "register that is not there", code: func() error { return text("r12 = 0\nexit\n", "asm") }},
		{name: "constant that does not fit", code: func() error { return text("r0 += 0x123456789\nexit\n", "asm") }},
		{name: "label that is not there", code: func() error { return text("r0 = 0\nif r0 == 0 goto out\nexit\n", "asm") }},
		{name: "load without a width", code: func() error { return text("r0 = *(r1 +0)\nexit\n", "asm") }},
		{name: "C is assembled", code: func() error {
			return text("int main(void) { return 0; }\n", "asm")
		}},
		{name: "odd number of digits", code: func() error { return text("b7 00 00 00 00 00 00 0", "disasm") }},
		{name: "half an instruction", code: func() error { return text("b7 00 00 00", "disasm") }},
		{name: "text is disassembled", code: func() error { return bpfsmith("disasm", "notes.txt") }},
		{name: "source is disassembled", code: func() error { return bpfsmith("disasm", "prog.s") }},
		{name: "object is disassembled", code: func() error {
			return text("\x7fELF\x02\x01\x01\x00", "disasm")
		}},
		{name: "check without a type", code: func() error { return bpfsmith("check", "prog.hex") }},
		{name: "check of an unknown type", code: func() error { return bpfsmith("check", "--type", "XPD", "prog.hex") }},
		{name: "check of a file that is not there", code: func() error { return bpfsmith("check", "--type", "xdp", "porg.hex") }},
		{name: "check of one byte", code: func() error {
			return bpfsmith("check", "--type", "xdp", "95")
		}},
		{name: "check of a source", code: func() error { return bpfsmith("check", "--type", "xdp", "prog.s") }},
		{name: "check of a tracing program without a target", code: func() error {
			return bpfsmith("check", "--type", "tp_btf", "--btf", btf, "prog.hex")
		}},
		{name: "check with an unknown tracepoint", code: func() error {
			return bpfsmith("check", "--type", "tp_btf", "--attach", "sched_swtch", "--btf", btf, "prog.hex")
		}},
		{name: "check of struct_ops without a member", code: func() error {
			return bpfsmith("check", "--type", "struct_ops", "--btf", btf, "prog.hex")
		}},
		{name: "check with a misspelt member", code: func() error {
			return bpfsmith("check", "--type", "struct_ops", "--member", "tcp_congestion_ops/sstresh", "--btf", btf, "prog.hex")
		}},
		{name: "check with a member in Go's spelling", code: func() error {
			return bpfsmith("check", "--type", "struct_ops", "--member", "tcp_congestion_ops.ssthresh", "--btf", btf, "prog.hex")
		}},
		{name: "types are not there", code: func() error { return bpfsmith("check", "--type", "xdp", "--btf", "vmlinux", "prog.hex") }},
		{name: "types are text", code: func() error { return bpfsmith("check", "--type", "xdp", "--btf", "notes.txt", "prog.hex") }},
		{name: "map without sizes", code: func() error { return bpfsmith("check", "--type", "xdp", "--map", "5=hash", "prog.hex") }},
		{name: "map of an unknown type", code: func() error {
			return bpfsmith("check", "--type", "xdp", "--map", "5=hashmap:4:8:16", "prog.hex")
		}},
		{name: "explain without a log", code: func() error { return bpfsmith("explain") }},
		{name: "explain of a file that is not there", code: func() error { return bpfsmith("explain", "verifer.log") }},
		{name: "explain of something else", code: func() error { return bpfsmith("explain", "notes.txt") }},
		{name: "explain with a misspelt error", code: func() error { return bpfsmith("explain", "--errno", "EACESS", "verifier.log") }},
		{name: "explain with a misspelt type", code: func() error { return bpfsmith("explain", "--type", "xpd", "verifier.log") }},
		{name: "page over the log", code: func() error { return bpfsmith("explain", "--html", "verifier.log", "verifier.log") }},
		{name: "source that is not there", code: func() error {
			return bpfsmith("explain", "--source", "srcs", "verifier.log")
		}},
		{name: "gen without types", code: func() error { return bpfsmith("gen", "--btf", btf, "-o", "tcp") }},
		{name: "gen without a folder", code: func() error { return bpfsmith("gen", "--btf", btf, "--type", "tcp_sock") }},
		{name: "gen of a misspelt struct", code: func() error {
			return bpfsmith("gen", "--btf", btf, "--type", "tcp_sok", "-o", "tcp")
		}},
		{name: "gen of a misspelt function", code: func() error {
			return bpfsmith("gen", "--btf", btf, "--type", "tcp_sock", "--func", "tcp_slow_strat", "-o", "tcp")
		}},
		{name: "gen of a misspelt enum", code: func() error {
			return bpfsmith("gen", "--btf", btf, "--type", "tcp_sock", "--enum", "tcp_ca_sate", "-o", "tcp")
		}},
		{name: "gen into a file", code: func() error {
			return bpfsmith("gen", "--btf", btf, "--type", "tcp_sock", "-o", "notes.txt")
		}},
		{name: "gen of a package with a bad name", code: func() error {
			return bpfsmith("gen", "--btf", btf, "--type", "tcp_sock", "--package", "my-tcp", "-o", "tcp")
		}},
		{name: "gen of an interface that is none", code: func() error {
			return bpfsmith("gen", "--btf", btf, "--ops", "tcp_sock", "-o", "tcp")
		}},
	})
	if text, err := os.ReadFile(filepath.Join(dir, "prog.s")); err != nil || string(text) != "r0 = 0\nexit\n" {
		t.Errorf("a mistake changed its input to %q, %v", text, err)
	}
}
