//go:build linux && guest

package guest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bpfsmith/bpfsmith/internal/test/kerneltest"
	"github.com/bpfsmith/bpfsmith/structops"
	"github.com/bpfsmith/bpfsmith/syscall"
)

// TestKilledProcessWithoutLinks: the registration stays. A process that wants the name gets an error that names the map. Deleting the key
// of that map ends the registration.
func TestKilledProcessWithoutLinks(t *testing.T) {
	kerneltest.Require(t)
	if since(t, 6, 4) {
		kerneltest.Missing(t, "needs a kernel before 6.4: this one has links")
	}
	name := uniqueName("kill")
	kill(t, name)
	if !listed(t, name) {
		t.Error("the registration ended with the process")
	}
	link, err := structops.Register(fixed(name, 9))
	if err == nil {
		link.Close()
	}
	if !errors.Is(err, structops.ErrNameTaken) {
		t.Fatalf("got %v, want ErrNameTaken", err)
	}
	t.Log(err)
	var id uint32
	_, map_, _ := strings.Cut(err.Error(), "registered by BPF map ")
	if _, err := fmt.Sscanf(map_, "%d", &id); err != nil {
		t.Fatal("the error names no map")
	}
	table, err := syscall.MapFDByID(id)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := syscall.MapDelete(table, make([]byte, 4)); err != nil {
		t.Error(err)
	}
	if listed(t, name) {
		t.Error("listed after its key was deleted")
	}
}
