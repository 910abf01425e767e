package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// fakeWindow keeps what it shows.
type fakeWindow struct {
	shown []Sheet
	err   error
}

func (f *fakeWindow) Show(_ context.Context, sheet Sheet) error {
	f.shown = append(f.shown, sheet)
	return f.err
}

func (f *fakeWindow) last() Sheet { return f.shown[len(f.shown)-1] }

// field is a field of the form that stands there last.
func (f *fakeWindow) field(t *testing.T, name string) Field {
	t.Helper()
	for _, field := range f.last().Fields {
		if field.Name == name {
			return field
		}
	}
	t.Fatalf("no field %s in %+v", name, f.last())
	return Field{}
}

func (f *fakeWindow) names() string {
	var names []string
	for _, field := range f.last().Fields {
		names = append(names, field.Name)
	}
	return strings.Join(names, " ")
}

func values(choices []Choice) string {
	var found []string
	for _, choice := range choices {
		found = append(found, choice.Value)
	}
	return strings.Join(found, " ")
}

// guides opens the form as somebody, or with chosen fields fills it anew.
func (w *world) guides(user string, chosen map[string]string) (*fakeWindow, *fakeReply) {
	window, reply := &fakeWindow{}, &fakeReply{}
	w.runner.Guide(w.t.Context(), Guide{ID: "g", Actor: authz.Actor{Team: "T1", User: user}, Where: Where{Channel: "C1"}, Chosen: chosen}, window, reply)
	return window, reply
}

func (w *world) suggests(user, action, field, typed string, chosen map[string]string) string {
	return values(w.runner.Suggest(w.t.Context(), Suggestion{Actor: authz.Actor{Team: "T1", User: user}, Action: action, Field: field, Typed: typed, Chosen: chosen}))
}

// guideActions are of the kinds that the small catalog does not have.
func guideActions() []Action {
	rest, all, every := Rest("command", "what to run", "env"), Switch("all", "everywhere"), Switch("every", "Every service")
	roles := func(policy *authz.Policy, person authz.Person) []string {
		var names []string
		for _, offer := range policy.Offers(person) {
			names = append(names, offer.Role)
		}
		return names
	}
	return []Action{
		{Name: "deploy", Summary: "Deploy.", Changes: true, Parameters: []Parameter{Environment(), Services(), every}, Bulk: every, Plan: noPlan, Run: nothing},
		{Name: "run", Summary: "Run.", Changes: true, Tasks: true, Parameters: []Parameter{Environment(), Service(), rest}, Rest: rest, RestAction: "run-command", Run: nothing},
		{Name: "hold", Summary: "Hold.", Changes: true, Free: true, Parameters: []Parameter{Environment(), Service().Optional(), all}, All: all, AllAction: "hold-all", Run: nothing},
		{Name: "request", Summary: "Request.", Changes: true, Local: true, Lasts: LastsAccess, Parameters: []Parameter{Environment(), Service(), Word("role", "the role", "operator", PlainText).From(roles)}, Run: nothing},
		{Name: "audit", Summary: "Audit.", Open: true, Parameters: []Parameter{Environment().AsFlag(), Flag("user", "who", "@bob", PlainText).ForUser()}, Run: nothing},
	}
}

func noPlan(context.Context, Call) (Plan, error) { return Plan{}, nil }

