package actions_test

import (
	"testing"

	"ecsbot/actions/ops"
)

// Of every action, a form with every field filled in means what the text with the same values
// means.
func TestEveryActionGoesThroughTheForm(t *testing.T) {
	catalog, err := ops.Catalog(ops.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range catalog.Actions() {
		fields, text := map[string]string{}, action.Name
		for _, field := range action.FormFields() {
			fields[field.Name] = field.Value
			text += " " + field.Typed
		}
		composed, err := catalog.Compose(action.Name, fields)
		if err != nil {
			t.Errorf("%s: %v", action.Name, err)
			continue
		}
		if same, err := catalog.Same(composed, text); err != nil || !same {
			t.Errorf("%s is not what %s means (%v)", composed, text, err)
		}
	}
}
