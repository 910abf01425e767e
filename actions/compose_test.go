package actions

import (
	"reflect"
	"strings"
	"testing"
)

// equal says whether two parsed commands are the same in everything that was said.
func equal(one, other parsed) bool {
	return one.action == other.action && reflect.DeepEqual(one.values, other.values) && reflect.DeepEqual(one.services, other.services) &&
		one.environment == other.environment && one.service == other.service && one.reason == other.reason &&
		one.share == other.share && one.preview == other.preview && one.breakGlass == other.breakGlass && one.everywhere == other.everywhere
}

// formCatalog has an action of every kind of parameter.
func formCatalog(t *testing.T) *Catalog {
	t.Helper()
	rest, all, every := Rest("command", "what to run", "env"), Switch("all", "everywhere"), Switch("every", "every service")
	catalog, err := NewCatalog([]Action{
		{Name: "look", Parameters: []Parameter{Environment(), Service(), Word("first", "a word", "a", PlainText).Optional(), Word("second", "a word", "b", PlainText).Optional(), Count("lines", "how many", 1, 9), Switch("loud", "loudly")}, Run: nothing},
		{Name: "do", Changes: true, AWS: []string{"ecs:UpdateService"}, Parameters: []Parameter{Environment(), Services(), every}, Bulk: every, Plan: noPlan, Run: nothing},
		{Name: "go", Changes: true, Parameters: []Parameter{Environment(), Service(), rest}, Rest: rest, RestAction: "go-command", Run: nothing},
		{Name: "wait", Changes: true, Free: true, Parameters: []Parameter{Environment(), Service().Optional(), Word("for", "how long", "2h", ParseDuration), Word("why", "why", "x", PlainText).Optional(), all}, All: all, AllAction: "wait-all", Run: nothing},
		{Name: "find", Open: true, Parameters: []Parameter{Environment().AsFlag(), Flag("text", "which", "x", PlainText)}, Run: nothing},
	})
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func TestAFormMeansWhatTheTextMeans(t *testing.T) {
	catalog := formCatalog(t)
	for _, test := range []struct {
		action string
		fields map[string]string
		text   string
	}{
		{"find", map[string]string{}, "find"},
		{"look", map[string]string{"environment": "staging", "service": "one/api", "lines": "3", "loud": "yes", "share": "yes"}, "look staging one/api --lines 3 --loud --share"},
		{"look", map[string]string{"environment": "staging", "service": "api", "first": `it's "so"`}, `look staging api 'it'"'"'s "so"'`},
		{"look", map[string]string{"environment": "staging", "service": "api", "nonsense": "--share", "all": "yes"}, "look staging api"},
		{"do", map[string]string{"environment": "staging", "service": "api"}, "do staging api"},
		{"do", map[string]string{"environment": "staging", "service": "api,worker", "reason": "two\nlines — “said” -- 'so' "}, `do staging api worker --reason "two lines -- "'"'"said"'"'" -- 'so'"`},
		{"do", map[string]string{"environment": "staging", "every": "yes"}, "do staging --every"},
		{"do", map[string]string{"environment": "staging", "service": "api", "plan": "yes"}, "do staging api --plan"},
		{"go", map[string]string{"environment": "staging", "service": "api", "command": "sh -c 'echo — “x”  y'", "reason": "r"}, "go staging api --reason r -- sh -c 'echo — “x”  y'"},
		{"wait", map[string]string{"environment": "staging", "for": "2h", "why": "load test"}, `wait staging 2h "load test"`},
		{"wait", map[string]string{"environment": "staging", "for": "2h", "all": "yes"}, "wait staging 2h"},
		{"find", map[string]string{"environment": "staging", "text": "--share"}, "find --environment staging --text=--share"},
	} {
		composed, err := catalog.Compose(test.action, test.fields)
		if err != nil {
			t.Errorf("%v: %v", test.fields, err)
			continue
		}
		if same, err := catalog.Same(composed, test.text); err != nil || !same {
			t.Errorf("%v is %s, want what %s means (%v)", test.fields, composed, test.text, err)
		}
	}
}

// Whoever forges a form says no more by it than by a text, and nothing in a place of its own.
func TestAFieldStaysInItsPlace(t *testing.T) {
	catalog := formCatalog(t)
	for _, test := range []struct {
		action, field string
		fields        map[string]string
	}{
		{"look", "environment", map[string]string{"environment": "--share"}},
		{"look", "first", map[string]string{"environment": "staging", "service": "api", "first": "—loud"}},
		{"do", "service", map[string]string{"environment": "staging", "service": "api,--every"}},
		{"look", "first", map[string]string{"environment": "staging", "service": "api", "second": "b"}},
		{"look", "service", map[string]string{"environment": "staging", "first": "a"}},
	} {
		composed, wrong := catalog.compose(test.action, test.fields)
		if wrong == nil || wrong.field != test.field {
			t.Errorf("%v is %q, %+v; want a mistake at %s", test.fields, composed, wrong, test.field)
		}
	}
	for _, value := range []string{"a b --share", `" --share "`, `' --share '`, "a\n--share", "a -- b"} {
		composed, wrong := catalog.compose("look", map[string]string{"environment": "staging", "service": "api", "first": value})
		if wrong != nil {
			t.Errorf("%q: %v", value, wrong)
			continue
		}
		command, wrong := catalog.parse(composed)
		if wrong != nil || command.share || command.arguments["first"] != meant(value) {
			t.Errorf("%q became %s: %+v", value, composed, command)
		}
	}
	if text, wrong := catalog.compose("nothing of the kind", nil); wrong != nil || !strings.HasPrefix(text, "nothing") {
		t.Errorf("of an unknown action: %q, %v", text, wrong)
	}
}

func FuzzAFormSaysNothingElse(f *testing.F) {
	f.Add("api", "why — 'so'")
	f.Add("--all", "\" --break-glass \"x")
	catalog, err := NewCatalog([]Action{{
		Name: "do", Changes: true, AWS: []string{"x"}, Run: nothing,
		Parameters: []Parameter{Environment(), Service(), Flag("text", "which", "x", PlainText)},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, service, reason string) {
		text, wrong := catalog.compose("do", map[string]string{"environment": "staging", "service": service, "text": reason, "reason": reason})
		if wrong != nil {
			return
		}
		command, wrong := catalog.parse(text)
		if wrong != nil {
			return
		}
		text, why := command.arguments["text"], command.reason
		if command.breakGlass || command.service != meant(service) || why != cut(meant(reason), longestReason) && why != "" || text != "" && !strings.HasPrefix(meant(reason), strings.TrimSuffix(text, "…")) {
			t.Errorf("%q and %q became %+v", service, reason, command)
		}
	})
}
