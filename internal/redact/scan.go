package redact

import "strings"

// scanner says by one look at a text which of many expressions can match in it at all. Almost
// no line of a log has a secret, so that almost no expression is ever run.
type scanner struct {
	pairs  [1 << 10]uint64          // which two bytes a literal begins with
	begins map[uint16][]literalAtom // the literals, by these
	runs   []runAtom
	lower  [256]byte
	token  [256]bool // bytes of which tokens are made
	always uint64    // expressions of which nothing is known
	all    uint64

	keyLine    uint64 // what hides a line of that length
	isOverfull bool   // there are more expressions than bits: each line may have something
}

type literalAtom struct {
	text string
	bits uint64
}

type runAtom struct {
	length int
	bits   uint64
}

// mostScanned is how many expressions have a bit.
const mostScanned = 64

func newScanner() scanner {
	made := scanner{begins: map[uint16][]literalAtom{}}
	for char := range len(made.token) {
		made.lower[char], made.token[char] = lower(byte(char)), isTokenByte(byte(char))
	}
	return made
}

// add makes an expression known by its number.
func (s *scanner) add(number int, atoms []atom) {
	bit := uint64(1) << number
	s.all |= bit
	if len(atoms) == 0 {
		s.always |= bit
	}
	for _, each := range atoms {
		if each.run > 0 {
			s.runs = append(s.runs, runAtom{each.run, bit})
			continue
		}
		pair := uint16(each.literal[0])<<8 | uint16(each.literal[1])
		s.pairs[pair>>6] |= 1 << (pair & 63)
		s.begins[pair] = append(s.begins[pair], literalAtom{each.literal, bit})
	}
}

// line is a line of a text, and the expressions that may match in it, as bits.
type line struct {
	begin, end int
	wanted     uint64
}

// lines are those of a text in which something may match.
func (s *scanner) lines(text string) (found []line) {
	for begin := 0; begin <= len(text); {
		end := len(text)
		if length := strings.IndexByte(text[begin:], '\n'); length >= 0 {
			end = begin + length
		}
		if wanted := s.wanted(text, begin, end); wanted != 0 || s.isOverfull {
			found = append(found, line{begin, end, wanted})
		}
		begin = end + 1
	}
	return found
}

// wanted is what may match in one line of a text, or begin with it and go on behind its end.
func (s *scanner) wanted(text string, begin, end int) uint64 {
	bits, longest, token, before := s.always, 0, begin, byte(0) // token: where the last one began
	if begin > 0 {
		before = '\n'
	}
	for at := begin; at < min(end+1, len(text)); at++ {
		char := s.lower[text[at]]
		if char >= 0x80 && foldsToASCII(text[at:]) {
			bits = s.all
		}
		if !s.token[char] {
			longest, token = max(longest, at-token), at+1
		}
		if pair := uint16(before)<<8 | uint16(char); s.pairs[pair>>6]&(1<<(pair&63)) != 0 {
			bits |= s.literals(pair, text[at-1:])
		}
		before = char
	}
	longest = max(longest, end-token)
	for _, each := range s.runs {
		if longest >= each.length {
			bits |= each.bits
		}
	}
	if isKeyLine(text[begin:end]) {
		bits |= s.keyLine
	}
	return bits
}

// first is where the first literal of any expression may begin, or the byte before it, which
// says whether a word begins there; below 0 where there is none.
func (s *scanner) first(text string) int {
	if strings.Contains(text, "\u017f") || strings.Contains(text, "\u212a") {
		return 0
	}
	before := byte(0)
	for at := range len(text) {
		char := s.lower[text[at]]
		if pair := uint16(before)<<8 | uint16(char); s.pairs[pair>>6]&(1<<(pair&63)) != 0 && s.literals(pair, text[at-1:]) != 0 {
			return max(at-2, 0)
		}
		before = char
	}
	return -1
}

func (s *scanner) literals(pair uint16, text string) (bits uint64) {
	for _, each := range s.begins[pair] {
		if hasFolded(text, each.text) {
			bits |= each.bits
		}
	}
	return bits
}

func hasFolded(text, literal string) bool {
	if len(text) < len(literal) {
		return false
	}
	for at := range len(literal) {
		if lower(text[at]) != literal[at] {
			return false
		}
	}
	return true
}

func lower(char byte) byte {
	if char >= 'A' && char <= 'Z' {
		return char + 'a' - 'A'
	}
	return char
}

// foldsToASCII knows the two characters beyond ASCII that are an s and a k where case does not
// count: U+017F and U+212A.
func foldsToASCII(text string) bool {
	return len(text) > 1 && text[0] == 0xc5 && text[1] == 0xbf || len(text) > 2 && text[0] == 0xe2 && text[1] == 0x84 && text[2] == 0xaa
}
