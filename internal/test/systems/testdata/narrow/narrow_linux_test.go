package narrow

import "testing"

func onlyLinux(t *testing.T) { t.Log(Wide) }
