package linux

import (
	"strings"
	"testing"
)

// TestByteOrdersAreOfContexts: the rows are about contexts that the tables of programs have, and each has words.
func TestByteOrdersAreOfContexts(t *testing.T) {
	for field, order := range byteOrders {
		name, _, _ := strings.Cut(field, ".")
		if !IsContext(name) && name != "bpf_sock" {
			t.Errorf("%s is not a context", name)
		}
		if order.Words() == "" {
			t.Errorf("%s has no words", field)
		}
	}
	if got := ByteOrderOf("bpf_sk_lookup", "remote_port", "__be16 remote_port"); got != ByteOrderNetwork {
		t.Errorf("a __be16 is %d", got)
	}
	if got := ByteOrderOf("sock", "remote_port", "u32 remote_port"); got != ByteOrderUnknown {
		t.Errorf("an unknown field is %d", got)
	}
}
