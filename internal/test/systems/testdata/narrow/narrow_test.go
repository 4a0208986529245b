package narrow

import "testing"

func TestOnlyLinux(t *testing.T) { onlyLinux(t) }
