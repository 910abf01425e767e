package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"ecsbot/authz/iam"
)

// one is a policy with one statement that allows everything under a condition.
func one(t *testing.T, condition string) *iam.Policy {
	t.Helper()
	policy, err := iam.Parse("test", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+condition+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func asked(context map[string][]string) iam.Question {
	return iam.Question{
		Principal: "arn:aws:iam::111122223333:role/x", Action: "ecs:UpdateService",
		Resource: "arn:aws:ecs:eu-west-1:111122223333:service/staging/web", Context: context,
	}
}

func TestConditionOperators(t *testing.T) {
	for _, row := range []struct {
		condition string
		context   map[string][]string
		holds     bool
	}{
		// Positive operators want the key; negated ones take a missing key for a difference.
		{`{"StringEquals":{"k":"a"}}`, map[string][]string{"k": {"a"}}, true},
		{`{"StringEquals":{"k":"a"}}`, map[string][]string{"k": {"A"}}, false},
		{`{"StringEquals":{"k":"a"}}`, nil, false},
		{`{"StringEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"b"}}, true},
		{`{"StringEquals":{"k":"a*"}}`, map[string][]string{"k": {"ab"}}, false},
		{`{"StringNotEquals":{"k":"a"}}`, map[string][]string{"k": {"b"}}, true},
		{`{"StringNotEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"b"}}, false},
		{`{"StringNotEquals":{"k":"a"}}`, nil, true},
		{`{"StringEqualsIgnoreCase":{"k":"PROD"}}`, map[string][]string{"k": {"Prod"}}, true},
		{`{"StringEqualsIgnoreCase":{"k":"PROD"}}`, map[string][]string{"k": {"Prod "}}, false},
		{`{"StringNotEqualsIgnoreCase":{"k":"PROD"}}`, map[string][]string{"k": {"prod"}}, false},
		{`{"StringNotEqualsIgnoreCase":{"k":"PROD"}}`, nil, true},
		{`{"StringLike":{"k":"slack-T0-?*"}}`, map[string][]string{"k": {"slack-T0-U"}}, true},
		{`{"StringLike":{"k":"slack-T0-?*"}}`, map[string][]string{"k": {"slack-T0-"}}, false},
		{`{"StringLike":{"k":"A*"}}`, map[string][]string{"k": {"ab"}}, false},
		{`{"StringLike":{"k":"a?c"}}`, map[string][]string{"k": {"aéc"}}, true},
		{`{"StringLike":{"k":"*b*d"}}`, map[string][]string{"k": {"abbbcbd"}}, true},
		{`{"StringNotLike":{"k":"a*"}}`, map[string][]string{"k": {"ab"}}, false},
		{`{"StringNotLike":{"k":"a*"}}`, nil, true},
		{`{"StringLike":{"k":"a${*}"}}`, map[string][]string{"k": {"ab"}}, false},
		{`{"StringLike":{"k":"a${*}${?}${$}"}}`, map[string][]string{"k": {"a*?$"}}, true},
		// ARNs are compared part by part: a wildcard does not reach over a colon.
		{`{"ArnLike":{"k":"arn:aws:ecs:*:1:cluster/a"}}`, map[string][]string{"k": {"arn:aws:ecs:eu-west-1:1:cluster/a"}}, true},
		{`{"ArnLike":{"k":"arn:aws:ecs:*:cluster/a:x"}}`, map[string][]string{"k": {"arn:aws:ecs:eu-west-1:1:cluster/a"}}, false},
		{`{"ArnLike":{"k":"arn:aws:*:1:cluster/a:x"}}`, map[string][]string{"k": {"arn:aws:ecs:eu-west-1:1:cluster/a"}}, false},
		{`{"ArnEquals":{"k":"arn:aws:ecs:*:1:cluster/*"}}`, map[string][]string{"k": {"arn:aws:ecs:eu-west-1:1:cluster/a:b"}}, true},
		{`{"ArnLike":{"k":"*"}}`, map[string][]string{"k": {"arn:aws:ecs:eu-west-1:1:cluster/a"}}, true},
		{`{"ArnLike":{"k":"arn:aws:ecs:*:1:cluster/a"}}`, map[string][]string{"k": {"no ARN"}}, false},
		{`{"ArnNotLike":{"k":"arn:aws:ecs:*:1:cluster/a"}}`, map[string][]string{"k": {"arn:aws:ecs:eu-west-1:1:cluster/b"}}, true},
		{`{"ArnNotLike":{"k":"arn:aws:ecs:*:1:cluster/a"}}`, nil, true},
		{`{"ArnNotEquals":{"k":"arn:aws:ecs:*:1:cluster/a"}}`, map[string][]string{"k": {"arn:aws:ecs:x:1:cluster/a"}}, false},
		{`{"Bool":{"k":"true"}}`, map[string][]string{"k": {"True"}}, true},
		{`{"Bool":{"k":true}}`, map[string][]string{"k": {"false"}}, false},
		{`{"Bool":{"k":"true"}}`, nil, false},
		{`{"Null":{"k":"true"}}`, nil, true},
		{`{"Null":{"k":"true"}}`, map[string][]string{"k": {}}, true},
		{`{"Null":{"k":true}}`, map[string][]string{"k": {""}}, false},
		{`{"Null":{"k":"false"}}`, map[string][]string{"k": {"x"}}, true},
		{`{"Null":{"k":"false"}}`, nil, false},
		// IfExists holds where the key is missing, for either kind.
		{`{"StringEqualsIfExists":{"k":"a"}}`, nil, true},
		{`{"StringEqualsIfExists":{"k":"a"}}`, map[string][]string{"k": {"b"}}, false},
		{`{"ArnNotLikeIfExists":{"k":"arn:aws:ecs:*:1:cluster/a"}}`, nil, true},
		// Sets: ForAllValues holds of nothing, ForAnyValue does not.
		{`{"ForAllValues:StringEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a", "b"}}, true},
		{`{"ForAllValues:StringEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a", "c"}}, false},
		{`{"ForAllValues:StringEquals":{"k":"a"}}`, nil, true},
		{`{"ForAllValues:StringNotEquals":{"k":"a"}}`, map[string][]string{"k": {"b", "a"}}, false},
		{`{"ForAllValues:StringNotEquals":{"k":"a"}}`, map[string][]string{"k": {"b", "c"}}, true},
		{`{"ForAnyValue:StringEquals":{"k":"a"}}`, map[string][]string{"k": {"b", "a"}}, true},
		{`{"ForAnyValue:StringEquals":{"k":"a"}}`, nil, false},
		{`{"ForAnyValue:StringNotEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a", "b"}}, false},
		{`{"ForAnyValue:StringNotEquals":{"k":["a","b"]}}`, map[string][]string{"k": {"a", "c"}}, true},
		{`{"ForAnyValue:StringNotEquals":{"k":"a"}}`, nil, false},
		{`{"ForAnyValue:StringLike":{"k":"b*"}}`, map[string][]string{"k": {"a", "bc"}}, true},
		// Several operators and keys all have to hold.
		{`{"StringEquals":{"k":"a","l":"b"}}`, map[string][]string{"k": {"a"}}, false},
		{`{"StringEquals":{"k":"a"},"Null":{"l":"true"}}`, map[string][]string{"k": {"a"}}, true},
		// Keys are compared without case, the tag's key in them too.
		{`{"StringEquals":{"aws:ResourceTag/Environment":"a"}}`, map[string][]string{"AWS:resourcetag/environment": {"a"}}, true},
		// Variables: one without a value, or with several, lets no condition hold, negated or not.
		{`{"StringEquals":{"k":"${aws:PrincipalTag/E}"}}`, map[string][]string{"k": {"a"}, "aws:principaltag/e": {"a"}}, true},
		{`{"StringNotEquals":{"k":"${aws:PrincipalTag/E}"}}`, map[string][]string{"k": {"a"}}, false},
		{`{"StringNotEquals":{"k":"${aws:PrincipalTag/E}"}}`, nil, false},
		{`{"StringNotEquals":{"k":["x","${aws:PrincipalTag/E}"]}}`, map[string][]string{"k": {"a"}}, false},
		{`{"StringEquals":{"k":"${l}"}}`, map[string][]string{"k": {"a"}, "l": {"a", "b"}}, false},
		{`{"StringEquals":{"k":"${l, 'b'}"}}`, map[string][]string{"k": {"b"}}, true},
		{`{"StringLike":{"k":"${l}"}}`, map[string][]string{"k": {"abc"}, "l": {"*"}}, false},
		{`{"ArnLike":{"k":"arn:aws:ecs:*:1:cluster/${l}"}}`, map[string][]string{"k": {"arn:aws:ecs:r:1:cluster/a"}, "l": {"a"}}, true},
		{`{"ArnLike":{"k":"arn:aws:ecs:*:1:cluster/${l}"}}`, map[string][]string{"k": {"arn:aws:ecs:r:1:cluster/a"}, "l": {"*"}}, false},
		{`{"ArnNotLike":{"k":"arn:aws:ecs:*:1:cluster/${l}"}}`, map[string][]string{"k": {"arn:aws:ecs:r:1:cluster/a"}}, false},
		{`{"StringLike":{"k":"${l}"}}`, map[string][]string{"k": {"abc"}, "l": {"\x00"}}, false},
	} {
		verdict := iam.Evaluate(asked(row.context), iam.Policies{Identity: []*iam.Policy{one(t, row.condition)}})
		if verdict.Allowed != row.holds {
			t.Errorf("%s on %v: %v, want %v", row.condition, row.context, verdict.Allowed, row.holds)
		}
	}
}

func policy(t *testing.T, name, statement string) *iam.Policy {
	t.Helper()
	made, err := iam.Parse(name, []byte(`{"Version":"2012-10-17","Statement":[`+statement+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestActionsAndResources(t *testing.T) {
	for _, row := range []struct {
		statement, action, resource string
		allowed                     bool
	}{
		{`"Action":"ecs:*","Resource":"*"`, "ecs:UpdateService", "*", true},
		{`"Action":"ECS:updateservice","Resource":"*"`, "ecs:UpdateService", "*", true},
		{`"Action":["ecs:List*","ecs:Describe*"],"Resource":"*"`, "ecs:UpdateService", "*", false},
		{`"NotAction":"ecs:*","Resource":"*"`, "ecs:UpdateService", "*", false},
		{`"NotAction":"ecs:*","Resource":"*"`, "logs:FilterLogEvents", "*", true},
		{`"Action":"*","Resource":"arn:aws:ecs:*:1:service/*"`, "ecs:UpdateService", "arn:aws:ecs:r:1:service/c/s", true},
		{`"Action":"*","Resource":"arn:aws:ecs:*:1:service/*"`, "ecs:ListClusters", "*", false},
		{`"Action":"*","NotResource":"arn:aws:ecs:*:1:service/*"`, "ecs:UpdateService", "arn:aws:ecs:r:1:service/c/s", false},
		{`"Action":"*","NotResource":"arn:aws:ecs:*:1:service/*"`, "ecs:StopTask", "arn:aws:ecs:r:1:task/c/t", true},
		{`"Action":"*","Resource":"arn:aws:ecs:*:1:service/${aws:PrincipalTag/None}/*"`, "ecs:UpdateService", "arn:aws:ecs:r:1:service//s", false},
		{`"Action":"*","NotResource":"arn:aws:ecs:*:1:service/${aws:PrincipalTag/None}/*"`, "ecs:UpdateService", "arn:aws:ecs:r:1:service/c/s", false},
		{`"Action":"*","Resource":"arn:aws:logs:*:1:log-group:*"`, "logs:FilterLogEvents", "arn:aws:logs:r:1:log-group:/ecs/x:*", true},
	} {
		question := iam.Question{Principal: "arn:aws:iam::1:role/x", Action: row.action, Resource: row.resource}
		verdict := iam.Evaluate(question, iam.Policies{Identity: []*iam.Policy{policy(t, "p", `{"Effect":"Allow",`+row.statement+`}`)}})
		if verdict.Allowed != row.allowed {
			t.Errorf("%s: %s on %s: %v", row.statement, row.action, row.resource, verdict.Allowed)
		}
	}
}

// In documents of the older language a variable is plain text.
func TestVariablesOfTheOlderLanguage(t *testing.T) {
	made, err := iam.Parse("old", []byte(`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"${l}"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !iam.Evaluate(asked(map[string][]string{"k": {"${l}"}, "l": {"x"}}), iam.Policies{Identity: []*iam.Policy{made}}).Allowed {
		t.Error("it was resolved")
	}
}

func TestEveryKindOfPolicyHasToAllowAndADenyWins(t *testing.T) {
	allow := policy(t, "allow", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	deny := policy(t, "deny", `{"Sid":"No","Effect":"Deny","Action":"*","Resource":"*"}`)
	other := policy(t, "other", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	trust := func(principal string) *iam.Policy {
		return policy(t, "trust", `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":`+principal+`}`)
	}
	caller := "arn:aws:iam::111122223333:role/bot"
	type list = []*iam.Policy
	for _, row := range []struct {
		says     string
		policies iam.Policies
		because  string // empty: allowed
	}{
		{"nothing", iam.Policies{}, "because no identity-based policy allows the sts:AssumeRole action"},
		{"identity", iam.Policies{Identity: list{allow}}, ""},
		{"a deny beside it", iam.Policies{Identity: list{allow, deny}}, "with an explicit deny in an identity-based policy"},
		{"a session that allows something else", iam.Policies{Identity: list{allow}, Session: list{other}}, "because no session policy allows the sts:AssumeRole action"},
		{"a session that denies", iam.Policies{Identity: list{allow}, Session: list{allow, deny}}, "with an explicit deny in a session policy"},
		{"a session without its role", iam.Policies{Identity: list{other}, Session: list{allow}}, "because no identity-based policy allows the sts:AssumeRole action"},
		{"an SCP that allows something else", iam.Policies{Identity: list{allow}, SCPs: list{other}}, "because no service control policy allows the sts:AssumeRole action"},
		{"an SCP that denies", iam.Policies{Identity: list{allow}, SCPs: list{iam.Everything("full"), deny}}, "with an explicit deny in a service control policy"},
		{"an SCP that allows", iam.Policies{Identity: list{allow}, SCPs: list{iam.Everything("full")}}, ""},
		{"a trust of somebody else", iam.Policies{Identity: list{allow}, Trust: list{trust(`{"AWS":"arn:aws:iam::111122223333:role/other"}`)}}, "because no role trust policy allows the sts:AssumeRole action"},
		{"a trust of the account", iam.Policies{Identity: list{allow}, Trust: list{trust(`{"AWS":"111122223333"}`)}}, ""},
		{"a trust of the account, written out", iam.Policies{Identity: list{allow}, Trust: list{trust(`{"AWS":"arn:aws:iam::111122223333:root"}`)}}, ""},
		{"a trust of the account alone", iam.Policies{Trust: list{trust(`{"AWS":"111122223333"}`)}}, "because no identity-based policy allows the sts:AssumeRole action"},
		{"a trust by name, in the same account", iam.Policies{Trust: list{trust(`{"AWS":"arn:aws:iam::111122223333:role/bot"}`)}}, ""},
		{"a trust of everybody", iam.Policies{Identity: list{allow}, Trust: list{trust(`"*"`)}}, ""},
		{"a trust of a service", iam.Policies{Identity: list{allow}, Trust: list{trust(`{"Service":"ecs-tasks.amazonaws.com"}`)}}, "because no role trust policy allows the sts:AssumeRole action"},
	} {
		question := iam.Question{Principal: caller, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/operator"}
		verdict := iam.Evaluate(question, row.policies)
		if row.because == "" && verdict.Allowed {
			continue
		}
		if verdict.Allowed || verdict.Because(question.Action) != row.because {
			t.Errorf("%s: allowed %v, %s", row.says, verdict.Allowed, verdict.Because(question.Action))
		}
	}
	elsewhere := iam.Question{Principal: caller, Action: "sts:AssumeRole", Resource: "arn:aws:iam::444455556666:role/operator"}
	if iam.Evaluate(elsewhere, iam.Policies{Trust: list{trust(`{"AWS":"` + caller + `"}`)}}).Allowed {
		t.Error("a trust in another account is not enough")
	}
	task := iam.Question{Principal: "ecs-tasks.amazonaws.com", Action: "sts:AssumeRole", Resource: caller}
	if !iam.Evaluate(task, iam.Policies{Trust: list{trust(`{"Service":"ecs-tasks.amazonaws.com"}`)}}).Allowed {
		t.Error("a service needs its trust alone")
	}
}

func TestDocumentsThatCannotBeRead(t *testing.T) {
	whole := func(statement string) string { return `{"Version":"2012-10-17","Statement":[` + statement + `]}` }
	for says, text := range map[string]string{
		"no JSON":               `{`,
		"two documents":         `{"Statement":[]} {}`,
		"no statement":          `{"Version":"2012-10-17","Statement":[]}`,
		"an unknown field":      whole(`{"Effect":"Allow","Action":"*","Resource":"*","Resources":"*"}`),
		"an unknown outer one":  `{"Versions":"2012-10-17","Statement":[]}`,
		"no effect":             whole(`{"Action":"*","Resource":"*"}`),
		"a small effect":        whole(`{"Effect":"allow","Action":"*","Resource":"*"}`),
		"no action":             whole(`{"Effect":"Allow","Resource":"*"}`),
		"an empty action":       whole(`{"Effect":"Allow","Action":"","Resource":"*"}`),
		"both actions":          whole(`{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}`),
		"no resource":           whole(`{"Effect":"Allow","Action":"*"}`),
		"both resources":        whole(`{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}`),
		"a trust with resource": whole(`{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}`),
		"no ARN":                whole(`{"Effect":"Allow","Action":"*","Resource":"service/x"}`),
		"an unknown operator":   whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringSame":{"k":"a"}}}`),
		"Null of sets":          whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:Null":{"k":"true"}}}`),
		"Null of a text":        whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"k":"yes"}}}`),
		"a condition of none":   whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":[]}}}`),
		"a condition of lists":  whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":[["a"]]}}}`),
		"an endless variable":   whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"${l"}}}`),
		"a condition's no ARN":  whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"k":"x"}}}`),
		"a control character":   whole(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"\u0000"}}}`),
		"a controlled action":   whole(`{"Effect":"Allow","Action":"\u0001","Resource":"*"}`),
		"a controlled resource": whole(`{"Effect":"Allow","Action":"*","Resource":"arn:\u0001"}`),
		"a negated principal":   whole(`{"Effect":"Allow","Action":"*","NotPrincipal":"*"}`),
		"a broken principal":    whole(`{"Effect":"Allow","Action":"*","Principal":{"User":"*"}}`),
		"a statement of text":   `{"Version":"2012-10-17","Statement":"all"}`,
	} {
		if _, err := iam.Parse("it", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "it: ") {
			t.Errorf("%s: error %v", says, err)
		}
	}
}

// slowly matches as the words say, without the short cuts.
func slowly(pattern, text []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '*':
		return slowly(pattern[1:], text) || len(text) > 0 && slowly(pattern, text[1:])
	case len(text) == 0:
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && slowly(pattern[1:], text[1:])
}

func FuzzPatterns(f *testing.F) {
	for _, seed := range [][2]string{{"a*b", "axb"}, {"**", ""}, {"?", "é"}, {"*a*b*", "xaxbx"}, {"a", "b"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 16 || strings.ContainsAny(pattern, "${}\\\"\x00\x01") || !isPlain(pattern) || !isPlain(text) {
			return
		}
		made := one(t, fmt.Sprintf(`{"StringLike":{"k":%q}}`, pattern))
		got := iam.Evaluate(asked(map[string][]string{"k": {text}}), iam.Policies{Identity: []*iam.Policy{made}}).Allowed
		if want := slowly([]rune(pattern), []rune(text)); got != want {
			t.Errorf("%q on %q: %v, want %v", pattern, text, got, want)
		}
	})
}

// isPlain says whether Go and JSON write the text alike, and runes are whole.
func isPlain(text string) bool {
	for _, char := range text {
		if char < ' ' || char > '~' && (char < 'À' || char > 'ÿ') {
			return false
		}
	}
	return true
}

func FuzzParse(f *testing.F) {
	for _, each := range cases(f, "cases.json")[:3] {
		f.Add([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + each.Action + `","Resource":"` + each.Resource + `","Condition":{"StringEquals":{"k":"${l}"}}}]}`))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		made, err := iam.Parse("it", text)
		if err != nil {
			return
		}
		document, err := iam.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := iam.Parse("again", []byte(document.String())); err != nil {
			t.Errorf("what was read and written cannot be read: %v", err)
		}
		iam.Evaluate(asked(map[string][]string{"k": {"v"}}), iam.Policies{Identity: []*iam.Policy{made}, Trust: []*iam.Policy{made}})
	})
}
