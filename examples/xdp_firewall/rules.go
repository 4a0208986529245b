package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bpfsmith/bpfsmith/maps"
)

// parseNetworks reads a list such as "10.0.0.0/8,2001:db8::/32,192.0.2.7": an address alone is a network with one address. All mistakes
// are reported together.
func parseNetworks(list string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	var errs []error
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		network, err := parseNetwork(text)
		if err == nil && slices.Contains(networks, network) {
			err = fmt.Errorf("%v is named twice", network)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		networks = append(networks, network)
	}
	return networks, errors.Join(errs...)
}

func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	switch {
	case err != nil || network.Addr().Is4In6():
		return network, fmt.Errorf("%q is not a network: expected 10.0.0.0/8, 2001:db8::/32 or an address", text)
	case network.Masked() != network:
		return network, fmt.Errorf("%v has bits after its prefix: did you mean %v?", network, network.Masked())
	}
	return network, nil
}

// block adds a rule. The program applies it from the next packet on.
func (w *firewall) block(network netip.Prefix) error {
	if network.Addr().Is4() {
		return with(maps.IPv4, network, func(k maps.IPv4Prefix) error { return w.blocked4.Put(k, tally{}) })
	}
	return with(maps.IPv6, network, func(k maps.IPv6Prefix) error { return w.blocked6.Put(k, tally{}) })
}

// unblock removes a rule.
func (w *firewall) unblock(network netip.Prefix) error {
	if network.Addr().Is4() {
		return with(maps.IPv4, network, w.blocked4.Delete)
	}
	return with(maps.IPv6, network, w.blocked6.Delete)
}

// with does something with the key of a network.
func with[K any](keyOf func(netip.Prefix) (K, error), network netip.Prefix, do func(K) error) error {
	key, err := keyOf(network)
	if err != nil {
		return err
	}
	return do(key)
}

// A rule is a network that is blocked, and what was dropped because of it.
type rule struct {
	network netip.Prefix
	tally
}

// rules lists the rules in order of their networks.
func (w *firewall) rules() ([]rule, error) {
	var rules []rule
	var err4, err6 error
	for key, t := range w.blocked4.All(&err4) {
		rules = append(rules, rule{key.Prefix(), t})
	}
	for key, t := range w.blocked6.All(&err6) {
		rules = append(rules, rule{key.Prefix(), t})
	}
	slices.SortFunc(rules, func(a, b rule) int { return a.network.Compare(b.network) })
	return rules, errors.Join(err4, err6)
}

// counted returns what happened to all packets so far, by class: the sum over the processors.
func (w *firewall) counted() (sums [classes]traffic, err error) {
	for class, each := range w.traffic.All(&err) {
		for _, t := range each {
			sums[class].Passed = sums[class].Passed.add(t.Passed)
			sums[class].Dropped = sums[class].Dropped.add(t.Dropped)
		}
	}
	return sums, err
}

// close closes the maps.
func (w *firewall) close() error {
	return errors.Join(w.blocked4.Close(), w.blocked6.Close(), w.traffic.Close())
}
