package syscall

import (
	"errors"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bpf calls bpf(2) with the attr of a command and returns what the kernel returned. attr points to one of the structs of
// layout_linux.go, whose pointers are Go pointers: they are alive and in place as long as *attr is.
func bpf[A any](cmd Command, attr *A) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr))
	runtime.KeepAlive(attr)
	if errno != 0 {
		return -1, kernelError(errno)
	}
	return int(r), nil
}

// bpfZero is bpf for commands whose only success is 0.
func bpfZero[A any](cmd Command, attr *A) error {
	r, err := bpf(cmd, attr)
	if err == nil && r != 0 {
		return &unexpectedResult{r}
	}
	return err
}

// bpfFD is bpf for commands whose success is a new descriptor.
func bpfFD[A any](cmd Command, attr *A) (*FD, error) {
	num, err := bpf(cmd, attr)
	if err != nil {
		return nil, err
	}
	// In many places the kernel reads 0 as "no descriptor", but it returns 0 as a descriptor when standard input is closed.
	if num == 0 {
		dup, err := dupFD(num)
		_ = closeFD(num)
		if err != nil {
			return nil, err
		}
		num = dup
	}
	return NewFD(num), nil
}

// An unexpectedResult is a return value that means neither success nor an errno.
type unexpectedResult struct{ value int }

func (e *unexpectedResult) Error() string {
	return ErrUnexpected.Error() + " (result " + strconv.Itoa(e.value) + ")"
}

func (e *unexpectedResult) Unwrap() error { return ErrUnexpected }

// maxTries bounds how often a command is tried that a signal interrupted.
const maxTries = 10

// uninterrupted runs a command that gives up with EAGAIN or EINTR when a signal is pending, again and again up to maxTries.
// Go's runtime sends SIGURG to preempt goroutines and SIGPROF to profile them, so this happens to any program. From the second
// try on, the thread blocks both signals.
func uninterrupted(call func() error) error {
	err := call()
	if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		return err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, before unix.Sigset_t
	for _, sig := range [...]unix.Signal{unix.SIGURG, unix.SIGPROF} {
		bits := 8 * int(unsafe.Sizeof(block.Val[0]))
		n := int(sig) - 1
		block.Val[n/bits] |= 1 << (n % bits)
	}
	if unix.PthreadSigmask(unix.SIG_BLOCK, &block, &before) == nil {
		defer unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
	}
	for range maxTries - 1 {
		err = call()
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	return err
}

// kernelError gives an errno its type: KernelErrno when user space has no name for it.
func kernelError(errno unix.Errno) error {
	if uintptr(errno) == uintptr(ENOTSUPP) {
		return ENOTSUPP
	}
	return errno
}

// errnoNumbered returns an error number as x/sys/unix would.
func errnoNumbered(n uintptr) error { return unix.Errno(n) }

// describe returns an error's text with the name of its errno: "permission denied (EACCES)".
func describe(err error) string {
	if errno, ok := err.(unix.Errno); ok {
		if name := errnoName(err); name != "" {
			return errno.Error() + " (" + name + ")"
		}
	}
	if err == nil {
		return "failed"
	}
	return err.Error()
}

// errnoName returns "EACCES", or "" for a number without a name.
func errnoName(err error) string {
	if err == ENOTSUPP {
		return "ENOTSUPP"
	}
	if errno, ok := err.(unix.Errno); ok {
		return unix.ErrnoName(errno)
	}
	return ""
}

// fail makes the error of a command, with a hint if there is one.
func fail(r request, object string, err error) error {
	return &Error{Command: r.command, Object: object, Errno: err, Hint: hintFor(r, err, currentSetting)}
}

func closeFD(num int) error { return unix.Close(num) }

func dupFD(num int) (int, error) {
	// 3 is the lowest number that is not a standard stream.
	return unix.FcntlInt(uintptr(num), unix.F_DUPFD_CLOEXEC, 3)
}

// optional returns the number for an attr and a function that ends its use; 0 for nil, which is the kernel's "none".
func optional(f *FD, what string) (uint32, func(), error) {
	if f == nil {
		return 0, func() {}, nil
	}
	num, err := f.acquire(what)
	if err != nil {
		return 0, nil, err
	}
	return uint32(num), f.release, nil
}
