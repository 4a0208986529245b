package kerneltest

import (
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Loopback is the index of the loopback interface, in every network namespace.
const Loopback = 1

// InNetns calls f on a thread that has a network namespace of its own, with its
// loopback interface up. The thread ends with f, and the namespace ends when
// everything that f opened there is closed. f must not call t.Fatal; if it
// returns an error, the test fails.
func InNetns(t testing.TB, f func() error) {
	t.Helper()
	Require(t)
	if err := onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		if err := loopbackUp(); err != nil {
			return fmt.Errorf("bring up loopback: %w", err)
		}
		return f()
	}); err != nil {
		t.Fatal(err)
	}
}

// onOwnThread calls f on a thread that is not used afterwards. It is never the main thread: that thread would not end, but stay in the
// namespace.
func onOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			done <- onOwnThread(f)
			return
		}
		done <- f()
	}()
	return <-done
}

func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}
