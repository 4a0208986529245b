//go:build !linux

package structops

// A watch waits for a link to be detached; on systems other than Linux there is none.
type watch struct{}

// Done is closed: there is nothing registered.
func (l *Link) Done() <-chan struct{} { return closed() }

func (*watch) stop() error { return nil }

func (*watch) end() {}
