package vm

import (
	"fmt"
	"strings"
	"syscall"
)

// tracePrintk prints a line: a format and up to three values in registers.
func tracePrintk(m *Machine) (uint64, error) {
	values := [3]uint64{m.Arg(3), m.Arg(4), m.Arg(5)}
	return m.printk(values[:])
}

// traceVprintk prints a line: a format, and values in memory.
func traceVprintk(m *Machine) (uint64, error) {
	data, err := m.Bytes(m.Arg(3), int(uint32(m.Arg(4))))
	if err != nil {
		return 0, err
	}
	var values []uint64
	for ; len(data) >= 8; data = data[8:] {
		values = append(values, load(data, 8))
	}
	return m.printk(values)
}

// printk prints the format that the first argument points to, and returns how many bytes it has printed.
func (m *Machine) printk(values []uint64) (uint64, error) {
	format, err := m.stringAt(m.Arg(1), int(uint32(m.Arg(2))))
	if err != nil {
		return 0, err
	}
	line, ok, err := m.format(format, values)
	if err != nil {
		return 0, err
	}
	if !ok {
		return errnoOf(syscall.EINVAL)
	}
	if m.Print != nil {
		m.Print(strings.TrimSuffix(line, "\n"))
	}
	return uint64(len(line)), nil
}

// format fills in a format as bpf_trace_printk does (bpf_bprintf_prepare, kernel/bpf/helpers.c): integers with l and ll, strings,
// pointers, characters. ok is false if the kernel would refuse the format.
func (m *Machine) format(format string, values []uint64) (line string, ok bool, err error) {
	var b strings.Builder
	for format != "" {
		before, after, found := strings.Cut(format, "%")
		b.WriteString(before)
		if !found {
			break
		}
		if rest, isPercent := strings.CutPrefix(after, "%"); isPercent {
			b.WriteByte('%')
			format = rest
			continue
		}
		spec := strings.TrimLeft(after, "0123456789-# ")
		flags := after[:len(after)-len(spec)]
		verb := strings.TrimLeft(spec, "l")
		long := len(spec) - len(verb)
		if verb == "" || len(values) == 0 || len(flags) > 3 {
			return "", false, nil
		}
		value := values[0]
		values = values[1:]
		format = verb[1:]
		switch verb[0] {
		case 'd', 'i':
			if long == 0 {
				value = uint64(int32(value))
			}
			fmt.Fprintf(&b, "%"+flags+"d", int64(value))
		case 'u', 'x', 'X':
			if long == 0 {
				value = uint64(uint32(value))
			}
			fmt.Fprintf(&b, "%"+flags+strings.Replace(verb[:1], "u", "d", 1), value)
		case 'c':
			b.WriteByte(byte(value))
		case 'p':
			format = strings.TrimLeft(format, "xBKsS")
			fmt.Fprintf(&b, "%016x", value)
		case 's':
			text, err := m.stringAt(value, 512)
			if err != nil {
				return "", false, err
			}
			fmt.Fprintf(&b, "%"+flags+"s", text)
		default:
			return "", false, nil
		}
	}
	return b.String(), true, nil
}
