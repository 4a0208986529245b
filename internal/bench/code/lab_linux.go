package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpfsmith/bpfsmith/internal/netlab"
	"github.com/bpfsmith/bpfsmith/isa"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// wire is fast enough for thousands of acknowledgements a second. It loses segments when its queue, which is one round trip long, is full.
var wire = netlab.Link{Rate: 100_000_000, Delay: 2 * time.Millisecond}

// newLab makes a lab whose sender asks for ECN, because DCTCP requires it. Nothing marks segments there.
func newLab(ctx context.Context) (*netlab.Lab, error) {
	lab, err := netlab.New(ctx, wire)
	if err != nil {
		return nil, err
	}
	if err := askForECN(ctx, lab); err != nil {
		return nil, errors.Join(fmt.Errorf("let the sender ask for ECN: %w", err), lab.Close())
	}
	return lab, nil
}

// askForECN changes the setting in the sender's network namespace, which it finds through a socket in it.
func askForECN(ctx context.Context, lab *netlab.Lab) error {
	flow, err := lab.Dial(ctx, "reno")
	if err != nil {
		return err
	}
	defer flow.Close()
	conn, err := flow.SyscallConn()
	if err != nil {
		return err
	}
	namespace := -1
	var failed error
	if err := conn.Control(func(fd uintptr) { namespace, failed = unix.IoctlRetInt(int(fd), unix.SIOCGSKNS) }); err != nil ||
		failed != nil {
		return errors.Join(err, failed)
	}
	defer unix.Close(namespace)
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this function
		if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- os.WriteFile("/proc/sys/net/ipv4/tcp_ecn", []byte("1"), 0)
	}()
	return <-done
}

// spentSoFar reads the counters of an implementation's programs, by member.
func (r *running) spentSoFar() (map[string]spent, error) {
	all := make(map[string]spent)
	for member, fd := range r.programs {
		info, err := syscall.ProgInfoByFD(fd)
		if err != nil {
			return nil, err
		}
		all[member] = spent{info.RunCount, info.RunTime}
	}
	return all, nil
}

// verified returns the number of instructions that the verifier went through, by member.
func (r *running) verified() (map[string]int, error) {
	all := make(map[string]int)
	for member, fd := range r.programs {
		info, err := syscall.ProgInfoByFD(fd)
		if err != nil {
			return nil, err
		}
		all[member] = int(info.VerifiedInsns)
	}
	return all, nil
}

// carry sends bytes with an implementation and returns what its programs spent.
func (r *running) carry(ctx context.Context, lab *netlab.Lab, bytes int) (map[string]spent, error) {
	before, err := r.spentSoFar()
	if err != nil {
		return nil, err
	}
	if err := transfer(ctx, lab, r.name, bytes); err != nil {
		return nil, err
	}
	after, err := r.spentSoFar()
	if err != nil {
		return nil, err
	}
	for member, s := range after {
		after[member] = spent{s.calls - before[member].calls, s.time - before[member].time}
	}
	return after, nil
}

// transfer sends that many bytes and waits until they have arrived.
func transfer(ctx context.Context, lab *netlab.Lab, algorithm string, bytes int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	flow, err := lab.Dial(ctx, "reno")
	if err != nil {
		return err
	}
	defer flow.Close()
	// Not before: a receiver that runs another algorithm refuses ECN to a connection that begins with DCTCP
	// (the SYN is marked as capable already, RFC 8257 has both ends run it).
	if err := flow.SetCongestion(algorithm); err != nil {
		return err
	}
	if running, err := flow.Congestion(); err != nil || running != algorithm {
		return fmt.Errorf("the connection runs %q, not %q (%v): did its init choose another?", running, algorithm, err)
	}
	written := make(chan error, 1)
	go func() {
		_, err := flow.Write(make([]byte, bytes))
		written <- err
	}()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for flow.Received() < int64(bytes) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			flow.Close() // ends Write
			<-written
			return fmt.Errorf("%s: %d of %d bytes arrived: %w", algorithm, flow.Received(), bytes, context.Cause(ctx))
		}
	}
	return <-written
}

// A rival is one of the implementations of an algorithm whose times are measured in turns.
type rival struct {
	implementation
	level     isa.Level
	algorithm string
	variant   variant
}

// race lets rivals carry the same bytes. Every second round has the reverse order, so changes of the machine affect all rivals alike. The
// programs are loaded again for each round: their place in memory changes their time by up to a third, and this way the place is another
// one each time.
func race(ctx context.Context, lab *netlab.Lab, rivals []*rival, rounds, bytes int) (timing, error) {
	var t timing
	for range rounds {
		for _, r := range rivals {
			s, err := r.once(ctx, lab, bytes)
			if err != nil {
				return t, err
			}
			t.rounds[r.variant] = append(t.rounds[r.variant], s)
		}
		slices.Reverse(rivals)
	}
	return t, nil
}

// once registers a rival for one transfer.
func (r *rival) once(ctx context.Context, lab *netlab.Lab, bytes int) (_ map[string]spent, err error) {
	registered, err := r.register(uniqueName())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, registered.close()) }()
	return registered.carry(ctx, lab, bytes)
}

var names int

// uniqueName returns a name for one registration of this process.
func uniqueName() string {
	names++
	return fmt.Sprintf("bench%d_%d", os.Getpid()%100_000, names%10_000)
}
