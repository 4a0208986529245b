package netlab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Flow is a TCP connection through the lab. The receiver reads and discards all data.
type Flow struct {
	lab      *Lab
	conn     *net.TCPConn // the sender's
	peer     *net.TCPConn // the receiver's
	received atomic.Int64
	workers  sync.WaitGroup
	filling  sync.Once
	closing  sync.Once

	ended chan struct{} // closed when filling ended by itself or by Close
	err   error         // why; read after ended
}

// Dial opens a connection from the sending host to a sink on the receiving host. The sender uses the congestion control of that name from
// the first segment on; "" is the kernel's default.
func (l *Lab) Dial(ctx context.Context, congestion string) (*Flow, error) {
	release, err := l.use()
	if err != nil {
		return nil, err
	}
	defer release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(l.life, func() { cancel(ErrClosed) })()
	f := &Flow{lab: l, ended: make(chan struct{})}

	var listener *net.TCPListener
	err = l.receiver.inside(func() error {
		lc := net.ListenConfig{Control: control(func(fd int) error {
			if err := l.setBuffer(fd, unix.SO_RCVBUFFORCE); err != nil {
				return err
			}
			if congestion == "" || l.link.ECNThreshold == 0 {
				return nil
			}
			// A part of DCTCP is in the receiver: it echoes each mark instead of reporting once that there were some (RFC 8257, section
			// 3.2). The accepted socket inherits the algorithm from the listening one.
			return setCongestion(fd, congestion)
		})}
		lc.SetMultipathTCP(false) // otherwise Go listens with MPTCP, which is a different state machine
		ln, err := lc.Listen(ctx, "tcp4", "198.18.0.2:0")
		if err != nil {
			return err
		}
		listener = ln.(*net.TCPListener)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("netlab: listen: %w", err)
	}
	defer listener.Close()
	// Accept has no context; closing the listener ends it.
	defer context.AfterFunc(ctx, func() { listener.Close() })()

	accepted := make(chan error, 1)
	f.workers.Go(func() {
		var err error
		f.peer, err = listener.AcceptTCP()
		accepted <- err
	})
	err = l.sender.inside(func() error {
		d := net.Dialer{Control: control(func(fd int) error {
			if err := l.setBuffer(fd, unix.SO_SNDBUFFORCE); err != nil {
				return err
			}
			if congestion == "" {
				return nil
			}
			return setCongestion(fd, congestion)
		})}
		// Go connects to an address (not a name) on this goroutine, so on this thread, in this namespace.
		conn, err := d.DialContext(ctx, "tcp4", listener.Addr().String())
		if err != nil {
			return err
		}
		f.conn = conn.(*net.TCPConn)
		return nil
	})
	if err != nil {
		listener.Close()
	}
	acceptErr := <-accepted
	f.workers.Wait()
	if err == nil && acceptErr != nil {
		err = fmt.Errorf("accept: %w", acceptErr)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		// From here on the lab closes the flow, unless the lab's Close was earlier.
		l.mu.Lock()
		if l.life.Err() != nil {
			err = ErrClosed
		}
		l.flows[f] = struct{}{}
		l.mu.Unlock()
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("netlab: dial: %w", err)
	}
	f.workers.Go(f.sink)
	return f, nil
}

// sink reads until the connection ends.
func (f *Flow) sink() {
	buf := make([]byte, 256<<10)
	for {
		n, err := f.peer.Read(buf)
		f.received.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// Fill keeps the sender busy from now on: there is always more to send than the window allows. Done reports the end.
func (f *Flow) Fill() {
	f.filling.Do(func() {
		f.workers.Go(func() {
			defer close(f.ended)
			// When half of the send buffer is free, it is filled again, before TCP has nothing to send.
			buf := make([]byte, 256<<10)
			for {
				if _, err := f.conn.Write(buf); err != nil {
					f.err = err
					return
				}
			}
		})
	})
}

// Done returns a channel that is closed when a filled flow has ended. Err then says why.
func (f *Flow) Done() <-chan struct{} { return f.ended }

// Err returns why a filled flow has ended, nil before.
func (f *Flow) Err() error {
	select {
	case <-f.ended:
		return f.err
	default:
		return nil
	}
}

// Write sends p, for tests that control how much is sent. Do not use it together with Fill.
func (f *Flow) Write(p []byte) (int, error) { return f.conn.Write(p) }

// Received returns how many bytes the receiving application has read so far.
func (f *Flow) Received() int64 { return f.received.Load() }

// SyscallConn returns the sender's socket, for options that this package does not know.
func (f *Flow) SyscallConn() (syscall.RawConn, error) { return f.conn.SyscallConn() }

// Close aborts the connection at both ends and waits until its goroutines have ended. Calling it again does nothing.
func (f *Flow) Close() error {
	f.closing.Do(func() {
		f.filling.Do(func() { close(f.ended) }) // Fill was never called: Done must not wait for ever
		for _, c := range []*net.TCPConn{f.conn, f.peer} {
			if c != nil {
				// A reset instead of a normal end: then buffered data, perhaps megabytes, need not cross the link first.
				_ = c.SetLinger(0)
				_ = c.Close() // fails only if closed already
			}
		}
		f.workers.Wait()
		f.lab.mu.Lock()
		delete(f.lab.flows, f)
		f.lab.mu.Unlock()
	})
	return nil
}

// Info reads the sender's TCP_INFO.
func (f *Flow) Info() (TCPInfo, error) { return ReadTCPInfo(f.conn) }

// Congestion returns the name of the algorithm that the sender's socket uses now.
func (f *Flow) Congestion() (string, error) { return Congestion(f.conn) }

// SetCongestion changes the sender's algorithm, on the open connection.
func (f *Flow) SetCongestion(name string) error {
	return onSocket(f.conn, func(fd int) error { return setCongestion(fd, name) })
}

// tcpiOptECN is TCPI_OPT_ECN of the kernel's tcp.h.
const tcpiOptECN = 8

// ReadTCPInfo reads TCP_INFO of any TCP connection.
func ReadTCPInfo(conn syscall.Conn) (TCPInfo, error) {
	var info TCPInfo
	err := onSocket(conn, func(fd int) error {
		ti, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return fmt.Errorf("netlab: getsockopt TCP_INFO: %w", err)
		}
		info = TCPInfo{
			CAState:      ti.Ca_state,
			Cwnd:         ti.Snd_cwnd,
			Ssthresh:     ti.Snd_ssthresh,
			MSS:          ti.Snd_mss,
			RTT:          microseconds(uint64(ti.Rtt)),
			RTTVar:       microseconds(uint64(ti.Rttvar)),
			MinRTT:       microseconds(uint64(ti.Min_rtt)),
			Unacked:      ti.Unacked,
			Lost:         ti.Lost,
			Retransmits:  ti.Total_retrans,
			Timeouts:     uint32(ti.Total_rto),
			BytesAcked:   ti.Bytes_acked,
			ECN:          ti.Options&tcpiOptECN != 0,
			DeliveredCE:  ti.Delivered_ce,
			PacingRate:   ti.Pacing_rate,
			DeliveryRate: ti.Delivery_rate,
			SendWindow:   ti.Snd_wnd,
			Busy:         microseconds(ti.Busy_time),
			RwndLimited:  microseconds(ti.Rwnd_limited),
			SndbufLimit:  microseconds(ti.Sndbuf_limited),
		}
		return nil
	})
	return info, err
}

func microseconds(n uint64) time.Duration { return time.Duration(n) * time.Microsecond }

// Congestion returns the name of the algorithm that a TCP connection uses now.
func Congestion(conn syscall.Conn) (string, error) {
	var name string
	err := onSocket(conn, func(fd int) (err error) {
		name, err = unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		if err != nil {
			return fmt.Errorf("netlab: getsockopt TCP_CONGESTION: %w", err)
		}
		return nil
	})
	return name, err
}

// setCongestion sets the socket's algorithm, or returns the reason why it cannot.
func setCongestion(fd int, name string) error {
	err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		available, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
		return fmt.Errorf("congestion control %q: %w: this kernel has: %s", name, err, strings.TrimSpace(string(available)))
	default:
		return explain(fmt.Sprintf("congestion control %q", name), err, "CAP_NET_ADMIN")
	}
}

// setBuffer makes a socket buffer so large that it never limits the sender: a congestion window of several times the link's capacity fits.
// A fixed size also switches off the kernel's own tuning. The option is a FORCE option, which ignores net.core.[rw]mem_max and needs
// CAP_NET_ADMIN.
func (l *Lab) setBuffer(fd, option int) error {
	inside := (l.link.BDP() + l.link.Queue) * l.link.MTU
	// The kernel counts the whole memory of a packet, 2 to 3 times its payload. It doubles the requested size to compensate for that.
	size := min(max(2<<20, 8*inside), 1<<30)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, size); err != nil {
		return explain(fmt.Sprintf("socket buffer of %d bytes", size), err, "CAP_NET_ADMIN")
	}
	return nil
}

// control turns a function on a descriptor into what net.Dialer and net.ListenConfig call before connect and listen.
func control(fn func(fd int) error) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error { return onRawSocket(c, fn) }
}

func onSocket(conn syscall.Conn, fn func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	return onRawSocket(raw, fn)
}

func onRawSocket(raw syscall.RawConn, fn func(fd int) error) error {
	var fnErr error
	if err := raw.Control(func(fd uintptr) { fnErr = fn(int(fd)) }); err != nil {
		return err
	}
	return fnErr
}
