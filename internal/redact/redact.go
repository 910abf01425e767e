// Package redact takes secrets out of text before it leaves the process: known token shapes,
// values whose names say that they are secret, patterns of the configuration and the known
// values of a task's own environment.
package redact

import (
	"fmt"
	"regexp"
	"slices"
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
	maskers []masker
	scan    scanner
	names   scanner        // of named alone: what each match begins with
	named   *regexp.Regexp // name with its sign, secret
	name    *regexp.Regexp // of what is no secret
	value   *regexp.Regexp // that is none
}

// masker hides one kind of secret in a text and counts what it hid.
type masker struct {
	hide    func(text string) (string, int)
	crosses bool // a secret may go over several lines
}

// New makes a redactor with the built-in patterns and those of the configuration.
func New(patterns []string) (*Redactor, error) {
	redactor := &Redactor{scan: newScanner(), names: newScanner(), named: regexp.MustCompile(namedSecret), name: regexp.MustCompile(harmlessName), value: regexp.MustCompile(harmlessValue)}
	redactor.names.add(0, needs(namedSecret))
	redactor.scan.keyLine = 1 << len(redactor.maskers)
	redactor.maskers = append(redactor.maskers, masker{hide: hideKeyLine})
	for _, builtIn := range shapes() {
		redactor.add(builtIn, hideWhole(regexp.MustCompile(builtIn)))
	}
	for _, pattern := range patterns {
		expression, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("redact: %w", err)
		}
		redactor.add(pattern, hideWhole(expression))
	}
	redactor.add(authorization, hideHeader(regexp.MustCompile(authorization)))
	redactor.add("://", credentials)
	redactor.add(namedSecret, redactor.hideNamed)
	return redactor, nil
}

// add puts a masker behind the others. Beyond as many as the scanner has bits for, each is
// run always.
func (r *Redactor) add(expression string, hide func(string) (string, int)) {
	if number := len(r.maskers); number < mostScanned {
		r.scan.add(number, needs(expression))
	} else {
		r.scan.isOverfull = true
	}
	r.maskers = append(r.maskers, masker{hide, crosses(expression)})
}

// authorization is the header's value without its name.
const authorization = `\b(?i:bearer|basic)[ \t]+[0-9A-Za-z._~+/-]{12,}={0,2}`

// shapes are secrets that are known by their form alone.
func shapes() []string {
	return []string{
		`-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)`,
		`(?:[0-9A-Za-z+/=]{16,}\s+)+(?:[0-9A-Za-z+/=]+\s+)?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----`,            // whose beginning was read before
		`\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*|\beyJ[0-9A-Za-z_-]{16,}(?:\.[0-9A-Za-z_-]*){4}`, // JSON web tokens
		`\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[0-9A-Z]{16}\b`,                                                           // AWS key IDs
		`\bxox[abeoprs](?:\.xox[bp])?-[0-9A-Za-z-]{10,}|\bxapp-[0-9A-Za-z-]{10,}`,                                     // Slack
		`\bgh[opsur]_[0-9A-Za-z]{20,}|\bgithub_pat_[0-9A-Za-z_]{20,}`,                                                 // GitHub
		`\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[0-9A-Za-z_.-]{16,}`,                                             // GitLab
		`\b[rsp]k_(?:live|test|prod)_[0-9A-Za-z]{10,}|\bwhsec_[0-9A-Za-z+/=]{16,}`,                                    // Stripe
		`\bsk-[0-9A-Za-z_-]{20,}`, // OpenAI and its like
		`\bAIza[0-9A-Za-z_-]{30,}|\bGOCSPX-[0-9A-Za-z_-]{20,}|\bya29\.[0-9A-Za-z_-]{20,}|\b1//0[0-9A-Za-z_-]{30,}`,                                                                                                                     // Google
		`\bnpm_[0-9A-Za-z]{30,}|\bpypi-[0-9A-Za-z_-]{40,}|\bdckr_(?:pat|oat)_[0-9A-Za-z_-]{20,}|\bcio[0-9A-Za-z]{32}\b|\brubygems_[0-9a-f]{40,}`,                                                                                       // package registries
		`\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}|\bkey-[0-9a-f]{32}\b|\b[0-9a-f]{32}-us\d{1,2}\b|\bSK[0-9a-f]{32}\b|\bxkeysib-[0-9a-f]{40,}`,                                                                                      // mail and messages
		`\bsq0(?:atp|csp|idp)-[0-9A-Za-z_-]{20,}|\bshp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}\b|\bEAAA[0-9A-Za-z_-]{50,}`,                                                                                                                      // shops
		`\bdo[opr]_v1_[0-9a-f]{40,}|\bHRKU-[0-9A-Za-z_-]{30,}|\bhv[sbr]\.[0-9A-Za-z_-]{20,}|\b[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_-]{40,}|\bfo1_[0-9A-Za-z_-]{30,}|\bFlyV1 [0-9A-Za-z+/=_,-]{30,}`,                                    // hosts
		`\bdapi[0-9a-f]{32}\b|\bNRAK-[0-9A-Z]{20,}|\bsntry[su]_[0-9A-Za-z_=+/-]{30,}|\bglsa_[0-9A-Za-z]{30,}|\bglc_[0-9A-Za-z+/=]{30,}|\bPMAK-[0-9a-f-]{40,}|\bdd[ap]i?_[0-9A-Za-z]{32,}`,                                              // data and monitoring
		`\blin_(?:api|oauth)_[0-9A-Za-z]{30,}|\bntn_[0-9A-Za-z]{30,}|\bsecret_[0-9A-Za-z]{40,}|\bpat[0-9A-Za-z]{14}\.[0-9a-f]{60,}|\bATATT3x[0-9A-Za-z_=-]{40,}|\bATBB[0-9A-Za-z]{28,}|\bfigd_[0-9A-Za-z_-]{30,}|\bdop_[0-9a-z_]{30,}`, // offices
		`\b[MNO][0-9A-Za-z_-]{23,27}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,}|\b\d{8,10}:AA[0-9A-Za-z_-]{32,}`,                                                                                                                            // Discord, Telegram
		`\bAGE-SECRET-KEY-1[0-9A-Z]{50,}|\bhf_[0-9A-Za-z]{30,}|\bgsk_[0-9A-Za-z]{40,}|\br8_[0-9A-Za-z]{30,}|\bpplx-[0-9a-zA-Z]{40,}|\bxai-[0-9A-Za-z]{40,}`,                                                                            // age, models
		`https://(?:hooks\.slack\.com/(?:services|workflows|commands)|discord(?:app)?\.com/api/webhooks|outlook\.office\.com/webhook)/[0-9A-Za-z@/_-]+`,                                                                                // bearer capabilities
	}
}

