package verify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// ParseMap reads what is known about a map with a descriptor, as people write it: FD=TYPE:KEY:VALUE:MAX[:FLAGS[:FIELD@OFFSET]]..., with
// sizes in bytes.
func ParseMap(text string) (int32, Map, error) {
	bad := func(what string) (int32, Map, error) {
		return 0, Map{}, errors.New(what + ": expected FD=TYPE:KEY:VALUE:MAX, then [:FLAGS[:FIELD@OFFSET]]")
	}
	before, after, ok := strings.Cut(text, "=")
	fd, err := strconv.ParseInt(strings.TrimSpace(before), 0, 32)
	if !ok || err != nil {
		return bad("the descriptor is missing or not a number")
	}
	parts := strings.Split(strings.TrimSpace(after), ":")
	if len(parts) < 4 {
		return bad("TYPE, KEY, VALUE or MAX is missing")
	}
	kind, ok := linux.ParseMapType(strings.ToLower(parts[0]))
	if !ok {
		return bad(parts[0] + " is not a type of maps")
	}
	m := Map{Name: fmt.Sprintf("with descriptor %d", fd), Type: kind}
	for i, to := range [...]*uint32{&m.Key, &m.Value, &m.Max, &m.Flags} {
		if i+1 >= len(parts) {
			break
		}
		n, err := strconv.ParseUint(parts[i+1], 0, 32)
		if err != nil {
			return bad(parts[i+1] + " is not a number from 0 to 4294967295")
		}
		*to = uint32(n)
	}
	for _, part := range parts[min(5, len(parts)):] {
		name, offset, ok := strings.Cut(part, "@")
		n, err := strconv.ParseUint(offset, 0, 32)
		if !ok || err != nil {
			return bad(part + " is not FIELD@OFFSET")
		}
		m.Fields = append(m.Fields, ParseField(name, uint32(n)))
	}
	return int32(fd), m, nil
}
