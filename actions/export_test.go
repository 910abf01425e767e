package actions

import "strings"

// Compose is compose, for tests on the real catalog.
func (c *Catalog) Compose(name string, fields map[string]string) (string, error) {
	text, wrong := c.compose(name, fields)
	if wrong != nil {
		return "", wrong
	}
	return text, nil
}

// Same says whether two commands mean the same.
func (c *Catalog) Same(one, other string) (bool, error) {
	first, wrong := c.parse(one)
	if wrong != nil {
		return false, wrong
	}
	second, wrong := c.parse(other)
	if wrong != nil {
		return false, wrong
	}
	return equal(first, second), nil
}

// FormField is a field as it is filled in, and as it would be typed.
type FormField struct{ Name, Value, Typed string }

// FormFields are all fields of the action's form with the examples of their parameters; what
// stands after -- is last.
func (a *Action) FormFields() []FormField {
	var fields, last []FormField
	for _, parameter := range a.Parameters {
		declared := parameter.declaration()
		switch {
		case parameter == a.All || parameter == a.Bulk:
		case declared.Kind == SwitchKind:
			fields = append(fields, FormField{declared.Name, "yes", "--" + declared.Name})
		case declared.Kind == RestKind:
			last = append(last, FormField{declared.Name, "bin/job --now", "-- bin/job --now"})
		case declared.isNamed():
			fields = append(fields, FormField{declared.Name, example(declared), "--" + declared.Name + " " + example(declared)})
		default:
			fields = append(fields, FormField{declared.Name, strings.Trim(declared.Example, `"`), declared.Example})
		}
	}
	if a.Changes {
		fields = append(fields, FormField{"reason", "why not", `--reason "why not"`})
	} else {
		fields = append(fields, FormField{"share", "yes", "--share"})
	}
	return append(fields, last...)
}

func example(declared Declaration) string {
	if declared.IsUser { // as a form has them
		return "U012AB3CD"
	}
	return declared.Example
}
