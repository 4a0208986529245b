//go:build linux

package howto_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/docs/internal/recorded"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/link"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
)

// TestLive counts packets on the loopback interface, and reads the map through its file.
func TestLive(t *testing.T) {
	kerneltest.Require(t)
	kerneltest.NoLeaks(t)
	path := filepath.Join(kerneltest.BPFFS(t), "totals")
	var out strings.Builder
	kerneltest.InNetns(t, func() error { return errors.Join(live(path, &out), totals.Close(), drop.Close(), os.Remove(path)) })
	recorded.Compare(t, "testdata/totals.txt", out.String())
}

func live(path string, w io.Writer) error {
	p, err := prog.Load(dsl.Func("count", count), prog.Options{License: "GPL"})
	if err != nil {
		return err
	}
	defer p.Close()
	l, err := link.AttachXDP(p, link.XDPOptions{Interface: kerneltest.Loopback, Flags: link.XDPGenericMode})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := errors.Join(drop.Store(17), publish(path)); err != nil {
		return err
	}
	conn, err := net.Dial("udp4", "127.0.0.1:9")
	if err != nil {
		return err
	}
	defer conn.Close()
	for range 3 {
		if _, err := conn.Write([]byte("hello")); err != nil {
			return err
		}
	}
	if err := print(w); err != nil {
		return err
	}
	there, err := lookup(path, 17)
	if err == nil && there != (total{Packets: 3, Bytes: 99}) {
		err = fmt.Errorf("the other process sees %+v", there)
	}
	other := maps.NewHash[uint8, uint64]("totals", 256)
	if other.Open(path) == nil {
		err = errors.Join(err, errors.New("a map of other types was opened"), other.Close())
	}
	return err
}
