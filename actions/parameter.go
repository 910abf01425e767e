package actions

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"ecsbot/authz"
)

// Parameter is one declared parameter of an action: a *Param of some type.
type Parameter interface {
	declaration() Declaration
	read(text string) (any, error)
}

// Declaration is what parsing, usage, help and forms read from a parameter.
type Declaration struct {
	Name     string
	Doc      string
	Example  string
	Kind     ParameterKind
	Optional bool
	IsFlag   bool // stands as --name value, whatever its kind
	Many     bool // a service of which several may be named
	IsUser   bool // the value is somebody in Slack

	offers func(*authz.Policy, authz.Person) []string
}

// ParameterKind says where a parameter stands in the text.
type ParameterKind int

// The kinds of parameters.
const (
	WordKind        ParameterKind = iota // one word, by position
	EnvironmentKind                      // the environment, by position
	ServiceKind                          // the service, by position
	ActionKind                           // the name of an action, by position
	FlagKind                             // --name value
	SwitchKind                           // --name
	RestKind                             // everything after a lone --
)

// Param is a typed parameter. It is declared as a variable, listed in Action.Parameters and
// read with Of.
type Param[T any] struct {
	Declaration
	parse func(string) (T, error)
}

// Of is the parameter's value in a call; the zero value where it was not given.
func (p *Param[T]) Of(call Call) T {
	value, _ := call.values[p].(T)
	return value
}

func (p *Param[T]) declaration() Declaration      { return p.Declaration }
func (p *Param[T]) read(text string) (any, error) { return p.parse(text) }

// Optional says that the parameter may be left out.
func (p *Param[T]) Optional() *Param[T] {
	p.Declaration.Optional = true
	return p
}

// AsFlag says that the parameter may be left out, and stands as --name value.
func (p *Param[T]) AsFlag() *Param[T] {
	p.Declaration.Optional, p.IsFlag = true, true
	return p
}

// ForUser says that the value is somebody in Slack.
func (p *Param[T]) ForUser() *Param[T] {
	p.IsUser = true
	return p
}

// From says which values there are for somebody, for where they are chosen and not typed.
func (p *Param[T]) From(offers func(*authz.Policy, authz.Person) []string) *Param[T] {
	p.offers = offers
	return p
}

// isNamed says whether the parameter stands behind its name and not by position.
func (d Declaration) isNamed() bool {
	return d.IsFlag || d.Kind == FlagKind || d.Kind == SwitchKind || d.Kind == RestKind
}

// PlainText reads a word as it is.
func PlainText(text string) (string, error) { return text, nil }

// Environment declares the environment that the action is about.
func Environment() *Param[string] {
	return &Param[string]{Declaration{Name: "environment", Doc: "the environment", Example: "staging", Kind: EnvironmentKind}, PlainText}
}

// Service declares the service that the action is about.
func Service() *Param[string] {
	return &Param[string]{Declaration{Name: "service", Doc: "the service, or cluster/service", Example: "api", Kind: ServiceKind}, PlainText}
}

// Services declares the service that the action is about, of which several may be named at once.
func Services() *Param[string] {
	param := Service()
	param.Many = true
	return param
}

// ActionName declares a parameter that names an action.
func ActionName() *Param[string] {
	return &Param[string]{Declaration{Name: "action", Doc: "the action", Example: "restart", Kind: ActionKind}, PlainText}
}

// Word declares a word by position, read by its own function.
func Word[T any](name, doc, example string, parse func(string) (T, error)) *Param[T] {
	return &Param[T]{Declaration{Name: name, Doc: doc, Example: example, Kind: WordKind}, parse}
}

// Count declares a flag that takes a whole number from least to most.
func Count(name, doc string, least, most int) *Param[int] {
	return &Param[int]{Declaration{Name: name, Doc: doc, Example: strconv.Itoa(least), Kind: FlagKind, Optional: true}, func(text string) (int, error) {
		count, err := strconv.Atoi(text)
		if err != nil || count < least || count > most || strings.HasPrefix(text, "+") {
			return 0, fmt.Errorf("--%s takes a whole number from %d to %d", name, least, most)
		}
		return count, nil
	}}
}

// Duration declares a flag that takes a duration such as 5s, 30m, 2h or 7d.
func Duration(name, doc string, most time.Duration) *Param[time.Duration] {
	return &Param[time.Duration]{Declaration{Name: name, Doc: doc, Example: "15m", Kind: FlagKind, Optional: true}, func(text string) (time.Duration, error) {
		duration, err := ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("--%s takes %w", name, err)
		}
		if duration > most {
			return 0, fmt.Errorf("--%s takes at most %s", name, DurationText(most))
		}
		return duration, nil
	}}
}

// Flag declares a flag that takes a word, read by its own function.
func Flag[T any](name, doc, example string, parse func(string) (T, error)) *Param[T] {
	return &Param[T]{Declaration{Name: name, Doc: doc, Example: example, Kind: FlagKind, Optional: true}, parse}
}

// Rest declares what stands after a lone --: the words of a command, of which nothing is changed.
func Rest(name, doc, example string) *Param[[]string] {
	return &Param[[]string]{Declaration{Name: name, Doc: doc, Example: example, Kind: RestKind, Optional: true}, readWords}
}

// writeWords and readWords keep words in an entry so that nothing of them is lost: in JSON, in
// ASCII.
func writeWords(words []string) string {
	text, _ := json.Marshal(words) // strings can always be written
	var plain strings.Builder
	for _, unit := range utf16.Encode([]rune(string(text))) {
		if unit < 0x7f {
			plain.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&plain, "\\u%04x", unit)
		}
	}
	return plain.String()
}

func readWords(text string) ([]string, error) {
	var words []string
	if err := json.Unmarshal([]byte(text), &words); err != nil {
		return nil, fmt.Errorf("a command that cannot be read: %w", err)
	}
	return words, nil
}

// Switch declares a flag that is given or not.
func Switch(name, doc string) *Param[bool] {
	return &Param[bool]{Declaration{Name: name, Doc: doc, Kind: SwitchKind, Optional: true}, func(string) (bool, error) { return true, nil }}
}

// ParseDuration reads a duration as people and the configuration write it: a whole number
// and one of s, m, h, d.
func ParseDuration(text string) (time.Duration, error) {
	mistake := fmt.Errorf("a duration such as 5s, 30m, 2h or 7d, not %q", text)
	if len(text) < 2 || len(text) > 7 {
		return 0, mistake
	}
	number, unit := text[:len(text)-1], text[len(text)-1]
	for _, digit := range number {
		if digit < '0' || digit > '9' {
			return 0, mistake
		}
	}
	count, err := strconv.Atoi(number)
	if err != nil || count == 0 {
		return 0, mistake
	}
	each, known := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[unit]
	if !known || count > int(longestDuration/each) {
		return 0, mistake
	}
	return time.Duration(count) * each, nil
}

// DurationText writes a duration as people do: 2h, 30m and 1h30m, without a rest of noughts.
func DurationText(length time.Duration) string {
	text := length.String()
	for _, nought := range []string{"0s", "0m"} {
		if shorter := strings.TrimSuffix(text, nought); strings.HasSuffix(shorter, "m") || strings.HasSuffix(shorter, "h") {
			text = shorter
		}
	}
	return text
}

// longestDuration is above everything that anybody may mean, and below what overflows.
const longestDuration = 366 * 24 * time.Hour
