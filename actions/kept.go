package actions

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// keptMark is where an entry has the lines of a plan, so that whoever goes on with the operation
// shows what was planned.
const keptMark = "plan="

// keptMost bounds it, in characters.
const keptMost = 1000

// keptPlan is the lines as an entry keeps them: in one, names between backquotes, times between
// angles, without spaces.
func keptPlan(lines []Text) string {
	var kept strings.Builder
	for _, span := range inOne(lines) {
		value := strings.NewReplacer("`", "'", "<", "(", ">", ")").Replace(span.Value)
		switch span.Kind {
		case Name:
			value = "`" + value + "`"
		case Moment:
			value = "<" + span.Time.UTC().Format(time.RFC3339Nano) + ">"
		case Words, Strong, Person, Group, Channel:
		}
		kept.WriteString(value)
	}
	return keptMark + url.PathEscape(cut(kept.String(), keptMost))
}

// planOf reads the lines back; nil where the entry has none.
func planOf(result string) []Text {
	kept, err := url.PathUnescape(fields(result)["plan"])
	if err != nil || kept == "" {
		return nil
	}
	var line Text
	for _, part := range regexp.MustCompile("`[^`]*`|<[^>]*>|[^`<]+").FindAllString(kept, -1) {
		at, err := time.Parse(time.RFC3339Nano, strings.Trim(part, "<>"))
		switch {
		case part[0] == '`':
			line = append(line, Named(strings.Trim(part, "`")))
		case part[0] == '<' && err == nil:
			line = append(line, MomentSpan(at))
		default:
			line = append(line, Span{Value: part})
		}
	}
	return []Text{line}
}

// withoutPlan is a result without what is kept for recovery alone.
func withoutPlan(result string) string {
	told := slices.DeleteFunc(strings.Split(result, " "), func(field string) bool { return strings.HasPrefix(field, keptMark) })
	return strings.TrimSpace(strings.Join(told, " "))
}
