package redact

import "strings"

// namedSecret is a key whose name says secret, from where it does, and its value: key=value,
// "key": "value", key: value and --key value, in logs, JSON, URLs and headers. A list or an
// object with quoted words in it is a value as a whole.
//
//nolint:gosec // a pattern, not a credential
const namedSecret = `(?i)((?:passwo?r?d|passphrase|pwd|secret|token|api[_-]?key|app[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|license[_-]?key|credential|auth[_-]?key|session[_-]?id|sessionid|cookie|signature|authorization|bearer|connection[_-]?string|webhook[_-]?url|(?:[?&;]|\bshared)(?:sig|sas|code|auth|key))[a-z0-9_-]*(?:\\*["'])?(?:[ \t]*(?:=>|:=|[:=])[ \t]*|[ \t]+))(\\*"(?:[^"\\\n]|\\[^"\n])*\\*"|'[^'\n]*'|(?:bearer|basic|token|apikey|digest|negotiate|aws4-hmac-sha256)[ \t]+[^\s"',;&)}\]]+|\[[ \t]*\\*["'][^\n]*?["'][ \t]*\]|\[[ \t]*\\*["'][^\]\n]*\]?|\{[ \t]*\\*["'][^}\n]*\}?|[^\s"',;&)}\]]+)`

// harmless are the ends of names that say something about a secret and are none, and the
// values that are none.
const (
	harmlessName  = `(?i)(?:tokens|[_-](?:count|id|ids|name|names|type|arn|ttl|exp|expiry|expires|expires[_-]in|expired|length|len|size|policy|age|used|limit|limits|status|state|valid|version|versions|file|path|dir|host|port|enabled|required|changed|created|updated|error|errors|reset|at|rotation|rotated|bucket|manager|scope|scopes|endpoint|issuer|format|hint|field|column|attempts|source|kind|algorithm|domain|consent|refresh[_-]interval|seconds|ms|days))["'\\]*$|(?:Count|Id|Name|Type|Arn|TTL|Expiry|ExpiresIn|ExpiresAt|Length|Policy|Age|Limit|Status|Version|File|Path|Enabled|Required|Changed|Reset|Attempts|Scope)["'\\]*$`
	harmlessValue = `(?i)^(?:true|false|null|nil|none|undefined|unset|empty|missing|invalid|expired|required|present|absent|ok|yes|no|on|off|changed|rotated|valid|unknown|denied|n/a|-+|\*+|x{3,}|<[a-z _-]*>|\$\{?[a-z_][a-z0-9_.]*\}?|%[a-z]|\{+[a-z_ .]*\}*|\[+\]*|\[redacted\]?|\(.*)$`
)

func (r *Redactor) hideNamed(text string) (string, int) {
	var clean strings.Builder
	done, count := 0, 0 // of the text, in clean
	for from := 0; ; {
		rest := text[from:]
		at := r.nextNamed(rest)
		if at == nil {
			break
		}
		name, value := rest[beginOfName(rest[:at[0]]):at[3]], rest[at[4]:at[5]]
		if strings.Contains(value, strings.TrimSuffix(Mask, "]")) || r.isHarmless(name, value) {
			from += at[3] // what follows may be a name itself: "invalid token password=…"
			continue
		}
		quote := value[:len(value)-len(strings.TrimLeft(value, "\\\"'"))]
		clean.WriteString(text[done:from+at[4]] + quote + Mask + quote)
		done, count = from+at[5], count+1
		from = done
	}
	if count == 0 {
		return text, 0
	}
	clean.WriteString(text[done:])
	return clean.String(), count
}

// nextNamed is where a name and its secret are, and the two of them: like
// FindStringSubmatchIndex, which takes its time with what comes before.
func (r *Redactor) nextNamed(text string) []int {
	first := r.names.first(text)
	if first < 0 {
		return nil
	}
	at := r.named.FindStringSubmatchIndex(text[first:])
	for number := range at {
		at[number] += first
	}
	return at
}

// beginOfName is where the name begins that goes on behind a text.
func beginOfName(text string) int {
	begin := len(text)
	for begin > 0 && (isTokenByte(text[begin-1]) || text[begin-1] == '.') {
		begin--
	}
	return begin
}

// isHarmless knows what only looks like a name and its secret. Without a sign between the two
// it is a sentence, unless the name is a flag or the value cannot be a word.
func (r *Redactor) isHarmless(name, value string) bool {
	sign := strings.TrimRight(name, " \t")
	bare := strings.Trim(value, "\\\"'")
	key := strings.TrimRight(sign, " \t=:>")
	if bare == "" || r.value.MatchString(bare) || r.name.MatchString(key) && !strings.Contains(strings.ToLower(key), "session") {
		return true
	}
	if strings.HasSuffix(sign, "=") || strings.HasSuffix(sign, ":") || strings.HasSuffix(sign, ">") {
		return false
	}
	return !strings.HasPrefix(name, "-") && (!isNoWord(bare) || strings.Contains(bare, "="))
}

// isNoWord says whether a text mixes letters and digits as no word of a language does.
func isNoWord(text string) bool {
	letters := strings.ContainsFunc(text, func(char rune) bool { return char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' })
	return letters && len(text) >= 8 && strings.ContainsAny(text, "0123456789")
}