func TestTheFormOffersWhatSomebodyMayDo(t *testing.T) {
	w := newWorldWith(t, guideActions()...)
	w.says("ALICE", "help")
	help, _ := w.guides("ALICE", map[string]string{ActionField: "help"})
	if got := values(help.field(t, "action").Choices); !strings.Contains(got, "restart") || strings.Contains(got, "deploy") {
		t.Errorf("help is offered of %s", got)
	}
	window, _ := w.guides("ALICE", nil)
	if len(window.shown) != 1 || window.last().Action != "status" || window.names() != "_action environment service all share" {
		t.Errorf("at first: %s %s", window.last().Action, window.names())
	}
	if got := values(window.field(t, ActionField).Choices); got != "help services status logs restart run hold audit" {
		t.Errorf("offered %s", got)
	}
	if got := values(window.field(t, "environment").Choices); got != "prod staging" {
		t.Errorf("environments %s", got)
	}
	window, _ = w.guides("ALICE", map[string]string{ActionField: "restart", "environment": "staging", "reason": "so"})
	if window.last().Action != "restart" || window.names() != "_action environment service reason" || window.field(t, "reason").Chosen != "so" {
		t.Errorf("restart: %s", window.names())
	}
	if got := values(window.field(t, "environment").Choices); got != "staging" {
		t.Errorf("to restart in: %s", got)
	}
	window, _ = w.guides("ALICE", map[string]string{ActionField: "hold"})
	if window.names() != "_action environment service reason" {
		t.Errorf("hold: %s, of which --all is typed and not ticked", window.names())
	}
	window, _ = w.guides("ALICE", map[string]string{ActionField: "run"})
	if window.names() != "_action environment service reason" {
		t.Errorf("run: %s, without the command that she may not give", window.names())
	}
	window, _ = w.guides("ALICE", map[string]string{ActionField: "audit"})
	if field := window.field(t, "user"); field.Kind != PickUser || !field.Optional || !window.field(t, "environment").Optional {
		t.Errorf("audit: %+v", window.last())
	}
	window, _ = w.guides("BOB", map[string]string{ActionField: "deploy"})
	if window.names() != "_action environment service every plan reason" || !window.field(t, "service").Optional || !window.field(t, "service").Many {
		t.Errorf("deploy, by who may do it in bulk: %s", window.names())
	}
	window, _ = w.guides("BOB", map[string]string{ActionField: "run"})
	if window.names() != "_action environment service command reason" || window.field(t, "command").Kind != Lines {
		t.Errorf("run, by who may give a command: %s", window.names())
	}
	window, _ = w.guides("ALICE", map[string]string{ActionField: "deploy"})
	if window.last().Action != "status" {
		t.Errorf("what is not offered cannot be chosen: %s", window.last().Action)
	}
}

func TestSuggestionsAreTheCallersOwn(t *testing.T) {
	w := newWorldWith(t, guideActions()...)
	staging := map[string]string{"environment": "staging"}
	for _, test := range []struct {
		user, action, field, typed string
		chosen                     map[string]string
		want                       string
	}{
		{"ALICE", "restart", "service", "", staging, "api worker one/twin two/twin"},
		{"ALICE", "restart", "service", "W", staging, "worker one/twin two/twin"},
		{"ALICE", "restart", "service", "secret", staging, ""},
		{"ALICE", "restart", "service", "", map[string]string{"environment": "prod"}, ""},
		{"ALICE", "restart", "service", "", nil, ""},
		{"ALICE", "status", "service", "", map[string]string{"environment": "prod"}, "api"},
		{"ALICE", "restart", "environment", "", nil, "staging"},
		{"ALICE", "restart", "reason", "", staging, ""},
		{"ALICE", "nothing", "service", "", staging, ""},
		{"FRED", "restart", "service", "", staging, ""},
		{"MALLORY", "restart", "service", "", staging, ""},
		{"EVE", "restart", "service", "", staging, ""},
		{"NOBODY", "restart", "service", "", staging, ""},
	} {
		if got := w.suggests(test.user, test.action, test.field, test.typed, test.chosen); got != test.want {
			t.Errorf("%+v: offered %q", test, got)
		}
	}
	w.people.err, w.people.memory = errAway, map[string]authz.Person{}
	if got := w.suggests("ALICE", "restart", "service", "", staging); got != "" {
		t.Errorf("while nobody knows who asks: %q", got)
	}
}

