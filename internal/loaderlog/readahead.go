package loaderlog

import "io"

// A readAhead reads from another reader while its user works on what was read before. It needs close.
type readAhead struct {
	blocks chan []byte // that were read
	free   chan []byte // that may be read into
	block  []byte      // that the user has
	rest   []byte      // what is left of it
	err    error       // after the last block
}

// Sizes of what is read ahead.
const (
	aheadBlocks = 4
	aheadSize   = 64 << 10
)

func newReadAhead(r io.Reader) *readAhead {
	a := &readAhead{blocks: make(chan []byte, aheadBlocks), free: make(chan []byte, aheadBlocks)}
	for range aheadBlocks {
		a.free <- make([]byte, aheadSize)
	}
	go func() {
		defer close(a.blocks)
		for block := range a.free {
			n, err := io.ReadFull(r, block[:aheadSize])
			a.blocks <- block[:n]
			if err != nil {
				if err != io.ErrUnexpectedEOF {
					a.err = err
				} else {
					a.err = io.EOF
				}
				return
			}
		}
	}()
	return a
}

// Read returns what was read ahead.
func (a *readAhead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.block != nil {
			a.free <- a.block
			a.block = nil
		}
		block, ok := <-a.blocks
		if !ok {
			return 0, a.err
		}
		a.block, a.rest = block, block
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// close waits until nothing is read any more. What was read and not used is lost.
func (a *readAhead) close() {
	close(a.free)
	for range a.blocks {
	}
}
