//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "this program runs in a page: go run ./internal/gen/playgroundgen -o DIR writes the page")
	os.Exit(2)
}
