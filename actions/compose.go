package actions

import (
	"strings"
)

// compose writes down what was filled into a form as the command that somebody would have
// typed: from there on it goes the same way, and nothing else is believed of a form. The
// fields are those that the action declares; what else was sent is left out.
func (c *Catalog) compose(name string, fields map[string]string) (string, *mistake) {
	action, known := c.byName[name]
	if !known {
		return name, nil // which the way itself refuses
	}
	words := []string{action.Name}
	rest := ""
	for _, parameter := range action.Parameters {
		declared := parameter.declaration()
		value := meant(fields[declared.Name])
		if parameter == action.All || value == "" {
			continue
		}
		if declared.Kind == RestKind { // of which nothing is changed, and which comes last
			rest = " -- " + fields[declared.Name]
			continue
		}
		for _, each := range several(declared, value) {
			if strings.HasPrefix(each, "-") && !declared.isNamed() {
				return "", &mistake{text: Textf("%v may not begin with a dash.", capital(declared.Name)), action: action, field: declared.Name}
			}
			words = append(words, written(declared, each))
		}
	}
	switch {
	case action.Changes && meant(fields[reasonField]) != "":
		words = append(words, "--"+reasonField+"="+inQuotes(meant(fields[reasonField])))
	case !action.Changes && fields[shareField] != "":
		words = append(words, "--"+shareField)
	}
	if action.Plan != nil && fields[planField] != "" {
		words = append(words, "--"+planField)
	}
	text := strings.Join(words, " ") + rest
	return text, c.holdAgainst(text, fields)
}

// written is one parameter as it is typed.
func written(declared Declaration, value string) string {
	switch {
	case declared.Kind == SwitchKind:
		return "--" + declared.Name
	case declared.isNamed():
		return "--" + declared.Name + "=" + inQuotes(value)
	}
	return inQuotes(value)
}

// meant is a value as a command would have it: on one line, without smart punctuation.
func meant(value string) string {
	return strings.TrimSpace(punctuation().Replace(strings.Map(visible, value)))
}

// severalMark stands between values of a field in which several are chosen. No service has it in its name.
const severalMark = ","

// several are the values of a field, one where only one can be chosen.
func several(declared Declaration, value string) []string {
	if declared.Many {
		return strings.Split(value, severalMark)
	}
	return []string{value}
}

// inQuotes is a value that split reads back as one word.
func inQuotes(value string) string {
	if !strings.ContainsAny(value, " \"'") {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, `"'"'"`) + `"`
}

// holdAgainst finds a field that was left empty before one that was not: its place would be
// taken by the next.
func (c *Catalog) holdAgainst(text string, fields map[string]string) *mistake {
	command, wrong := c.parse(text)
	if wrong != nil { // which the way itself says
		return nil
	}
	for _, parameter := range command.action.Parameters {
		declared := parameter.declaration()
		if _, read := command.values[parameter]; read && fields[declared.Name] == "" {
			return &mistake{text: Textf("Fill in the %v as well, or leave empty what comes after it.", declared.Name), action: command.action, field: declared.Name}
		}
	}
	return nil
}
