//go:build linux

package maps_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/maps"
	"github.com/bpfsmith/bpfsmith/prog"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// record is a record in ring buffers.
type record struct {
	Number uint32
	Size   dsl.BE16
	_      [2]uint8
}

func TestRingBufFromPrograms(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	ring := created(t, maps.NewRingBuf("ring", 8192))
	output := func(n int32, size int32) []dsl.Item {
		return []dsl.Item{
			dsl.StoreImm(w, fp, -8, n), dsl.StoreImm(w, fp, -4, 0x0201),
			dsl.LoadMap(r1, ring.Spec()), dsl.Mov64Reg(r2, fp), dsl.Add64Imm(r2, -8), dsl.Mov64Imm(r3, size), dsl.Mov64Imm(r4, 0),
			dsl.CallHelper(ringbufOutput),
		}
	}
	discard := []dsl.Item{
		dsl.LoadMap(r1, ring.Spec()), dsl.Mov64Imm(r2, 100), dsl.Mov64Imm(r3, 0), dsl.CallHelper(ringbufReserve),
		dsl.JEQ64Imm(r0, 0, "none"), dsl.Mov64Reg(r1, r0), dsl.Mov64Imm(r2, 0), dsl.CallHelper(ringbufDiscard), dsl.Label("none"),
	}
	exit := []dsl.Item{dsl.Mov64Imm(r0, 0), dsl.Exit()}
	l, err := prog.Load(dsl.Assembly("writer", slices.Concat(output(7, 8), discard, output(9, 5), exit)...),
		prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// A waiting reader is woken. The records fill the buffer many times.
	const rounds, ahead = 1000, 20 // as many as have room: a record without room is lost
	done := make(chan error, 1)
	room := make(chan struct{}, ahead)
	go func() {
		done <- func() error {
			for i := range rounds {
				b, err := ring.Read(ctx)
				if err != nil {
					return err
				}
				v, err := maps.Decode[record](b)
				if err != nil || v.Number != 7 || len(b) != 8 {
					return fmt.Errorf("record %d: %v, %+v, %v", 2*i, b, v, err)
				}
				if b, err = ring.Read(ctx); err != nil || len(b) != 5 || b[0] != 9 {
					return fmt.Errorf("record %d: %v, %v", 2*i+1, b, err)
				}
				<-room
			}
			return nil
		}()
	}()
	for i := range rounds {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
		}
		if _, err := l.Run(prog.Input{Data: packet}); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			time.Sleep(time.Millisecond) // so that it sometimes has to wait
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if b, err := ring.TryRead(); b != nil || err != nil {
		t.Errorf("there is one more: %v, %v", b, err)
	}
}

func TestUserRingBufIsRead(t *testing.T) {
	kerneltest.RequireLinux(t, 6, 1)
	t.Parallel()
	ring := created(t, maps.NewUserRingBuf("ring", uint32(syscall.PageSize())))
	sum := created(t, maps.NewGlobal("sum", uint64(0)))
	each := dsl.Assembly("each",
		dsl.Proto("u64", "void *dynptr", "void *context"),
		dsl.Mov64Reg(r3, r1),
		dsl.Mov64Reg(r1, fp),
		dsl.Add64Imm(r1, -8),
		dsl.Mov64Imm(r2, 4),
		dsl.Mov64Imm(r4, 0),
		dsl.Mov64Imm(r5, 0),
		dsl.CallHelper(dynptrRead),
		dsl.JNE64Imm(r0, 0, "out"),
		dsl.LoadMem(w, r2, fp, -8),
		dsl.LoadMapData(r1, sum.Spec(), 0),
		dsl.AtomicAdd64(r1, 0, r2),
		dsl.Label("out"),
		dsl.Mov64Imm(r0, 0),
		dsl.Exit(),
	)
	p := dsl.Assembly("drain",
		dsl.LoadMap(r1, ring.Spec()),
		dsl.LoadFunc(r2, each),
		dsl.Mov64Imm(r3, 0),
		dsl.Mov64Imm(r4, 0),
		dsl.CallHelper(userRingbufDrain),
		dsl.Exit(),
	)
	l, err := prog.Load(p, prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer l.Close()
	want, written := uint64(0), uint32(0)
	for n := uint32(1); n < 5000; n++ {
		b, err := maps.Encode(n)
		if err != nil {
			t.Fatal(err)
		}
		err = ring.Write(append(b, make([]byte, n%7)...))
		if errors.Is(err, maps.ErrFull) {
			out, err := l.Run(prog.Input{Data: packet})
			if err != nil || out.Result != written {
				t.Fatalf("read %d of %d records, %v", int32(out.Result), written, err)
			}
			written = 0
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want, written = want+uint64(n), written+1
	}
	if _, err := l.Run(prog.Input{Data: packet}); err != nil {
		t.Fatal(err)
	}
	if got, err := sum.Load(); got != want || err != nil {
		t.Errorf("the sum is %d, %v, want %d", got, err, want)
	}
	if err := ring.Write(make([]byte, syscall.PageSize())); !errors.Is(err, maps.ErrFull) ||
		!strings.Contains(err.Error(), "can never fit") {
		t.Errorf("a record that never fits: %v", err)
	}
	ring.Close()
	if err := ring.Write(nil); !errors.Is(err, maps.ErrNotCreated) {
		t.Errorf("a closed ring buffer: %v", err)
	}
}

// TestRing: a program and user space share the type of the records. A record of another size, which another program wrote, is an error.
func TestRing(t *testing.T) {
	kerneltest.Require(t)
	t.Parallel()
	ring := created(t, maps.NewRing[record]("ring", uint32(syscall.PageSize())))
	if v, ok, err := ring.TryRead(); ok || err != nil {
		t.Errorf("an empty ring has %+v, %v", v, err)
	}
	writer := func(f *dsl.Fn, x dsl.Context) dsl.U32 {
		in := ring.In(f)
		room := in.Reserve()
		f.If(room.IsNil(), f.ReturnConst(1))
		room.U32("Number").Set(7)
		room.U16("Size").Set(0x0102)
		in.Submit(room)
		none := in.Reserve()
		f.If(none.IsNil(), f.ReturnConst(2))
		in.Discard(none)
		local := dsl.Local[record](f)
		local.U32("Number").Set(8)
		f.If(in.Output(local).Ne(0), f.ReturnConst(3))
		return f.U32(0)
	}
	options := prog.Options{License: "GPL", Type: syscall.ProgTypeSocketFilter}
	l, err := prog.Load(dsl.Func("writer", writer), options)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer l.Close()
	if out, err := l.Run(prog.Input{Data: packet}); err != nil || out.Result != 0 {
		t.Fatal(out, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if v, err := ring.Read(ctx); err != nil || v.Number != 7 || v.Size.Get() != 0x0102 {
		t.Errorf("the first record is %+v, %v", v, err)
	}
	if v, ok, err := ring.TryRead(); !ok || err != nil || v.Number != 8 {
		t.Errorf("the second record is %+v, %v, %v", v, ok, err)
	}
	short, err := prog.Load(dsl.Assembly("short", dsl.StoreImm(w, fp, -8, 1), dsl.LoadMap(r1, ring.Spec()), dsl.Mov64Reg(r2, fp),
		dsl.Add64Imm(r2, -8), dsl.Mov64Imm(r3, 4), dsl.Mov64Imm(r4, 0), dsl.CallHelper(ringbufOutput), dsl.Mov64Imm(r0, 0), dsl.Exit()),
		options)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer short.Close()
	if _, err := short.Run(prog.Input{Data: packet}); err != nil {
		t.Fatal(err)
	}
	if v, err := ring.Read(ctx); !errors.Is(err, fs.ErrInvalid) || !strings.Contains(fmt.Sprint(err),
		"a record has 4 bytes, but a maps_test.record has 8") {
		t.Errorf("a short record is %+v, %v", v, err)
	}
}
