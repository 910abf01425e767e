package redact

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// wordsOf are all that a part can match, in lower case, where these are few and ASCII.
func wordsOf(part *syntax.Regexp) (all []string, isFew bool) {
	switch part.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	case syntax.OpLiteral:
		return literal(part.Rune)
	case syntax.OpCharClass:
		return characters(part.Rune)
	case syntax.OpCapture:
		return wordsOf(part.Sub[0])
	case syntax.OpQuest:
		all, isFew = wordsOf(part.Sub[0])
		return distinct(append(all, "")), isFew
	case syntax.OpConcat:
		return inARow(part.Sub)
	case syntax.OpAlternate:
		for _, each := range part.Sub {
			more, isFew := wordsOf(each)
			if all = distinct(append(all, more...)); !isFew || len(all) > longestAtoms {
				return nil, false
			}
		}
		return all, true
	default:
		return nil, false
	}
}

// inARow are the words of parts that follow each other.
func inARow(parts []*syntax.Regexp) (all []string, isFew bool) {
	all = []string{""}
	for _, each := range parts {
		more, isFew := wordsOf(each)
		longer, fits := joined(all, more)
		if !isFew || !fits {
			return nil, false
		}
		all = longer
	}
	return all, true
}

// joined are all words of one kind with all of another behind them, if these are not too many.
func joined(before, behind []string) (all []string, fits bool) {
	if len(before)*len(behind) > longestAtoms {
		return nil, false
	}
	for _, first := range before {
		for _, second := range behind {
			all = append(all, first+second)
		}
	}
	return distinct(all), true
}

// literal is one word; none where a letter is not ASCII, since folding is simple only there.
func literal(runes []rune) (all []string, isFew bool) {
	for _, char := range runes {
		if char >= 0x80 {
			return nil, false
		}
	}
	return []string{strings.ToLower(string(runes))}, true
}

// characters are the words of a class: what the two characters beyond ASCII fold to is in it
// too where case does not count.
func characters(ranges []rune) (all []string, isFew bool) {
	for at := 0; at < len(ranges); at += 2 {
		for char := ranges[at]; char <= ranges[at+1]; char++ {
			if foldsToASCII(string(char)) {
				continue
			}
			if char >= 0x80 || len(all) > 2*widestClass {
				return nil, false
			}
			all = append(all, strings.ToLower(string(char)))
		}
	}
	all = distinct(all)
	return all, len(all) <= widestClass
}

func distinct(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// literals are atoms of words.
func literals(all []string) (atoms []atom) {
	for _, each := range all {
		atoms = append(atoms, atom{literal: each})
	}
	return atoms
}