func TestAtMostAHundredAreSuggested(t *testing.T) {
	w := newWorld(t)
	for number := range 150 {
		w.fleet.add("staging", "many", fmt.Sprintf("x-%03d", number))
	}
	choices := w.runner.Suggest(t.Context(), Suggestion{Actor: authz.Actor{Team: "T1", User: "BOB"}, Action: "restart", Field: "service", Typed: "x-", Chosen: map[string]string{"environment": "staging"}})
	if len(choices) != 100 || choices[0].Value != "x-000" {
		t.Errorf("%d choices", len(choices))
	}
}

func TestOneOffTasksAreSuggestedByName(t *testing.T) {
	w := newWorldWith(t, guideActions()...)
	rules := w.runner.Rulebook
	w.runner.Rulebook = func() Rulebook {
		book := rules()
		book.Tasks = map[string]NamedTask{
			"flush": {Service: "one/api", Command: []string{"flush"}}, "dump": {Service: "secret", Command: []string{"dump"}},
			"load": {Service: "api", Command: []string{"load"}, Environments: []string{"dev"}},
		}
		return book
	}
	if got := w.suggests("ALICE", "run", "service", "", map[string]string{"environment": "staging"}); got != "flush" {
		t.Errorf("alice is offered %q", got)
	}
	if got := w.suggests("BOB", "run", "service", "api", map[string]string{"environment": "staging"}); got != "api" {
		t.Errorf("bob, who may give a command, is offered %q", got)
	}
}

