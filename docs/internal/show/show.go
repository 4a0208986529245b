// Package show prints what the chapters of the tutorial show, in lines that fit a page.
package show

import (
	"fmt"
	"strings"
)

// columns is where lines are broken.
const columns = 100

// Error prints an error. Long lines are broken between words, and go on with two more blanks.
func Error(err error) { Text(err.Error()) }

// Text prints a text in the same way. A tab becomes two blanks.
func Text(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.ReplaceAll(line, "\t", "  ")
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		for len(line) > columns {
			at := strings.LastIndexByte(line[:columns], ' ')
			if at <= len(indent)+2 {
				break
			}
			fmt.Println(line[:at])
			line = indent + "  " + line[at+1:]
		}
		fmt.Println(line)
	}
}
