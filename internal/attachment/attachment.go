// Package attachment has what the links of packages link and structops share: the methods that seal their interfaces, and the errors that
// callers check. Neither of the two packages may import these from the other.
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

// Link is embedded by each kind of link. Its method is not exported, so only types that embed it satisfy [IsLink], and no package outside
// of this module can define one.
type Link struct{}

func (Link) link() {}

// IsLink closes the interface link.Link.
type IsLink interface{ link() }

// Verified is embedded by the types that the kernel has verified and a link can hold.
type Verified struct{}

func (Verified) verified() {}

// IsVerified closes the interface prog.Verified.
type IsVerified interface{ verified() }
