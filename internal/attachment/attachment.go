// Package attachment has what the links of packages link and structops share, and neither may import from the other: the seals of their
// interfaces, and the errors that callers decide on.
package attachment

import "errors"

// Errors for callers to check; package link exports them.
var (
	ErrClosed   = errors.New("the link is closed")
	ErrDetached = errors.New("the link is detached")
	ErrReplaced = errors.New("the link was updated by another process since it was opened or last updated")
	ErrNoUpdate = errors.New("this link cannot be updated")
	ErrOther    = errors.New("this link holds something of another kind")
)

// Link is embedded by each kind of link. Its method has no capital letter, so only what embeds it satisfies [IsLink], and no package
// outside of this module can.
type Link struct{}

func (Link) link() {}

// IsLink closes the interface link.Link.
type IsLink interface{ link() }

// Verified is embedded by what the kernel has verified and a link can hold.
type Verified struct{}

func (Verified) verified() {}

// IsVerified closes the interface prog.Verified.
type IsVerified interface{ verified() }
