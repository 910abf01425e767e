package actions

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ecsbot/actions/fleet"
)

func TestNothingBehindTheDashesIsChanged(t *testing.T) {
	for text, want := range map[string][]string{
		`run staging api -- a b`:                 {"a", "b"},
		`run staging api -- sh -c 'echo "hi"'`:   {"sh", "-c", `echo "hi"`},
		"run staging api -- “a b”":               {"“a", "b”"},
		"run staging api -- a\u00a0b --flag=–":   {"a\u00a0b", "--flag=–"},
		"run staging api — a — b":                {"a", "—", "b"},
		`run staging api --reason "a -- b" -- c`: {"c"},
		`run staging api -- ""`:                  {""},
		"run staging api -- -- --":               {"--", "--"},
		"run staging api -- ü\U0001F600 \u202e":  {"ü\U0001F600", "\u202e"},
	} {
		_, rest, hasRest, err := split(text)
		if err != nil || !hasRest || !slices.Equal(rest, want) {
			t.Errorf("%q: %q, %v", text, rest, err)
		}
		kept, err := readWords(flat(writeWords(rest), longestArgument))
		if err != nil || !slices.Equal(kept, want) {
			t.Errorf("%q is kept as %q: %v", text, kept, err)
		}
	}
	if _, _, _, err := split("run staging api -- echo 'it"); err == nil {
		t.Error("an open quote was read")
	}
	if _, err := readWords("["); err == nil {
		t.Error("half a list was read")
	}
}

// runner is an action that takes a named task, or a command behind dashes.
func runner(ran *[][]string) Action {
	command := Rest("command", "a command", "id")
	return Action{
		Name: "run", Example: "run staging job", Parameters: []Parameter{Environment(), Service(), command}, Changes: true, Beside: true,
		Tasks: true, Rest: command, RestAction: "run-command", AWS: []string{"ecs:RunTask"},
		Run: func(_ context.Context, call Call) (Outcome, error) {
			argv := command.Of(call)
			if named, is := call.Task(); is {
				argv = named.Command
			}
			*ran = append(*ran, argv)
			return Outcome{Change: &fleet.Change{}}, nil
		},
	}
}

func TestATaskIsJudgedLikeItsServiceAndACommandByItsOwnPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran [][]string
		w := newWorldWith(t, runner(&ran))
		w.tasks = map[string]NamedTask{
			"job": {Service: "api", Command: []string{"bin/job"}}, "elsewhere": {Service: "api", Command: []string{"x"}, Environments: []string{"prod"}},
			"hidden": {Service: "secret", Command: []string{"x"}},
		}
		for _, test := range []struct{ user, text, want string }{
			{"ALICE", "run staging elsewhere", "I know no task elsewhere in staging."},
			{"ALICE", "run staging hidden", "I know no task hidden in staging."},
			{"ALICE", "run staging nothing", "I know no task nothing in staging."},
			{"ALICE", "run staging jbo", "I know no task jbo in staging."},
			{"ALICE", "run staging api", "I know no task api in staging."},
			{"ALICE", "run staging api -- id", "You may not run api in staging."},
			{"ALICE", "run staging api --", "Nothing stands after --."},
			{"ALICE", "run staging api -- " + strings.Repeat("é", 1900), "That is too long: what stands after -- has at most 8192 characters."},
			{"BOB", "run staging elsewhere", "Those of your services: hidden, job"},
			{"MALLORY", "run staging job", "I know no environment staging"},
		} {
			if got := w.says(test.user, test.text).last(); !strings.Contains(got, test.want) {
				t.Errorf("%s, %s: %q", test.user, test.text, got)
			}
		}
		w.says("ALICE", "run staging job")
		w.says("BOB", "run staging api -- id -u")
		if len(ran) != 2 || !slices.Equal(ran[0], []string{"bin/job"}) || !slices.Equal(ran[1], []string{"id", "-u"}) {
			t.Errorf("ran %q", ran)
		}
		// Both run, and the service can be changed meanwhile.
		if got := w.says("ALICE", "restart staging api").last(); strings.Contains(got, "Another operation") {
			t.Errorf("told %q", got)
		}
	})
}

func TestWhatWasApprovedIsRunWordByWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran [][]string
		w := newWorldWith(t, runner(&ran))
		w.tasks = map[string]NamedTask{"job": {Service: "api", Command: []string{"bin/job"}}}
		w.people.people["ANN"] = w.people.people["BOB"]
		ann := w.people.people["ANN"]
		ann.Actor.User = "ANN"
		w.people.people["ANN"] = ann
		for _, text := range []string{"run prod api -- echo “a”\u202e  'b  c'", "run prod job"} {
			w.says("BOB", text)
			w.clicks("ANN", "approve", w.newest().Operation)
			synctest.Wait()
		}
		if len(ran) != 2 || !slices.Equal(ran[0], []string{"echo", "“a”\u202e", "b  c"}) || !slices.Equal(ran[1], []string{"bin/job"}) {
			t.Errorf("ran %q", ran)
		}
	})
}

// What was approved is a task of the configuration: where that has taken it away, or out of the
// environment, or given its name to a task of another service, nothing runs.
func TestATaskThatIsNoneAnyMoreIsNotRun(t *testing.T) {
	for name, now := range map[string]map[string]NamedTask{
		"taken away":                {},
		"out of the environment":    {"job": {Service: "api", Command: []string{"bin/job"}, Environments: []string{"staging"}}},
		"a task of another service": {"job": {Service: "worker", Command: []string{"bin/job"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ran [][]string
				w := newWorldWith(t, runner(&ran))
				w.tasks = map[string]NamedTask{"job": {Service: "api", Command: []string{"bin/job"}}}
				w.join("ANN", w.people.people["BOB"].Groups...)
				w.says("BOB", "run prod job")
				id := w.newest().Operation
				w.tasks = now
				if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, "not one of the configuration any more") || len(ran) > 0 {
					t.Errorf("told %q, ran %q", got, ran)
				}
				if got := w.of(id); got != "asked voided" {
					t.Errorf("events %s", got)
				}
			})
		})
	}
}
