//go:build linux

package nine_test

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/prog"
)

func TestLive(t *testing.T) {
	kerneltest.InNetns(t, func() (err error) {
		defer ports.Close()
		loaded, err := prog.Load(dsl.Func("filter", filter), prog.Options{License: "GPL"})
		if err != nil {
			return err
		}
		defer loaded.Close()
		attached, err := link.AttachXDP(loaded, link.XDPOptions{Interface: 1, Flags: link.XDPGenericMode})
		if err != nil {
			return err
		}
		defer attached.Close()
		if err := ports.Put(9999, 0); err != nil {
			return err
		}
		for _, port := range []int{9999, 9998, 9999} {
			if err := send(port); err != nil {
				return err
			}
		}
		dropped, err := ports.Lookup(9999)
		if err == nil && dropped != 2 {
			err = fmt.Errorf("%d packets were dropped, want 2", dropped)
		}
		return err
	})
}

// send sends a UDP packet to a port of this machine.
func send(port int) error {
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("hello"))
	return errors.Join(err, conn.Close())
}
