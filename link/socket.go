package link

import (
	stdsyscall "syscall"

	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// AttachSocketFilter filters what a socket receives, in place of the filter that it had: the program's result is how many bytes of a
// packet are kept, 0 for none. The socket keeps it as long as it is open, so there is no Link. conn has the socket: a
// *net.UDPConn, a *net.TCPListener, an *os.File. Linux 3.19.
func AttachSocketFilter(conn stdsyscall.Conn, p *prog.Loaded) error {
	r := request{point: socketPoint(), plan: p.Plan(), fd: p.FD(), place: "a socket", world: running()}
	if err := r.check(); err != nil {
		return err
	}
	if conn == nil {
		return r.fails(&cause{"there is no socket: conn is nil", nil}, "give it a *net.UDPConn, a *net.TCPListener or an *os.File")
	}
	if err := onSocket(conn, func(fd int) error { return syscall.SocketAttach(fd, p.FD()) }); err != nil {
		return r.refused(err)
	}
	return nil
}

// DetachSocketFilter takes a socket's filter away.
func DetachSocketFilter(conn stdsyscall.Conn) error { return onSocket(conn, syscall.SocketDetach) }

// onSocket calls f with the socket's descriptor, while it cannot be closed.
func onSocket(conn stdsyscall.Conn, f func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}
