package syscall

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// RawTracepointOpen attaches a program to a raw tracepoint, by name. With the
// name "" it attaches a program that was loaded for a place in the kernel's BTF
// (tracing, LSM) to that place. The descriptor is a link.
func RawTracepointOpen(p *FD, name string) (*FD, error) {
	object := quoted(name)
	num, err := p.acquire("program")
	if err != nil {
		return nil, &Error{Command: CmdRawTracepoint, Object: object, Errno: err}
	}
	defer p.release()
	attr := rawTracepointAttr{progFD: uint32(num)}
	if name != "" {
		text, err := unix.ByteSliceFromString(name)
		if err != nil {
			return nil, &Error{Command: CmdRawTracepoint, Object: object, Errno: err}
		}
		attr.name = bytesPointer(text)
	}
	fd, err := bpfFD(CmdRawTracepoint, &attr)
	if err != nil {
		return nil, fail(request{command: CmdRawTracepoint}, object, err)
	}
	return fd, nil
}

// SocketAttach filters what a socket receives with a program of
// ProgTypeSocketFilter, in place of the filter it had. The filter lasts as long
// as the socket.
func SocketAttach(socket int, p *FD) error {
	num, err := p.acquire("program")
	if err != nil {
		return fmt.Errorf("attach to a socket: %w", err)
	}
	defer p.release()
	if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_ATTACH_BPF, num); err != nil {
		return fmt.Errorf("attach to socket fd %d: %w", socket, err)
	}
	return nil
}

// SocketDetach removes the filter of a socket.
func SocketDetach(socket int) error {
	if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_DETACH_BPF, 0); err != nil {
		return fmt.Errorf("detach from socket fd %d: %w", socket, err)
	}
	return nil
}

// OpenTarget opens something that programs are attached to or map elements belong to: the directory of a cgroup, the file of a
// network namespace.
func OpenTarget(path string) (*FD, error) {
	num, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", strconv.Quote(path), err)
	}
	return NewFD(num), nil
}
