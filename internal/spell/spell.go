// Package spell finds the most likely name for a misspelt one.
package spell

import (
	"iter"
	"strings"
)

// Nearest returns the candidate with the fewest edits to word, or "" when none is near. At most a third of the letters may differ, but one
// may always differ. When several candidates are equally near, the first is returned, so the answer is the same in each run.
func Nearest(word string, candidates iter.Seq[string]) string {
	limit := max(1, len(word)/3)
	best := ""
	for c := range candidates {
		if abs(len(c)-len(word)) > limit || c == "" {
			continue
		}
		if strings.EqualFold(c, word) && c != word {
			return c
		}
		if d := distance(word, c, limit); d <= limit {
			best, limit = c, d-1
		}
		if limit < 0 {
			break
		}
	}
	return best
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours (optimal string alignment) that turn a into b. It returns limit+1 when there are more than limit.
func distance(a, b string, limit int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
