package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A host is one end of the link: a network namespace and the device in it.
type host struct {
	name  string // for messages
	netns int    // descriptor that keeps the namespace alive
	tun   int    // descriptor of the device; not blocking
}

// onOwnThread runs fn on an OS thread that no other goroutine ever uses, and waits for it. The thread ends with fn: it stays locked to its
// goroutine, and the runtime ends such a thread instead of using it again. So fn may change the thread's namespace.
func onOwnThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end before the process: it would stay in the new namespace for ever, and /proc/self/ns/net would be
			// that namespace. So if this is the main thread, it is kept here, and a new goroutine, on another thread, does the work.
			defer runtime.UnlockOSThread()
			done <- onOwnThread(fn)
			return
		}
		done <- fn()
	}()
	return <-done
}

// newHost makes a namespace with loopback and one TUN device that has the address.
func newHost(name string, addr netip.Prefix, link Link) (h *host, err error) {
	h = &host{name: name, netns: -1, tun: -1}
	err = onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return explain("unshare: new network namespace", err, "CAP_SYS_ADMIN")
		}
		var err error
		if h.netns, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return fmt.Errorf("open own network namespace: %w", err)
		}
		if err := keepNoMetrics(); err != nil {
			return err
		}
		if link.ECNThreshold > 0 {
			if err := useECN(); err != nil {
				return err
			}
		}
		if h.tun, err = openTUN(); err != nil {
			return err
		}
		return configure(addr, link)
	})
	if err != nil {
		h.close()
		return nil, fmt.Errorf("netlab: %s host: %w", name, err)
	}
	return h, nil
}

// inside runs fn on a thread in the host's namespace. A socket stays in the namespace in which it was made, so the sockets that fn opens
// may be used on any thread afterwards.
func (h *host) inside(fn func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(h.netns, unix.CLONE_NEWNET); err != nil {
			return explain("setns: enter the namespace of the "+h.name+" host", err, "CAP_SYS_ADMIN")
		}
		return fn()
	})
}

func (h *host) close() {
	for _, fd := range []*int{&h.tun, &h.netns} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}

const (
	tunPath = "/dev/net/tun"
	tunName = "lab0"
)

// openTUN makes the TUN device in the thread's namespace. The device exists as long as the descriptor.
func openTUN() (int, error) {
	fd, err := unix.Open(tunPath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return -1, fmt.Errorf("open %s: %w: the kernel's TUN driver is needed: try 'modprobe tun', then "+
			"'mkdir -p /dev/net && mknod %s c 10 200'; in a container '--device %s'", tunPath, err, tunPath, tunPath)
	case errors.Is(err, fs.ErrPermission):
		return -1, fmt.Errorf("open %s: %w: run as root; in a container '--device %s'", tunPath, err, tunPath)
	case err != nil:
		return -1, fmt.Errorf("open %s: %w", tunPath, err)
	}
	ifr, err := unix.NewIfreq(tunName)
	if err == nil {
		// Without IFF_VNET_HDR the kernel splits packets to the MTU and fills in checksums before we read them, as on a wire.
		ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	}
	if err != nil {
		unix.Close(fd)
		return -1, explain("make TUN device", err, "CAP_NET_ADMIN")
	}
	return fd, nil
}

// configure brings up loopback and the TUN device of the thread's namespace. The route to the other host comes with the address.
func configure(addr netip.Prefix, link Link) error {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	defer nl.Close()
	lo, err := nl.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	if err := nl.LinkSetUp(lo); err != nil {
		return explain("bring up loopback", err, "CAP_NET_ADMIN")
	}
	tun, err := nl.LinkByName(tunName)
	if err != nil {
		return fmt.Errorf("find device %s: %w", tunName, err)
	}
	ip, err := netlink.ParseAddr(addr.String())
	if err != nil {
		return fmt.Errorf("address %v: %w", addr, err)
	}
	steps := []struct {
		what string
		do   func() error
	}{
		{"set mtu", func() error { return nl.LinkSetMTU(tun, link.MTU) }},
		// Packets must be lost only in our bottleneck, and never in the device's own queue. So that queue is much longer than any burst of
		// a sender.
		{"set length of the device queue", func() error { return nl.LinkSetTxQLen(tun, deviceQueue) }},
		{"add address " + addr.String(), func() error { return nl.AddrAdd(tun, ip) }},
		{"bring up", func() error { return nl.LinkSetUp(tun) }},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return explain(fmt.Sprintf("device %s: %s", tunName, step.what), err, "CAP_NET_ADMIN")
		}
	}
	return nil
}

// deviceQueue is in packets, each at most one MTU.
const deviceQueue = 10_000

// keepNoMetrics stops the namespace's TCP from storing facts about the path for the next connection. Otherwise the second transfer would
// not start like the first.
func keepNoMetrics() error {
	const path = "/proc/sys/net/ipv4/tcp_no_metrics_save" // of the namespace of the thread that opens it
	err := os.WriteFile(path, []byte("1"), 0)
	if errors.Is(err, unix.EROFS) {
		// Docker mounts /proc/sys read-only. Since Linux 5.6 the most important value, ssthresh, is not stored anyway
		// (tcp_no_ssthresh_metrics_save), so this is not an error.
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: needed so that a transfer does not inherit from the one before", err)
	}
	return nil
}

// useECN makes the namespace's TCP ask for ECN on every connection; the kernel's default is only to agree when asked. An algorithm with
// TCP_CONG_NEEDS_ECN asks by itself, but other algorithms must have the same conditions.
func useECN() error {
	const path = "/proc/sys/net/ipv4/tcp_ecn" // of the namespace of the thread that opens it
	if err := os.WriteFile(path, []byte("1"), 0); err != nil {
		return fmt.Errorf("%w: needed for a link that marks packets; where /proc/sys is read-only (Docker), use a link without "+
			"ECNThreshold", err)
	}
	return nil
}

// explain adds the missing capability to an error.
func explain(what string, err error, capability string) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%s: %w: %s is needed: run as root, or in a container with '--cap-add %s'",
			what, err, capability, capability[len("CAP_"):])
	}
	return fmt.Errorf("%s: %w", what, err)
}
