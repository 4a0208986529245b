package guest

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A flow is both ends of a connection over loopback, which every kernel has.
type flow struct{ from, to *net.TCPConn }

func dial(t *testing.T, congestion string) flow {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	from, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	to, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	f := flow{from, to}
	f.control(t, func(fd int) error {
		return unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
	})
	return f
}

func (f flow) control(t *testing.T, do func(fd int) error) {
	t.Helper()
	raw, err := f.from.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = do(int(fd)) })
	if err := errors.Join(err, inner); err != nil {
		t.Fatal(err)
	}
}

// wantWindow sends something and then looks at the window.
func (f flow) wantWindow(t *testing.T, want uint32) {
	t.Helper()
	const size = 300_000
	sent := make(chan error, 1)
	go func() {
		_, err := f.from.Write(make([]byte, size))
		sent <- err
	}()
	if err := f.to.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, size)
	for got := 0; got < size; {
		n, err := f.to.Read(buf)
		if err != nil {
			t.Fatalf("after %d bytes: %v", got, err)
		}
		got += n
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	var info *unix.TCPInfo
	f.control(t, func(fd int) (err error) {
		info, err = unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		return err
	})
	if info.Snd_cwnd != want {
		t.Errorf("the window is %d, want %d", info.Snd_cwnd, want)
	}
}
