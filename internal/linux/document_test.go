package linux

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocumentCountsContexts checks what docs/check.md says about the contexts that the check follows.
func TestDocumentCountsContexts(t *testing.T) {
	known := 0
	for p := range ProgTypes() {
		if _, rules := p.ContextRules(); rules || p.Info().Access != nil {
			known++
		}
	}
	text, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("contexts of %d program types", known); !strings.Contains(string(text), want) {
		t.Errorf("docs/check.md does not say: %s", want)
	}
}