// Redact masks what is secret in a text, known values among it, and counts the masks.
func (r *Redactor) Redact(text string, known []string) (clean string, count int) {
	text, count = hideKnown(text, known)
	lines := r.scan.lines(text)
	if len(lines) == 0 {
		return text, count
	}
	clean, hidden := r.across(text, lines)
	if hidden > 0 {
		lines = r.scan.lines(clean)
	}
	clean, more := r.within(clean, lines)
	return clean, count + hidden + more
}

// hideKnown hides known values, the longest first: a shorter one may be a part of it.
func hideKnown(text string, known []string) (clean string, count int) {
	if len(known) > 1 {
		known = slices.SortedFunc(slices.Values(known), func(a, b string) int { return len(b) - len(a) })
	}
	for _, value := range known {
		if len(value) < shortest {
			continue
		}
		if times := strings.Count(text, value); times > 0 {
			text, count = strings.ReplaceAll(text, value, mask(value)), count+times
		}
	}
	return text, count
}

// across hides what may go over several lines.
func (r *Redactor) across(text string, lines []line) (clean string, count int) {
	var wanted uint64
	for _, each := range lines {
		wanted |= each.wanted
	}
	for number, each := range r.maskers {
		if each.crosses && isWanted(number, wanted) {
			hidden := 0
			text, hidden = each.hide(text)
			count += hidden
		}
	}
	return text, count
}

func isWanted(number int, wanted uint64) bool {
	return number >= mostScanned || wanted&(1<<number) != 0
}

// within hides in each line what can match in it. A text without any is returned as it is.
func (r *Redactor) within(text string, lines []line) (string, int) {
	var clean strings.Builder
	done, count := 0, 0 // of the text, in clean
	for _, each := range lines {
		if hidden, many := r.inLine(text[each.begin:each.end], each.wanted); many > 0 {
			clean.WriteString(text[done:each.begin])
			clean.WriteString(hidden)
			done, count = each.end, count+many
		}
	}
	if count == 0 {
		return text, 0
	}
	clean.WriteString(text[done:])
	return clean.String(), count
}

func (r *Redactor) inLine(text string, wanted uint64) (string, int) {
	count := 0
	for number, each := range r.maskers {
		if each.crosses || !isWanted(number, wanted) {
			continue
		}
		hidden := 0
		text, hidden = each.hide(text)
		count += hidden
	}
	return text, count
}

// hideWhole hides whatever an expression matches.
func hideWhole(expression *regexp.Regexp) func(string) (string, int) {
	return func(text string) (string, int) {
		count := 0
		text = expression.ReplaceAllStringFunc(text, func(found string) string { count++; return mask(found) })
		return text, count
	}
}

func hideHeader(expression *regexp.Regexp) func(string) (string, int) {
	return func(text string) (string, int) {
		count := 0
		text = expression.ReplaceAllStringFunc(text, func(found string) string {
			if at := strings.IndexAny(found, " \t"); !isNoWord(found[at+1:]) {
				return found // a sentence
			}
			count++
			return mask(found)
		})
		return text, count
	}
}

// credentials masks the password of a URL: scheme://user:password@host.
func credentials(text string) (string, int) {
	count := 0
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
			count++
			clean.WriteString(rest[:colon+1] + Mask)
			rest = rest[at:]
		}
		text = rest
	}
	clean.WriteString(text)
	return clean.String(), count
}
