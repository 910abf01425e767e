package redact

import "strings"

// A line of a private key has 64 characters (RFC 7468, 2), 70 where OpenSSH writes it, and 76 of
// base64 at most (RFC 2045, 6.8). Some blanks may stand around it.
const (
	keyLineLeast = 64
	keyLineMost  = 76
	keyLineWide  = keyLineMost + 24
)

// hideKeyLine hides a line that is nothing but base64, as a private key has that was written
// line by line. By its first line it would be recognised whole; that line may not be there.
func hideKeyLine(text string) (string, int) {
	if !isKeyLine(text) {
		return text, 0
	}
	return Mask, 1
}

// isKeyLine ends at the first character of nearly every line that is none.
func isKeyLine(line string) bool {
	return len(line) >= keyLineLeast && len(line) <= keyLineWide && isOfKey(strings.TrimSpace(line))
}

// isOfKey wants upper case too: hashes have none.
func isOfKey(text string) bool {
	if len(text) < keyLineLeast || len(text) > keyLineMost {
		return false
	}
	var hasUpper, hasLower, hasDigit bool
	for _, char := range text {
		switch {
		case char >= 'A' && char <= 'Z':
			hasUpper = true
		case char >= 'a' && char <= 'z':
			hasLower = true
		case char >= '0' && char <= '9':
			hasDigit = true
		case char != '+' && char != '/' && char != '=':
			return false
		}
	}
	return hasUpper && hasLower && hasDigit
}
