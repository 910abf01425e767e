package actions

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"ecsbot/actions/ledger"
)

func nothing(context.Context, Call) (Outcome, error) { return Outcome{}, nil }

// reading is a catalog of actions that take everything there is to take.
func reading(t testing.TB) *Catalog {
	t.Helper()
	lines, all := Count("lines", "how many", 1, 10), Switch("all", "everything")
	catalog, err := NewCatalog([]Action{
		{Name: "help", Example: "help", Parameters: []Parameter{ActionName().Optional()}, Open: true, Instant: true, Run: nothing},
		{Name: "logs", Example: "logs staging api", Parameters: []Parameter{Environment(), Service(), lines, Duration("since", "how far back", time.Hour)}, Run: nothing},
		{Name: "restart", Example: "restart staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true, AWS: []string{"ecs:UpdateService"}, Run: nothing},
		{
			Name: "hold", Example: "hold staging 2h", Changes: true, Local: true, All: all, Run: nothing,
			Parameters: []Parameter{Environment(), Service().Optional(), Word("duration", "how long", "2h", ParseDuration), Word("why", "why", "test", PlainText).Optional(), all},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func TestAnActionIsDeclaredWholeAndOnce(t *testing.T) {
	for name, declared := range map[string][]Action{
		"without a name":      {{Run: nothing}},
		"with nothing to run": {{Name: "restart"}},
		"twice":               {{Name: "restart", Run: nothing}, {Name: "restart", Run: nothing}},
	} {
		if _, err := NewCatalog(declared); err == nil {
			t.Errorf("a catalog of an action %s", name)
		}
	}
}

func TestWhatACommandSays(t *testing.T) {
	for _, test := range []struct {
		text, environment, service, arguments, reason string
		breakGlass, everywhere, share                 bool
	}{
		{text: "RESTART staging api", environment: "staging", service: "api"},
		{text: "restart staging api --reason 'a b'", environment: "staging", service: "api", reason: "a b"},
		{text: "restart --reason=why staging api", environment: "staging", service: "api", reason: "why"},
		{text: "restart staging api --break-glass fire", environment: "staging", service: "api", reason: "fire", breakGlass: true},
		{text: "logs staging api --lines=5 --since 5m --share", environment: "staging", service: "api", arguments: "lines=5 since=5m", share: true},
		{text: "hold staging 2h", environment: "staging", arguments: "duration=2h"},
		{text: "hold staging api 2h 'load test'", environment: "staging", service: "api", arguments: "duration=2h why=load test"},
		{text: "hold --all", arguments: "all=", everywhere: true},
		{text: "restart staging api —reason “stuck”", environment: "staging", service: "api", reason: "stuck"},
		{text: "restart\u00a0staging\u200b api", environment: "staging", service: "api"},
		{text: `restart "staging" 'a''pi'`, environment: "staging", service: "api"},
		{text: "", arguments: ""},
		{text: "help restart", arguments: "action=restart"},
	} {
		got, wrong := reading(t).parse(test.text)
		if wrong != nil {
			t.Errorf("%q: %v", test.text, wrong)
			continue
		}
		var arguments []string
		for name, value := range got.arguments {
			arguments = append(arguments, name+"="+value)
		}
		slices.Sort(arguments)
		if got.environment != test.environment || got.service != test.service || strings.Join(arguments, " ") != test.arguments ||
			got.reason != test.reason || got.breakGlass != test.breakGlass || got.everywhere != test.everywhere || got.share != test.share {
			t.Errorf("%q reads as %+v", test.text, got)
		}
	}
}

func TestWhatIsWrongWithACommand(t *testing.T) {
	for text, want := range map[string]string{
		"restart staging api --reason":                   "--reason wants the reason, once, in quotes.",
		"restart staging api --reason ' '":               "--reason wants the reason, once, in quotes.",
		"restart staging api --reason a --reason b":      "--reason wants the reason, once, in quotes.",
		"restart staging api --reason a --break-glass b": "--break-glass wants the reason, once, in quotes.",
		"hold staging 2h --break-glass fire":             "hold has no flag --break-glass.",
		"logs staging api --reason x":                    "logs has no flag --reason.",
		"restart staging api --share":                    "restart has no flag --share.",
		"logs staging api --share=yes":                   "logs has no flag --share.",
		"logs staging api --environment prod":            "logs has no flag --environment.",
		"logs staging api --lines":                       "--lines wants a value, such as 1.",
		"logs staging api --lines 1 --lines 2":           "--lines is given twice.",
		"logs staging api --lines 0":                     "--lines takes a whole number from 1 to 10.",
		"logs staging api --lines +5":                    "--lines takes a whole number from 1 to 10.",
		"logs staging api --since 61m":                   "--since takes at most 1h.",
		"hold staging":                                   "Which duration?",
		"hold staging api":                               "Which duration?",
		"restart":                                        "Which environment?",
		"restart staging api --":                         "restart takes nothing after --.",
		strings.Repeat("x", 2001):                        "That is too long: a command has at most 2000 characters.",
		strings.Repeat("x", 2000):                        "There is no action " + strings.Repeat("x", 39) + "….",
	} {
		action, err := reading(t).Check(text)
		if err == nil || err.Error() != want || action != "" {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	if action, err := reading(t).Check("hold staging api 2h"); action != "hold" || err != nil {
		t.Errorf("a command that is right: %s, %v", action, err)
	}
}

func TestUsageAndDeclarationsAreReadFromTheAction(t *testing.T) {
	hold, known := reading(t).Action("hold")
	if got := hold.Usage(); got != "hold ENVIRONMENT [SERVICE] DURATION [WHY] [--all]" || !known {
		t.Errorf("usage %s", got)
	}
	logs, _ := reading(t).Action("logs")
	if got := logs.Usage(); got != "logs ENVIRONMENT SERVICE [--lines LINES] [--since SINCE]" {
		t.Errorf("usage %s", got)
	}
	var names []string
	for _, declared := range logs.Declarations() {
		names = append(names, declared.Name)
	}
	if got := strings.Join(names, " "); got != "environment service lines since" {
		t.Errorf("declares %s", got)
	}
	if _, known := reading(t).Action("detonate"); known {
		t.Error("an action that there is not")
	}
}

func TestACommandIsReadBackFromItsEntry(t *testing.T) {
	catalog := reading(t)
	command, wrong := catalog.parse("hold staging api 2h test --reason why")
	if wrong != nil {
		t.Fatal(wrong)
	}
	entry := ledger.Entry{Operation: "op", Action: "hold", Environment: command.environment, Service: command.service, Arguments: command.arguments, Reason: command.reason}
	again, err := catalog.restore(entry)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.values) != len(command.values) || again.environment != "staging" || again.service != "api" || again.reason != "why" || again.everywhere || again.breakGlass {
		t.Errorf("%+v reads back as %+v", command, again)
	}
	for parameter, value := range command.values {
		if again.values[parameter] != value {
			t.Errorf("%s was %v and is %v", parameter.declaration().Name, value, again.values[parameter])
		}
	}
	entry.Arguments = map[string]string{"duration": "soon"}
	if _, err := catalog.restore(entry); err == nil || !strings.HasPrefix(err.Error(), "operation op: ") {
		t.Errorf("error %v", err)
	}
	without, err := catalog.restore(ledger.Entry{Action: "hold", Arguments: map[string]string{"duration": "1h"}})
	if err != nil || len(without.values) != 1 || without.everywhere {
		t.Errorf("%+v, error %v", without, err)
	}
	if _, err := catalog.restore(ledger.Entry{Operation: "op", Action: "gone"}); err == nil || !strings.Contains(err.Error(), `no action "gone" any more`) {
		t.Errorf("error %v", err)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5s": 5 * time.Second, "30m": 30 * time.Minute, "2h": 2 * time.Hour, "7d": 7 * 24 * time.Hour, "999999s": 999999 * time.Second,
		"": 0, "h": 0, "0h": 0, "1": 0, "1w": 0, "-1h": 0, "+1h": 0, "1.5h": 0, "1h;rm": 0, "1000000s": 0, "٣h": 0, "1 h": 0, "/h": 0, ":h": 0,
	} {
		if got, err := ParseDuration(text); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q reads as %v, error %v", text, got, err)
		}
	}
}

func TestTextIsCutAtRunes(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{{"äöü", 3, "äöü"}, {"äöüß", 3, "äö…"}, {"", 3, ""}} {
		if got := cut(test.text, test.most); got != test.want {
			t.Errorf("%q in %d is %q", test.text, test.most, got)
		}
	}
	if got := flat("a\nb\u202ec\u200bd\ufe0f\u00a0e", 100); got != "a bcd e" {
		t.Errorf("flat is %q", got)
	}
}

func TestTheCallKnowsWhatWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.says("ALICE", "logs staging staging/api --lines 5")
		call := w.ran[0]
		lines := call.action.Parameters[2].(*Param[int])
		since := call.action.Parameters[3].(*Param[time.Duration])
		if call.Operation() != "op1" || call.Person().Actor.User != "ALICE" || call.Environment() != "staging" || call.ServiceName() != "staging/api" ||
			call.Service().ARN != "arn:staging/api" || call.Session() == nil || call.Policy() != w.policy || call.Reason() != "" {
			t.Errorf("call %+v", call)
		}
		if lines.Of(call) != 5 || since.Of(call) != 0 || !call.Given(lines) || call.Given(since) {
			t.Errorf("lines %d, since %v", lines.Of(call), since.Of(call))
		}
		if !call.Covers("prod", "api") || call.Covers("vault", "api") {
			t.Error("covers what it should not, or not what it should")
		}
		id := w.asksFor("RITA", "request prod api operator 1h")
		w.clicks("ANN", "approve", id)
		w.join("RITA")
		delete(w.people.memory, "RITA")
		w.says("RITA", "logs prod api")
		call = w.ran[len(w.ran)-1]
		if got := strings.Join(call.Environments(), " "); got != "prod" {
			t.Errorf("environments %s", got)
		}
		if !call.Covers("prod", "api") || call.Covers("prod", "web") || len(call.Access()) != 1 || len(call.Holds()) != 0 {
			t.Error("time-bound access is not seen, or too much of it")
		}
		time.Sleep(time.Hour)
		if got := call.Environments(); len(got) > 0 || call.Covers("prod", "api") {
			t.Errorf("environments %v after the end", got)
		}
		w.says("ALICE", "logs staging api")
		if got := strings.Join(w.ran[len(w.ran)-1].Environments(), " "); got != "prod staging" {
			t.Errorf("environments %s", got)
		}
	})
	if got := (&Action{Name: "restart", Operation: "deploy"}).class(); got != "deploy" {
		t.Errorf("class %s", got)
	}
}

// Whatever is typed: no panic, no word lost behind a lone "--", nothing that is not text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"restart staging api --reason “x y” ", "hold staging 2h 'load' --all", "logs a b --lines=٣", `"`, "run api -- sh -c 'a “b”' —x", "a — b -- c — d", "--", "-- -- --", "logs staging api --=", "--share --all --reason", "\u202e\u200b\xff",
	} {
		f.Add(seed)
	}
	catalog := reading(f)
	f.Fuzz(func(t *testing.T, text string) {
		command, wrong := catalog.parse(text)
		if wrong == nil && command.action == nil || wrong != nil && wrong.Error() == "" {
			t.Errorf("%q is neither right nor wrong", text)
		}
		for name, value := range command.arguments {
			if len([]rune(value)) > 200 || utf8.ValidString(text) && !utf8.ValidString(value) {
				t.Errorf("argument %s is %q", name, value)
			}
		}
		before, after, lone := strings.Cut(text, " -- ")
		if !lone || slices.Contains(strings.Fields(before), "--") || strings.Contains(before, "\u2014") || strings.ContainsAny(text, `"'`) || strings.ContainsAny(before, "“”„«»‘’‚") || !utf8.ValidString(text) {
			return
		}
		_, rest, hasRest, err := split(text)
		if want := strings.FieldsFunc(after, isPlainSpace); err != nil || !hasRest {
			t.Errorf("%q reads as %q, error %v: the dashes were not seen", text, rest, err)
		} else if !slices.Equal(rest, want) {
			t.Errorf("%q reads as %q: lost behind the dashes", text, rest)
		}
	})
}

func TestDurationsAreWrittenAsTheyAreConfigured(t *testing.T) {
	for length, want := range map[time.Duration]string{
		2 * time.Hour: "2h", 90 * time.Minute: "1h30m", 30 * time.Minute: "30m", 10 * time.Minute: "10m", 45 * time.Second: "45s", 168 * time.Hour: "168h",
	} {
		if got := DurationText(length); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestASynopsisLeavesOptionsOut(t *testing.T) {
	place := []Parameter{Environment(), Service().Optional()}
	for want, parameters := range map[string][]Parameter{
		"look ENVIRONMENT [SERVICE]":       place,
		"look ENVIRONMENT [SERVICE] [--…]": append(place[:2:2], Switch("loud", "loudly"), Count("lines", "how many", 1, 9)),
	} {
		if got := (&Action{Name: "look", Parameters: parameters}).Synopsis(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
