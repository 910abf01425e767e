package redact

// scanner says by one look at a text which of many expressions can match in it at all. Almost
// no line of a log has a secret, so that almost no expression is ever run.
type scanner struct {
	pairs  [1 << 10]uint64          // which two bytes a literal begins with
	begins map[uint16][]literalAtom // the literals, by these
	runs   []runAtom
	token  [256]bool // bytes of which tokens are made, in lower case
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
		made.token[char] = isTokenByte(byte(char))
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
	current, run, longest, before := line{wanted: s.always}, 0, 0, byte(0)
	end := func(at int) {
		longest = max(longest, run)
		for _, each := range s.runs {
			if longest >= each.length {
				current.wanted |= each.bits
			}
		}
		if isKeyLine(text[current.begin:at]) {
			current.wanted |= s.keyLine
		}
		if current.end = at; current.wanted != 0 || s.isOverfull {
			found = append(found, current)
		}
		current, run, longest = line{begin: at + 1, wanted: s.always}, 0, 0
	}
	for at := range len(text) {
		char := text[at]
		if char >= 0x80 && foldsToASCII(text[at:]) {
			current.wanted = s.all
		}
		if char >= 'A' && char <= 'Z' {
			char += 'a' - 'A'
		}
		if s.token[char] {
			run++
		} else {
			longest, run = max(longest, run), 0
		}
		if pair := uint16(before)<<8 | uint16(char); s.pairs[pair>>6]&(1<<(pair&63)) != 0 {
			current.wanted |= s.literals(pair, text[at-1:])
		}
		before = char
		if char == '\n' {
			end(at)
		}
	}
	end(len(text))
	return found
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
