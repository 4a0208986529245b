package maps_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/maps"
)

// wide is one of each kind of field.
type wide struct {
	A int8
	B uint8
	C int16
	D int32
	E int64
	F uint64
	G [2]inner
	H [3]uint8
	I bool
	J dsl.BE32
}

type inner struct {
	X uint16
	Y dsl.BE16
}

// TestEncodingIsThatOfTheStandardLibrary has encoding/binary write the same structs,
// in this machine's order.
func TestEncodingIsThatOfTheStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := func() uint64 { return r.Uint64() >> (r.Uint64() % 64) }
		v := wide{
			A: int8(n()), B: uint8(n()), C: int16(n()), D: int32(n()), E: int64(n()), F: n(),
			G: [2]inner{{uint16(n()), dsl.BE16(n())}, {uint16(n()), dsl.BE16(n())}},
			H: [3]uint8{uint8(n()), uint8(n()), uint8(n())}, I: n()&1 == 1, J: dsl.BE32(n()),
		}
		var want bytes.Buffer
		if err := binary.Write(&want, binary.NativeEndian, v); err != nil {
			t.Fatal(err)
		}
		got, err := maps.Encode(v)
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("%+v is\n%x, %v, want\n%x", v, got, err, want.Bytes())
		}
		if back, err := maps.Decode[wide](append(got, 1, 2, 3)); err != nil || back != v {
			t.Fatalf("%+v came back as %+v, %v", v, back, err)
		}
	}
}

func TestNumbersTakeNoReflection(t *testing.T) {
	roundTrip(t, uint64(1<<63+5))
	roundTrip(t, int64(-5))
	roundTrip(t, uint32(1<<31+5))
	roundTrip(t, int32(-5))
	roundTrip(t, int16(-5))
	roundTrip(t, uint8(200))
	roundTrip(t, true)
	roundTrip(t, [3]int32{-1, 0, 1})
	roundTrip(t, dsl.NetworkOrder16(80))
}

func roundTrip[T comparable](t *testing.T, v T) {
	t.Helper()
	b, err := maps.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := maps.Decode[T](b); err != nil || back != v {
		t.Errorf("%v came back as %v, %v", v, back, err)
	}
}

func TestNumbersInNetworkOrder(t *testing.T) {
	b, err := maps.Encode(struct {
		Address dsl.BE32
		Port    dsl.BE16
		_       [2]uint8
	}{Address: dsl.NetworkOrder32(0x01020304), Port: dsl.NetworkOrder16(0x0506)})
	if err != nil || !bytes.Equal(b, []byte{1, 2, 3, 4, 5, 6, 0, 0}) {
		t.Errorf("got %x, %v", b, err)
	}
}

func TestShortAndOddRecords(t *testing.T) {
	if _, err := maps.Decode[wide](make([]byte, 3)); err == nil ||
		!strings.Contains(err.Error(), "needs 40 bytes, but the record has only 3") {
		t.Errorf("got %v", err)
	}
	if _, err := maps.Decode[string](nil); err == nil {
		t.Error("a string was read")
	}
	if _, err := maps.Encode(map[int]int{}); err == nil {
		t.Error("a Go map was written")
	}
	// Any byte except 0 is true: programs may write values that a Go bool does not have.
	if v, err := maps.Decode[bool]([]byte{7}); err != nil || !v {
		t.Errorf("got %v, %v", v, err)
	}
}

// embedded fields are filled in although their struct's name is not exported.
type embedded struct {
	inner
	Z uint32
}

func TestEmbeddedStructs(t *testing.T) {
	roundTrip(t, embedded{inner{1, 2}, 3})
}