func TestAccessIsAskedForWhereItIsOffered(t *testing.T) {
	w := newWorldWith(t, guideActions()...)
	var problems []authz.Problem
	w.policy, problems = authz.Compile(authz.Rules{
		Environments: []authz.Environment{{Name: "staging"}, {Name: "prod", Protected: true}},
		Grants:       []authz.Grant{{Group: "S0SRE", Role: "admin", Environments: []string{"staging", "prod"}, Line: 1}},
		Requestable:  []authz.Requestable{{Group: "S0BACKEND", Role: "operator", Environments: []string{"prod"}, Longest: time.Hour, Line: 2}},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	w.says("ALICE", "help")
	window, _ := w.guides("ALICE", map[string]string{ActionField: "request"})
	if values(window.field(t, "environment").Choices) != "prod" || values(window.field(t, "role").Choices) != "operator" {
		t.Errorf("offered %+v", window.last())
	}
	if window.field(t, "service").Kind != Line {
		t.Error("services of an environment that is not theirs are offered")
	}
}

func TestManyEnvironmentsAreSearched(t *testing.T) {
	w := newWorld(t)
	var rules authz.Rules
	var names []string
	for number := range 120 {
		names = append(names, fmt.Sprintf("env-%03d", number))
		rules.Environments = append(rules.Environments, authz.Environment{Name: names[number]})
	}
	rules.Grants = []authz.Grant{{Group: "S0SRE", Role: "admin", Environments: names, Line: 1}}
	var problems []authz.Problem
	if w.policy, problems = authz.Compile(rules); len(problems) > 0 {
		t.Fatal(problems)
	}
	w.says("BOB", "help")
	window, _ := w.guides("BOB", map[string]string{ActionField: "restart"})
	if field := window.field(t, "environment"); field.Kind != Search || len(field.Choices) > 0 {
		t.Errorf("%+v", field)
	}
	if got := w.suggests("BOB", "restart", "environment", "env-11", nil); got != "env-110 env-111 env-112 env-113 env-114 env-115 env-116 env-117 env-118 env-119" {
		t.Errorf("offered %s", got)
	}
}

func TestTheFormOpensBeforeItIsKnownWhoAsks(t *testing.T) {
	w := newWorld(t)
	window, reply := w.guides("ALICE", nil)
	if len(window.shown) != 2 || len(window.shown[0].Fields) > 0 || window.last().Action != "status" || len(reply.told) > 0 {
		t.Errorf("shown %+v, told %v", window.shown, reply.told)
	}
	entries := w.entries(1)
	if events(entries) != "read" || entries[0].Action != "form" || entries[0].Actor.User != "ALICE" {
		t.Errorf("entries %+v", entries)
	}

	window, reply = w.guides("EVE", nil)
	if last := window.last(); len(last.Fields) > 0 || !strings.Contains(last.Note.Plain(), "members of this company only") || len(reply.told) != 1 {
		t.Errorf("an outsider is shown %+v", last)
	}
	if window, reply = w.guides("EVE", nil); len(window.shown) > 0 || len(reply.told) != 1 {
		t.Errorf("an outsider who is known as such is shown %+v", window.shown)
	}

	w.people.err, w.people.memory = errAway, map[string]authz.Person{}
	window, reply = w.guides("BOB", nil)
	if last := window.last(); len(last.Fields) > 0 || !strings.Contains(last.Note.Plain(), "cannot ask Slack") || len(reply.told) != 1 {
		t.Errorf("while Slack is away: %+v", last)
	}
	if window, _ = w.guides("BOB", map[string]string{ActionField: "status"}); len(window.shown) != 1 {
		t.Errorf("a form that is open is shown as opening: %+v", window.shown)
	}
}

func TestAFormThatDoesNotOpenIsSaid(t *testing.T) {
	w := newWorld(t)
	w.says("ALICE", "help")
	window, reply := &fakeWindow{err: errAway}, &fakeReply{}
	w.runner.Guide(t.Context(), Guide{ID: "g", Actor: authz.Actor{Team: "T1", User: "ALICE"}}, window, reply)
	if len(reply.told) != 1 || !strings.Contains(reply.told[0].Title.Plain(), "could not be opened") {
		t.Errorf("told %+v", reply.told)
	}
}

func TestAGuidedFormGoesTheSameWay(t *testing.T) {
	w := newWorldWith(t, guideActions()...)
	submit := func(user, action string, fields map[string]string) *fakeReply {
		reply := &fakeReply{}
		w.runner.Submit(t.Context(), Submission{ID: user + action + fmt.Sprint(fields), Actor: authz.Actor{Team: "T1", User: user}, Form: action, Fields: fields, Where: Where{Channel: "C1"}}, reply)
		return reply
	}
	submit("ALICE", "restart", map[string]string{"environment": "staging", "service": "api", "reason": "so", "break-glass": "yes"})
	if entries := w.entries(2); events(entries) != "started accepted" || entries[0].Reason != "so" || w.did() != 1 {
		t.Errorf("%s", events(entries))
	}
	for _, test := range []struct {
		user, action string
		fields       map[string]string
		field, says  string
	}{
		{"MALLORY", "restart", map[string]string{"environment": "staging", "service": "api"}, "environment", "I know no environment staging."},
		{"ALICE", "restart", map[string]string{"environment": "staging", "service": "secret"}, "service", "I know no service secret in staging."},
		{"ALICE", "restart", map[string]string{"environment": "staging"}, "service", "Which service?"},
		{"ALICE", "restart", map[string]string{"environment": "-x", "service": "api"}, "environment", "Environment may not begin with a dash."},
		{"ALICE", "logs", map[string]string{"environment": "staging", "service": "api", "lines": "99"}, "lines", "--lines takes a whole number from 1 to 10."},
		{"ALICE", "nothing", map[string]string{}, "", "There is no action nothing."},
	} {
		reply := submit(test.user, test.action, test.fields)
		if last := reply.told[len(reply.told)-1]; last.Tone != Refusal || last.Field != test.field || last.Title.Plain() != test.says {
			t.Errorf("%+v: told %q at %q", test, last.Title.Plain(), last.Field)
		}
	}
	if w.did() != 1 {
		t.Errorf("%d were carried out", w.did())
	}
	if all := w.entries(8); !slices.ContainsFunc(all[2:], func(entry ledger.Entry) bool { return strings.HasPrefix(entry.Reason, "parse: ") }) {
		t.Error("mistakes in forms are not recorded")
	}
}
