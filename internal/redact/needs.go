package redact

import (
	"regexp/syntax"
	"strings"
)

// atom is something that a text must have before an expression can match in it: a literal in
// lower case, or so many characters of a token in a row.
type atom struct {
	literal string
	run     int
}

// How much an atom rules out: a literal by its length, a long run more than two letters and
// less than three. Paths and addresses are no runs.
const (
	shortestRun  = 16
	worthOfRun   = 5
	worthOfByte  = 2
	worthEnough  = 4
	tokenOthers  = "_-"
	longestAtoms = 128 // of one expression
	widestClass  = 8   // characters, to be written out
)

func (a atom) worth() int {
	if a.run > 0 {
		return worthOfRun
	}
	return len(a.literal) * worthOfByte
}

// needs are atoms of which a text must have one; none where nothing can be said. They are
// read from the expression itself, so that no list beside it can be wrong.
func needs(expression string) []atom {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	found := atomsOf(parsed)
	if worth(found) < worthEnough {
		return nil
	}
	return found
}

// worth is that of the weakest one.
func worth(atoms []atom) int {
	if len(atoms) == 0 || len(atoms) > longestAtoms {
		return 0
	}
	least := atoms[0].worth()
	for _, each := range atoms[1:] {
		least = min(least, each.worth())
	}
	return least
}

func atomsOf(part *syntax.Regexp) []atom {
	if all, isFew := wordsOf(part); isFew {
		return literals(all)
	}
	switch part.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return atomsOf(part.Sub[0])
	case syntax.OpRepeat:
		return repeated(part)
	case syntax.OpConcat:
		return bestOf(part.Sub)
	case syntax.OpAlternate:
		return anyOf(part.Sub)
	default:
		return nil
	}
}

// bestOf is the best of what parts in a row need; parts that are words are taken together.
func bestOf(parts []*syntax.Regexp) (best []atom) {
	consider := func(found []atom) {
		if worth(found) > worth(best) {
			best = found
		}
	}
	row := []string{""}
	for _, each := range parts {
		all, isFew := wordsOf(each)
		longer, fits := joined(row, all)
		switch {
		case isFew && fits:
			row = longer
			continue
		case isFew:
			consider(literals(row))
			row = all
			continue
		}
		consider(literals(row))
		consider(atomsOf(each))
		row = []string{""}
	}
	consider(literals(row))
	return best
}

// anyOf needs what each of the alternatives needs; one that needs nothing spoils it.
func anyOf(alternatives []*syntax.Regexp) (all []atom) {
	for _, each := range alternatives {
		found := atomsOf(each)
		if len(found) == 0 {
			return nil
		}
		all = append(all, found...)
	}
	return all
}

func repeated(part *syntax.Regexp) []atom {
	switch {
	case part.Min == 0:
		return nil
	case part.Min >= shortestRun && isToken(part.Sub[0]):
		return []atom{{run: part.Min}}
	}
	return atomsOf(part.Sub[0])
}

// isToken says whether a part is one character of those of which tokens are made.
func isToken(part *syntax.Regexp) bool {
	if part.Op != syntax.OpCharClass {
		return false
	}
	for at := 0; at < len(part.Rune); at += 2 {
		for char := part.Rune[at]; char <= part.Rune[at+1]; char++ {
			if char >= 0x80 || !isTokenByte(byte(char)) { //nolint:gosec // it is below 0x80
				return false
			}
		}
	}
	return true
}

func isTokenByte(char byte) bool {
	return char >= '0' && char <= '9' || char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || strings.IndexByte(tokenOthers, char) >= 0
}

// crosses says whether a match may go over a line's end, or depends on where the text ends.
func crosses(expression string) bool {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	return err != nil || mayCross(parsed)
}

func mayCross(part *syntax.Regexp) bool {
	switch part.Op {
	case syntax.OpAnyChar, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpEmptyMatch:
		return true
	case syntax.OpLiteral:
		return strings.ContainsRune(string(part.Rune), '\n')
	case syntax.OpCharClass:
		for at := 0; at < len(part.Rune); at += 2 {
			if part.Rune[at] <= '\n' && part.Rune[at+1] >= '\n' {
				return true
			}
		}
	default: // what has parts is as they are
	}
	for _, each := range part.Sub {
		if mayCross(each) {
			return true
		}
	}
	return false
}
