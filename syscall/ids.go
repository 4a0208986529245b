package syscall

import (
	"errors"
	"io/fs"
	"iter"
)

// AllProgIDs goes over the ids of all loaded programs, in ascending order. Programs that are loaded or unloaded meanwhile may be missed.
// An error (mostly because CAP_SYS_ADMIN is missing) is the last item.
func AllProgIDs() iter.Seq2[uint32, error] { return allIDs(ProgNextID) }

// AllMapIDs goes over the ids of all maps, as AllProgIDs does over programs.
func AllMapIDs() iter.Seq2[uint32, error] { return allIDs(MapNextID) }

// AllBTFIDs goes over the ids of all BTF objects, as AllProgIDs does over programs.
func AllBTFIDs() iter.Seq2[uint32, error] { return allIDs(BTFNextID) }

// AllLinkIDs goes over the ids of all links, as AllProgIDs does over programs.
func AllLinkIDs() iter.Seq2[uint32, error] { return allIDs(LinkNextID) }

func allIDs(next func(uint32) (uint32, error)) iter.Seq2[uint32, error] {
	return func(yield func(uint32, error) bool) {
		for id := uint32(0); ; {
			following, err := next(id)
			if errors.Is(err, fs.ErrNotExist) {
				return
			}
			if err != nil {
				yield(0, err)
				return
			}
			if !yield(following, nil) {
				return
			}
			id = following
		}
	}
}
