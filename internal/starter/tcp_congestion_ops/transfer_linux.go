package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// transfer sends over loopback for some time, from a socket that has chosen the algorithm. It returns the number of bytes.
func transfer(ctx context.Context, algorithm string, length time.Duration) (sent int64, err error) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	var receiver sync.WaitGroup
	defer receiver.Wait()
	defer server.Close()
	receiver.Go(func() {
		if conn, err := server.Accept(); err == nil {
			io.Copy(io.Discard, conn)
			conn.Close()
		}
	})
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var chosen error
		err := raw.Control(func(fd uintptr) {
			chosen = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, algorithm)
		})
		return errors.Join(err, chosen)
	}}
	conn, err := dialer.DialContext(ctx, "tcp", server.Addr().String())
	if err != nil {
		return 0, fmt.Errorf("a socket with %s: %w", algorithm, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(length)); err != nil {
		return 0, err
	}
	block := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := conn.Write(block)
		sent += int64(n)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}
