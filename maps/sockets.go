package maps

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	stdsyscall "syscall"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A SockMap holds sockets, for programs that choose one (bpf_sk_assign) or send to one. A socket leaves the map when it is closed. It
// holds connected TCP sockets, listening ones, and UDP sockets. Linux 4.14; listening sockets 5.6, UDP 5.8.
type SockMap struct {
	Map
}

// NewSockMap declares an array of n sockets.
func NewSockMap(name string, n uint32) *SockMap {
	m := &SockMap{}
	// A value is the descriptor of a socket when user space sets it, and its cookie when user space asks; a cookie has 8 bytes.
	m.declare(&dsl.MapSpec{Name: name, Type: dsl.MapSockMap, KeySize: 4, ValueSize: 8, MaxEntries: n, Pos: dsl.Here(0)})
	return m
}

// Put sets the socket at an index: a *net.TCPListener, a *net.TCPConn, a *net.UDPConn. The map does not keep it open.
func (m *SockMap) Put(index uint32, socket stdsyscall.Conn) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	if socket == nil {
		return m.failed(fmt.Errorf("the socket is nil: %w", fs.ErrInvalid))
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return m.failed(err)
	}
	var refused error
	err = raw.Control(func(socket uintptr) {
		refused = syscall.MapUpdate(fd, indexKey(index), binary.NativeEndian.AppendUint64(nil, uint64(socket)), 0)
	})
	if err == nil {
		err = refused
	}
	return m.failed(err)
}

// Delete removes the socket at an index. When there is none, the error wraps EINVAL (sock_map_delete_elem, 6.18).
func (m *SockMap) Delete(index uint32) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	return m.failed(syscall.MapDelete(fd, indexKey(index)))
}

// Cookie returns the cookie of the socket at an index, which SO_COOKIE of the socket is too. When there is none, the error wraps
// fs.ErrNotExist.
func (m *SockMap) Cookie(index uint32) (uint64, error) {
	fd, err := m.FD()
	if err != nil {
		return 0, err
	}
	value := make([]byte, 8)
	if err := syscall.MapLookup(fd, indexKey(index), value); err != nil {
		return 0, m.failed(err)
	}
	return binary.NativeEndian.Uint64(value), nil
}

func indexKey(index uint32) []byte { return binary.NativeEndian.AppendUint32(nil, index) }

// In is the map within a program.
func (m *SockMap) In(f *dsl.Fn) SocketsIn { return SocketsIn{mapIn{f, m.spec}} }

// A SocketsIn is a map of sockets within a program.
type SocketsIn struct{ mapIn }

// Lookup finds the socket of a key; it may be nil. A socket that was found must be given back with bpf_sk_release, on each path.
func (m SocketsIn) Lookup(key dsl.Operand) dsl.Ptr {
	return dsl.MapLookup[uint64](m.fn, m.spec, key).Pointer()
}
