package compile

import "github.com/bpfsmith/bpfsmith/internal/record"

// Item is what the instruction at a slot comes from, for tests.
func (o *Object) Item(slot int) *record.Item { return o.itemAt(slot) }
