package maps

import (
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"reflect"

	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// A Trie finds the value of the longest prefix that a key begins with, like a routing table. K is a struct. Its first field, a uint32, is
// the length of the prefix in bits. The rest is compared bit by bit, from the highest bit of its first byte, so numbers in it must be in
// network order. See IPv4Prefix. Linux 4.11.
type Trie[K, V any] struct{ table[K, V] }

// NewLPMTrie declares a trie of at most max prefixes.
func NewLPMTrie[K, V any](name string, max uint32) *Trie[K, V] {
	t := &Trie[K, V]{}
	spec := &dsl.MapSpec{Name: name, Type: dsl.MapLPMTrie, MaxEntries: max, Flags: noPrealloc, Pos: dsl.Here(0)}
	if l, err := dsl.LayoutFor[K](); err == nil {
		spec.Err = checkPrefix(l)
	}
	t.declareElements(spec)
	return t
}

// noPrealloc is BPF_F_NO_PREALLOC, which some map types require.
const noPrealloc = uint32(syscall.MapNoPrealloc)

// checkPrefix checks the key of a trie like the kernel does
// (kernel/bpf/lpm_trie.c, trie_alloc).
func checkPrefix(l *dsl.Layout) error {
	const longest = linux.MostPrefixBytes
	if l.Kind != dsl.LayoutStruct || len(l.Fields) < 2 || l.Fields[0].Type.Kind() != reflect.Uint32 || l.Fields[0].BigEndian {
		return fmt.Errorf("key %v: it must be a struct that begins with a uint32, the length of the prefix in bits", l.Type)
	}
	if l.Size > 4+longest {
		return fmt.Errorf("key %v: a prefix can have at most %d bytes", l.Type, longest)
	}
	return nil
}

// Lookup returns the value of the longest prefix in the trie that key begins with. key is a prefix itself, or an address with all of its
// bits.
func (t *Trie[K, V]) Lookup(key K) (V, error) { return t.get(key, 0) }

// Delete removes a prefix. When it does not exist, the error wraps fs.ErrNotExist.
func (t *Trie[K, V]) Delete(key K) error { return t.remove(key) }

// All ranges over the prefixes, the longer ones of a branch first.
func (t *Trie[K, V]) All(err *error) iter.Seq2[K, V] { return t.table.All(err) }

// An IPv4Prefix is a key of a Trie: a network, or an address with 32 bits.
type IPv4Prefix struct {
	Bits    uint32
	Address [4]uint8
}

// An IPv6Prefix is a key of a Trie: a network, or an address with 128 bits.
type IPv6Prefix struct {
	Bits    uint32
	Address [16]uint8
}

// IPv4 returns the key of an IPv4 network.
func IPv4(p netip.Prefix) (IPv4Prefix, error) {
	if !p.IsValid() || !p.Addr().Is4() {
		return IPv4Prefix{}, fmt.Errorf("%v is not an IPv4 network: %w", p, fs.ErrInvalid)
	}
	return IPv4Prefix{uint32(p.Bits()), p.Masked().Addr().As4()}, nil
}

// IPv6 returns the key of an IPv6 network.
func IPv6(p netip.Prefix) (IPv6Prefix, error) {
	if !p.IsValid() || !p.Addr().Is6() {
		return IPv6Prefix{}, fmt.Errorf("%v is not an IPv6 network: %w", p, fs.ErrInvalid)
	}
	return IPv6Prefix{uint32(p.Bits()), p.Masked().Addr().As16()}, nil
}

// Prefix is the network.
func (p IPv4Prefix) Prefix() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4(p.Address), int(min(p.Bits, 32)))
}

// Prefix is the network.
func (p IPv6Prefix) Prefix() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16(p.Address), int(min(p.Bits, 128)))
}
