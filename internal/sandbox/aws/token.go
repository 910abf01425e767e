package aws

import "encoding/base64"

// writeToken makes a page token that clients cannot read at a glance.
func writeToken(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("v1:" + position))
}

// readToken is the position that a page token stands for.
func readToken(token string) (string, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(decoded) < 3 || string(decoded[:3]) != "v1:" {
		return "", false
	}
	return string(decoded[3:]), true
}
