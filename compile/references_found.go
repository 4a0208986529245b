package compile

import (
	"fmt"
)

// whose names a reference for messages: "the socket of bpf_sk_lookup_tcp
// (main.go:12)".
func (w *walk) whose(name uint8) string {
	n := w.refs.names[name-1]
	if n.row == 0 {
		return w.paramName(int(n.param))
	}
	r := &references[n.row-1]
	return fmt.Sprintf("the %s of %s (%v)", r.thing, r.name, w.f.item(int(n.at)).Pos())
}

// back says what gives a reference back.
func (w *walk) back(name uint8) string {
	n := w.refs.names[name-1]
	if n.row == 0 {
		return "give it back on every path, or to a function that keeps it"
	}
	r := &references[n.row-1]
	help := r.back + " gives it back"
	if r.nil != never && r.does&acquires != 0 {
		help += ", where it is not nil"
	}
	return help
}

func (w *walk) foundUnreleased(i int, r held, how string) {
	rule := UnreleasedReference
	if w.thing(r.name) == irqFlags {
		rule = LockHeld
	}
	w.found(w.f, i, rule, Finding{Detail: fmt.Sprintf("%s is still held at %s", w.whose(r.name), how), Help: w.back(r.name)})
}

func (w *walk) foundOpenSection(i int, s section, how string) {
	name, enter, leave := ofSection(s)
	w.found(w.f, i, LockHeld, Finding{Detail: fmt.Sprintf("%s of %s (%v) is still held at %s", name, enter, w.entered(s), how), Help: leave + " ends that"})
}

func (w *walk) entered(s section) fmt.Stringer {
	return w.f.item(int(w.refs.now.entered[s] - 1)).Pos()
}

func (w *walk) foundCallUnder(i int, s section) {
	name, enter, leave := ofSection(s)
	what := "no helper that may wait"
	if s == spinSection {
		what = "no helper but " + leave
	}
	w.found(w.f, i, LockHeld, Finding{Detail: fmt.Sprintf("%q is called with %s of %s (%v) held: there, %s may be called", w.f.item(i), name, enter, w.entered(s), what),
		Help: "call it before " + enter + " or after " + leave})
}

func (w *walk) foundCallWithoutInterrupts(i int, r held) {
	w.found(w.f, i, LockHeld, Finding{Detail: fmt.Sprintf("%q may wait, and interrupts are off: %s is still held", w.f.item(i), w.whose(r.name)), Help: w.back(r.name)})
}

func (w *walk) foundNotEntered(i int, r *row) {
	_, enter, _ := ofSection(r.leaves)
	w.found(w.f, i, NotHeld, Finding{Detail: fmt.Sprintf("%s without a %s before it on this path", r.name, enter)})
}

func (w *walk) foundNothingHeld(i int, r *row) {
	w.found(w.f, i, NotHeld, Finding{Detail: fmt.Sprintf("%s: the place on the stack that %v points to holds no %s here", r.name, r.arg, r.thing)})
}

func (w *walk) foundStillHeld(i int, r *row, name uint8) {
	w.found(w.f, i, UnreleasedReference, Finding{Detail: fmt.Sprintf("%s: the place on the stack that %v points to still holds %s", r.name, r.arg, w.whose(name)), Help: w.back(name)})
}

func (w *walk) foundOverwritten(i int, name uint8) {
	w.found(w.f, i, UnreleasedReference, Finding{Detail: fmt.Sprintf("%q writes over %s", w.f.item(i), w.whose(name)), Help: w.back(name)})
}

func (w *walk) foundOutOfOrder(i int, name, last uint8) {
	w.found(w.f, i, NotHeld, Finding{Detail: fmt.Sprintf("%s are restored before %s, which were saved later", w.whose(name), w.whose(last)), Help: "restore in the opposite order"})
}

func (w *walk) foundNotAcquired(i int, r *row) {
	w.found(w.f, i, NotHeld, Finding{Detail: fmt.Sprintf("%s takes a %s that the program has acquired; %v holds something else", r.name, r.thing, r.arg)})
}

// foundGone is about a use of what was given back.
func (w *walk) foundGone(i int, v value, rule Rule) {
	w.found(w.f, i, rule, Finding{Detail: fmt.Sprintf("%s is used by %q after it was given back", w.whose(v.name), w.f.item(i))})
}

// referenceMayBeNil is mayBeNil for what was acquired.
func (w *walk) referenceMayBeNil(i int, v value) {
	w.found(w.f, i, MaybeNil, Finding{Detail: fmt.Sprintf("%s may be nil and is used by %q before it was compared with 0", w.whose(v.name), w.f.item(i)),
		Help: "jump elsewhere when it is 0: JEQ64Imm(reg, 0, …)"})
}

// reached checks a pointer before memory behind it is accessed. It reports whether the path can be followed further.
func (w *walk) reached(i int, base value) bool {
	switch {
	case base.kind == object && base.nullable:
		w.mayBeNil(i, base)
		return false
	case base.kind == released:
		w.foundGone(i, base, UsedAfterRelease)
		return false
	case base.kind == acquired && base.nullable && w.surelyMaybeNil(base.name):
		w.referenceMayBeNil(i, base)
		return false
	}
	return true
}
