package authz

import (
	"strings"
	"testing"
)

func TestWhatCountsAsAMistake(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, test := range []struct {
		sentence, word string
		candidates     []string
		want           string
	}{
		{"one mistake in four letters", "lxgs", []string{"logs"}, "logs"},
		{"two mistakes in four letters are too many", "lxxs", []string{"logs"}, ""},
		{"two mistakes in five letters", "xtxtu", []string{"statu"}, "statu"},
		{"two letters too many at the end", "restartxx", []string{"restart"}, "restart"},
		{"two letters too many at the beginning", "xxrestart", []string{"restart"}, "restart"},
		{"three letters too many", "xrestartxx", []string{"restart"}, ""},
		{"two neighbours swapped are one mistake", "ba", []string{"ab"}, "ab"},
		{"a swap takes both letters", "xa", []string{"ay"}, ""},
		{"a swap takes both letters, the other way", "ax", []string{"ya"}, ""},
		{"the word itself is nearer than a swap", "stop", []string{"sotp", "stop"}, "stop"},
		{"of equally near ones the first", "aqi", []string{"api", "aki"}, "api"},
		{"a word of 64 letters", long + "b", []string{long + "c"}, long + "c"},
		{"a word of more is nobody's", long + "ab", []string{long + "ac"}, ""},
	} {
		if got := Nearest(test.word, test.candidates); got != test.want {
			t.Errorf("%s: nearest to %q is %q", test.sentence, test.word, got)
		}
	}
}

func TestPatternsThatSayMoreThanTheySeemTo(t *testing.T) {
	for _, text := range []string{"", "a?b", "[ab]", "a{b,c}", "!a", `a\*`, "a b", "a\tb"} {
		if patterns, err := parsePatterns([]string{"api", text}); err == nil || patterns != nil {
			t.Errorf("%q reads as %v", text, patterns)
		}
	}
}

func TestWhatIsNotDeclaredCountsAsProtected(t *testing.T) {
	for environment, want := range map[string]bool{"staging": false, "prod": true, "qa": true} {
		if got := company(t).Protected(environment); got != want {
			t.Errorf("%s protected: %v", environment, got)
		}
	}
}

func TestEveryUndeclaredEnvironmentIsNamed(t *testing.T) {
	_, problems := Compile(Rules{
		Environments: []Environment{{Name: "staging"}},
		Grants:       []Grant{{Group: "S0A", Role: "viewer", Environments: []string{"qa", "uat", "staging"}, Line: 1}},
	})
	if len(problems) != 2 {
		t.Errorf("problems: %v", problems)
	}
}

func TestAWordThatIsNothingNearIsToldWhatThereIs(t *testing.T) {
	_, problems := Compile(Rules{
		Environments: []Environment{{Name: "staging"}, {Name: "dev"}},
		Grants:       []Grant{{Group: "S0A", Role: "viewer", Environments: []string{"qqqqqqqq"}, Line: 1}},
	})
	if len(problems) != 1 || problems[0].Text != `grants: environment "qqqqqqqq" is not declared; known: dev staging` {
		t.Errorf("problems: %v", problems)
	}
}

func TestAnEnvironmentThatIsNamedTwiceIsGrantedOnce(t *testing.T) {
	compiled := policy(t, Rules{
		Environments: []Environment{{Name: "staging"}, {Name: "dev"}},
		Grants:       []Grant{{Group: "S0A", Role: "viewer", Environments: []string{"staging", "dev", "staging", Every}}},
	})
	if got := compiled.Holdings(member("S0A")); len(got) != 2 {
		t.Errorf("holdings: %v", got)
	}
}

func TestWhichGroupsGiveOrTakeSomething(t *testing.T) {
	for group, want := range map[string]bool{
		"S0BACKEND": true, "S0LEADS": true, "S0ONCALL": true, "S0LEAVING": true, "S0NOBODY": false, "": false,
	} {
		if got := guarded(t).Watches(group); got != want {
			t.Errorf("watches %q: %v", group, got)
		}
	}
	only := policy(t, Rules{
		Environments: []Environment{{Name: "prod", Approval: Approval{From: []string{"S0A"}}, BreakGlass: []string{"S0B"}}},
		Requestable:  []Requestable{{Group: "S0C", Role: "operator", Environments: []string{"prod"}, Longest: 1}},
		Denials:      []Denial{{Group: "S0D"}},
		Grants:       []Grant{{Group: "S0E", Role: "viewer", Environments: []string{"prod"}}, {Group: "S0D", Role: "viewer", Environments: []string{"prod"}}, {Group: "S0C", Role: "viewer", Environments: []string{"prod"}}},
	})
	for _, group := range []string{"S0A", "S0B", "S0C", "S0D", "S0E"} {
		if !only.Watches(group) {
			t.Errorf("does not watch %s", group)
		}
	}
	var none *Policy
	if none.Watches("S0BACKEND") {
		t.Error("no policy watches something")
	}
}
