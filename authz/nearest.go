package authz

import "strings"

// Nearest is the candidate that a person most likely meant by word, or nothing where none is
// within two mistakes (one for words of up to four letters). Mistakes are a letter too many,
// too few, wrong, or swapped with its neighbour (Damerau–Levenshtein, optimal alignment).
func Nearest(word string, candidates []string) string {
	folded := []rune(strings.ToLower(word))
	if len(folded) > 64 {
		return ""
	}
	limit := 2
	if len(folded) <= 4 {
		limit = 1
	}
	best, bestDistance := "", limit+1
	for _, candidate := range candidates {
		if distance := distance(folded, []rune(strings.ToLower(candidate)), limit); distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// distance counts mistakes and gives up above limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	previous, current, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for column := range current {
		current[column] = column
	}
	for row := 1; row <= len(a); row++ {
		next[0] = row
		for column := 1; column <= len(b); column++ {
			cost := 1
			if a[row-1] == b[column-1] {
				cost = 0
			}
			next[column] = min(current[column]+1, next[column-1]+1, current[column-1]+cost)
			if row > 1 && column > 1 && a[row-1] == b[column-2] && a[row-2] == b[column-1] {
				next[column] = min(next[column], previous[column-2]+1)
			}
		}
		previous, current, next = current, next, previous
	}
	return current[len(b)]
}
