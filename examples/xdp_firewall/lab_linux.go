package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The demonstration's hosts and their addresses. Except for 10.0.0.0/24, these are reserved for documentation (RFC 5737, RFC 3849).
const (
	insideDevice, outsideDevice = "fw0", "out0"
	inside4, inside6            = "10.0.0.1", "2001:db8::1"
)

// A lab is two hosts and a cable: a host inside that the firewall protects, and a host outside with many addresses. The namespaces have no
// names. They end with their descriptors and threads, so nothing is left, however the process ends.
type lab struct {
	inside, outside int // descriptors of network namespaces
	ipv6            bool
}

// newLab makes the hosts. outside are the addresses of the host outside.
func newLab(outside []netip.Addr) (l *lab, err error) {
	l = &lab{inside: -1, outside: -1}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	_, statErr := os.Stat("/proc/net/if_inet6")
	l.ipv6 = statErr == nil
	if l.outside, err = newNamespace(); err != nil {
		return l, err
	}
	if l.inside, err = newNamespace(); err != nil {
		return l, err
	}
	err = within(l.inside, func() error {
		return withNetlink(func(nl *netlink.Handle) error {
			cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: insideDevice}, PeerName: outsideDevice,
				PeerNamespace: netlink.NsFd(l.outside)}
			if err := nl.LinkAdd(cable); err != nil {
				return fmt.Errorf("make a veth pair: %w", err)
			}
			return l.configure(nl, insideDevice, []netip.Addr{netip.MustParseAddr(inside4), netip.MustParseAddr(inside6)})
		})
	})
	if err != nil {
		return l, fmt.Errorf("the host inside: %w", err)
	}
	err = within(l.outside, func() error {
		return withNetlink(func(nl *netlink.Handle) error { return l.configure(nl, outsideDevice, outside) })
	})
	if err != nil {
		return l, fmt.Errorf("the host outside: %w", err)
	}
	return l, l.introduce()
}

func (l *lab) close() {
	for _, fd := range []int{l.inside, l.outside} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// configure gives a device its addresses and brings it up. Everything else is
// reached through it, without a router.
func (l *lab) configure(nl *netlink.Handle, device string, addresses []netip.Addr) error {
	link, err := nl.LinkByName(device)
	if err != nil {
		return fmt.Errorf("%s: %w", device, err)
	}
	for _, a := range addresses {
		if a.Is6() && !l.ipv6 {
			continue
		}
		addr, err := netlink.ParseAddr(netip.PrefixFrom(a, a.BitLen()).String())
		if err != nil {
			return err
		}
		if a.Is6() {
			addr.Flags = unix.IFA_F_NODAD // usable at once: no other host can have the address
		}
		if err := nl.AddrAdd(link, addr); err != nil {
			return fmt.Errorf("%s: add %v: %w", device, a, err)
		}
	}
	if err := nl.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s: bring up: %w", device, err)
	}
	for _, everything := range []string{"0.0.0.0/0", "::/0"} {
		p := netip.MustParsePrefix(everything)
		if p.Addr().Is6() && !l.ipv6 {
			continue
		}
		dst, err := netlink.ParseIPNet(everything)
		if err != nil {
			return err
		}
		if err := nl.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst, Scope: netlink.SCOPE_LINK}); err != nil {
			return fmt.Errorf("%s: route to %v: %w", device, everything, err)
		}
	}
	return nil
}

// introduce tells the host outside where the other's IPv6 address is. Otherwise it would ask with packets from its own address (RFC 4861,
// section 7.2.2). That address may be blocked, and then it would never send the packets that the table should show as dropped.
func (l *lab) introduce() error {
	if !l.ipv6 {
		return nil
	}
	neighbour := &netlink.Neigh{IP: netip.MustParseAddr(inside6).AsSlice(), State: netlink.NUD_PERMANENT}
	err := within(l.inside, func() error {
		return withNetlink(func(nl *netlink.Handle) error {
			link, err := nl.LinkByName(insideDevice)
			if err == nil {
				neighbour.HardwareAddr = link.Attrs().HardwareAddr
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	return within(l.outside, func() error {
		return withNetlink(func(nl *netlink.Handle) error {
			link, err := nl.LinkByName(outsideDevice)
			if err != nil {
				return err
			}
			neighbour.LinkIndex = link.Attrs().Index
			return nl.NeighSet(neighbour)
		})
	})
}

func withNetlink(do func(*netlink.Handle) error) error {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	defer nl.Close()
	return do(nl)
}

// newNamespace makes a network namespace and returns its descriptor.
func newNamespace() (fd int, err error) {
	err = onOwnThread(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

// within runs f on a thread in a namespace. A socket stays in the namespace in which it was made, so the sockets that f opens may be used
// on any thread.
func within(namespace int, f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return f()
	})
}

// onOwnThread runs f on a thread that is not used afterwards, and waits for it. It is never the main thread: that thread would not end,
// but stay in the namespace.
func onOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with this goroutine
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			done <- onOwnThread(f)
			return
		}
		ended := errors.New("it ended without a result")
		defer func() { done <- ended }()
		ended = f()
	}()
	return <-done
}
