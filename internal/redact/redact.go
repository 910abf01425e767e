// Package redact takes secrets out of text before it leaves the process: known token shapes,
// values whose names say that they are secret, patterns of the configuration and the known
// values of a task's own environment.
package redact

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// Mask is what stands where a secret stood.
const Mask = "[redacted]"

// mask keeps the line breaks of what it hides, so that lines can be told apart afterwards.
func mask(secret string) string { return Mask + strings.Repeat("\n", strings.Count(secret, "\n")) }

// shortest is the length below which a known value is left alone: masking every "on" or "5432"
// would make a log unreadable and hide nothing.
const shortest = 6

// Redactor finds secrets. Make one with New; it may be used side by side.
type Redactor struct {
	whole []*regexp.Regexp // the match is the secret
	named *regexp.Regexp   // name, separator, secret
}

// New makes a redactor with the built-in patterns and those of the configuration.
func New(patterns []string) (*Redactor, error) {
	redactor := &Redactor{named: regexp.MustCompile(namedSecret)}
	for _, builtIn := range shapes() {
		redactor.whole = append(redactor.whole, regexp.MustCompile(builtIn))
	}
	for _, pattern := range patterns {
		expression, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("redact: %w", err)
		}
		redactor.whole = append(redactor.whole, expression)
	}
	return redactor, nil
}

// namedSecret is a key whose name says secret, and its value: key=value, "key": "value",
// key: value, in logs, JSON, URLs and headers.
//
//nolint:gosec // a pattern, not a credential
const namedSecret = `(?i)([a-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth[_-]?key|session[_-]?id|cookie)[a-z0-9_-]*(?:\\*["'])?[ \t]*(?:=>|[:=])[ \t]*)(\\*"(?:[^"\\\n]|\\[^"\n])*\\*"|'[^'\n]*'|(?:bearer|basic)[ \t]+[^\s"',;&)}\]]+|[^\s"',;&)}\]]+)`

// shapes are secrets that are known by their form alone.
func shapes() []string {
	return []string{
		`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
		`\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b`,                                   // AWS key IDs
		`\bxox[abeoprs]-[0-9A-Za-z-]{10,}|\bxapp-[0-9A-Za-z-]{10,}`,                 // Slack
		`\bgh[opsur]_[0-9A-Za-z]{20,}|\bgithub_pat_[0-9A-Za-z_]{20,}`,               // GitHub
		`\bglpat-[0-9A-Za-z_-]{16,}`,                                                // GitLab
		`\b[rs]k_(?:live|test)_[0-9A-Za-z]{10,}`,                                    // Stripe
		`\bsk-[0-9A-Za-z_-]{20,}`,                                                   // OpenAI and its like
		`\bAIza[0-9A-Za-z_-]{35}`,                                                   // Google
		`\bnpm_[0-9A-Za-z]{30,}`,                                                    // npm
		`\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*`,              // JSON web tokens
		`\b(?i:bearer|basic)\s+[0-9A-Za-z._~+/=-]{12,}`,                             // authorization headers
		`https://hooks\.slack\.com/(?:services|workflows|commands)/[0-9A-Za-z/_-]+`, // bearer capabilities
	}
}

// Redact masks what is secret in a text, known values among it, and counts the masks.
func (r *Redactor) Redact(text string, known []string) (clean string, count int) {
	known = append([]string(nil), known...)
	sort.Slice(known, func(a, b int) bool { return len(known[a]) > len(known[b]) })
	for _, value := range known {
		if len(value) >= shortest {
			count += strings.Count(text, value)
			text = strings.ReplaceAll(text, value, mask(value))
		}
	}
	for _, expression := range r.whole {
		text = expression.ReplaceAllStringFunc(text, func(found string) string { count++; return mask(found) })
	}
	text = credentials(text, &count)
	text = r.named.ReplaceAllStringFunc(text, func(found string) string {
		parts := r.named.FindStringSubmatch(found)
		if strings.Contains(parts[2], Mask) {
			return found
		}
		count++
		quote := parts[2][:len(parts[2])-len(strings.TrimLeft(parts[2], "\\\"'"))]
		return parts[1] + quote + Mask + quote
	})
	return text, count
}

// credentials masks the password of a URL: scheme://user:password@host.
func credentials(text string, count *int) string {
	var clean strings.Builder
	for {
		scheme := strings.Index(text, "://")
		if scheme < 0 {
			break
		}
		rest := text[scheme+3:]
		end := strings.IndexAny(rest, "/ \t\n\"'<>")
		if end < 0 {
			end = len(rest)
		}
		at := strings.LastIndex(rest[:end], "@")
		colon := strings.Index(rest[:max(at, 0)], ":")
		clean.WriteString(text[:scheme+3])
		if at > 0 && colon >= 0 && colon < at-1 {
			*count++
			clean.WriteString(rest[:colon+1] + Mask)
			rest = rest[at:]
		}
		text = rest
	}
	clean.WriteString(text)
	return clean.String()
}
