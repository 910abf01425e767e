package actions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// bulkWorld can restart several services at once.
func bulkWorld(t *testing.T) *world {
	t.Helper()
	all := Switch("all", "every service")
	var w *world
	many := Action{
		Name: "deploy", Example: "deploy staging api", Parameters: []Parameter{Environment(), Services(), all}, Changes: true, Bulk: all, Undo: true,
		AWS:  []string{"ecs:UpdateService"},
		Plan: func(context.Context, Call) (Plan, error) { return Plan{}, nil },
		Run: func(ctx context.Context, call Call) (Outcome, error) {
			if _, err := w.run(Outcome{})(ctx, call); err != nil {
				return Outcome{}, err
			}
			change := w.fleet.restart(call.Service())
			return Outcome{Change: &change}, nil
		},
	}
	w = newWorldWith(t, many)
	return w
}

// changed are the services for which something was run.
func (w *world) changed() []string {
	w.fleet.mutex.Lock()
	defer w.fleet.mutex.Unlock()
	var names []string
	for _, call := range w.ran {
		names = append(names, call.service.Name)
	}
	slices.Sort(names)
	return names
}

func (w *world) goes(arns ...string) {
	for _, arn := range arns {
		w.fleet.set(arn, func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Completed })
	}
	time.Sleep(2 * watchPause)
	synctest.Wait()
}

// together asks, and waits until nothing more moves. Who asks is not held up until all have ended.
func (w *world) together(text string) *fakeReply {
	began := time.Now()
	reply := w.asks(Request{ID: text, Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: text, Where: Where{Channel: "C1"}})
	if took := time.Since(began); took > 0 {
		w.t.Errorf("whoever asked was held up for %v", took)
	}
	synctest.Wait()
	return reply
}

func TestSeveralServicesAreChangedAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.together("deploy staging api worker secret one/twin")
		if got := w.changed(); len(got) != bulkAtOnce {
			t.Errorf("changed at once: %v", got)
		}
		w.goes("arn:staging/api", "arn:staging/worker", "arn:staging/secret")
		if got := w.changed(); len(got) != 4 {
			t.Errorf("changed: %v", got)
		}
		w.goes("arn:one/twin")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := w.slack.last("op1"); !strings.Contains(got, "one/twin: Done: ") || !strings.Contains(got, "api: Done: ") {
			t.Errorf("card %s", got)
		}
		if entry := w.newest(); entry.Result != "4 services: api worker secret one/twin" || entry.Reason != "" {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestAfterTheFirstThatFailsNoneBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.together("deploy staging api worker secret one/twin")
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "no" })
		time.Sleep(2 * watchPause)
		w.goes("arn:staging/worker", "arn:staging/secret")
		if got := w.changed(); slices.Contains(got, "twin") {
			t.Errorf("changed: %v", got)
		}
		if got := w.slack.last("op1"); !strings.Contains(got, "one/twin: not begun") || !strings.Contains(got, "api: Failed: no") {
			t.Errorf("card %s", got)
		}
		if last := w.slack.newest("op1"); len(last.Buttons) != 1 || last.Buttons[0].Label != "api: Roll back" {
			t.Errorf("buttons %v", last.Buttons)
		}
		if entry := w.newest(); entry.Reason != "failed, and none began after: api; not begun: one/twin" {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestSeveralAtOnceAreAPermissionApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		for _, test := range []struct{ user, text, want string }{
			{"MALLORY", "deploy staging --all", "I know no environment staging"},
			{"ALICE", "deploy staging --all", "That needs the permission bulk here."},
			{"ALICE", "deploy staging api worker", "You may not deploy"},
			{"BOB", "deploy staging api nothing", "I know no service nothing in staging."},
			{"BOB", "deploy staging api ecsbot", "That is me"},
			{"BOB", "deploy staging api twin", "Several clusters of staging have a service twin"},
			{"BOB", "deploy prod api api", "api is named twice."},
			{"BOB", "deploy staging api --all", "--all is about every service"},
			{"BOB", "deploy prod --all", "prod is protected: a second person approves one plan at a time."},
			{"BOB", "deploy nowhere --all", "I know no environment nowhere"},
			{"BOB", "deploy staging --all --plan", "Plan: deploy 5 in staging"},
		} {
			if got := w.says(test.user, test.text).last(); !strings.Contains(got, test.want) {
				t.Errorf("%s, %s: %q", test.user, test.text, got)
			}
		}
		if w.did() > 0 {
			t.Errorf("changed %v", w.changed())
		}
		for number := range bulkMost {
			w.fleet.add("dev", "dev", "s"+strings.Repeat("x", number))
		}
		if got := w.says("BOB", "deploy dev --all").last(); !strings.Contains(got, "at most 50 are changed with one command") {
			t.Errorf("told %q", got)
		}
	})
}

// What breaks for one of several is told for it, holds up none, and does not end the process.
func TestWhatBreaksForOneOfSeveralIsItsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.runner.Queued = func(purpose fleet.Purpose, _ []string) time.Duration {
			if strings.HasSuffix(purpose.Target, "worker") {
				panic("an index out of range")
			}
			return 0
		}
		w.together("deploy staging api worker")
		w.goes("arn:staging/api")
		if got := w.slack.last("op1"); !strings.Contains(got, "worker: something went wrong on my side; see audit") || !strings.Contains(got, "api: Done") {
			t.Errorf("card %s", got)
		}
		if entry := w.newest(); entry.Reason != "failed, and none began after: worker" || !w.notes.has("one of several panicked", "service=worker") {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestTheSameCommandAgainChangesNothingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.together("deploy staging api worker")
		w.together("deploy staging api worker")
		if entry := w.newest(); entry.Reason != "asked for already: api worker" {
			t.Errorf("entry %+v", entry)
		}
		w.goes("arn:staging/api", "arn:staging/worker")
		if got := w.changed(); len(got) != 2 {
			t.Errorf("changed: %v", got)
		}
	})
}

func TestStoppingLeavesTheRestUnbegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.together("deploy staging api worker secret one/twin")
		w.runner.Stop(t.Context())
		if got := w.changed(); len(got) != bulkAtOnce {
			t.Errorf("changed: %v", got)
		}
		if entry := w.newest(); entry.Reason != "handed over to the next run: api worker secret; not begun: one/twin" {
			t.Errorf("entry %+v", entry)
		}
		if got := w.slack.last("op1"); !strings.Contains(got, "api: I am being restarted: how it ends is shown on a card of its own") {
			t.Errorf("card %s", got)
		}
		if got := w.says("BOB", "deploy staging api worker").last(); !strings.Contains(got, "I am being restarted.") {
			t.Errorf("told %q", got)
		}
	})
}

// TestSeveralThatWaitTheirTurnDoNotBeginInAProgramThatStops: what has begun comes to its end.
func TestSeveralThatWaitTheirTurnDoNotBeginInAProgramThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.together("deploy staging api worker secret one/twin")
		ctx, cancel := context.WithCancel(t.Context())
		go w.runner.Stop(ctx)
		synctest.Wait()
		w.goes("arn:staging/api", "arn:staging/worker", "arn:staging/secret")
		cancel()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.changed(); slices.Contains(got, "twin") || !strings.Contains(w.slack.last("op1"), "one/twin: not begun") {
			t.Errorf("changed %v, card %s", got, w.slack.last("op1"))
		}
	})
}

// TestAllAreAllThatSomebodyMayChange: who may change many at once changes those that a grant covers.
func TestAllAreAllThatSomebodyMayChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		rule := func(services ...string) {
			w.rule(authz.Rules{
				Environments: []authz.Environment{{Name: "staging"}, {Name: "dev"}},
				Roles:        []authz.Role{{Name: "many", Actions: []string{"status", "bulk"}}},
				Grants: []authz.Grant{
					{Group: "S0SRE", Role: "many", Environments: []string{"staging"}, Line: 1},
					{Group: "S0SRE", Role: "deployer", Environments: []string{"staging"}, Services: services, Line: 2},
					{Group: "S0SRE", Role: "deployer", Environments: []string{"dev"}, Line: 3},
				},
			})
		}
		rule("worker")
		w.together("deploy staging --all")
		if got := w.changed(); !slices.Equal(got, []string{"worker"}) {
			t.Errorf("changed %v", got)
		}
		rule("nothing-of-the-kind")
		if got := w.says("BOB", "deploy staging --all").last(); !strings.Contains(got, "staging has no service that you may deploy.") {
			t.Errorf("told %q", got)
		}
		w.fleet.add("dev", "dev", "web")
		if got := w.says("BOB", "deploy dev api web").last(); !strings.Contains(got, "That needs the permission bulk here.") {
			t.Errorf("told %q", got)
		}
		w.goes("arn:staging/worker")
	})
}

func TestALineOfSeveralSaysHowItsCardStands(t *testing.T) {
	loud := Paragraph{append([]Span{Bold(otherwiseMark)}, Textf("7 tasks")...)}
	for _, test := range []struct {
		card Message
		want string
	}{
		{Say(Working, "One moment"), "One moment"},
		{Message{Title: Textf("Restart"), Body: []Block{Facts{}, Paragraph{Textf("Done.")}, Paragraph{Textf("More.")}}}, "Done."},
		{Message{Title: Textf("Restart"), Body: []Block{Facts{}, loud, Paragraph{Textf("Done.")}}}, otherwiseMark + "7 tasks. Done."},
		{Message{Tone: Working, Title: Textf("Restart"), Body: []Block{Facts{}, Note{Textf("Asking AWS …")}}}, "has begun"},
		{Message{Title: Textf("Restart"), Body: []Block{Facts{}, Note{Textf("Nothing more.")}}}, "Restart"},
		{Message{Title: Textf("Restart"), Body: []Block{Facts{}, Paragraph{Textf("Failed: no steady state.")}, Code{"api ended with exit code 1\nout of memory"}}}, "Failed: no steady state. api ended with exit code 1"},
		{Message{Title: Textf("Restart"), Body: []Block{Facts{}, Paragraph{Textf("Failed.")}, Paragraph{Textf("Its last lines:")}, Code{"a line"}}}, "Failed."},
		{Message{Title: Textf("Restart"), Body: []Block{Paragraph{Textf("Failed.")}, Code{""}}}, "Failed."},
	} {
		if got := stateOf(test.card).Plain(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestOneOfSeveralHasNoThreadAndNoForm(t *testing.T) {
	one := &part{together: &together{task: &task{command: parsed{action: &Action{Name: "x"}}}, board: &board{sink: func(Message, bool) {}}}, ended: make(chan struct{})}
	one.together.parts = []*part{one}
	reply := partReply{one}
	if _, err := reply.Open(t.Context(), Message{}, false); err == nil {
		t.Error("a thread was opened")
	}
	if err := reply.Ask(t.Context(), Form{}); !errors.Is(err, fleet.ErrRefused) {
		t.Errorf("a form was opened: %v", err)
	}
	if reply.Share(t.Context(), Say(Working, "x")) != nil || one.isOver() {
		t.Error("work is an end")
	}
	if reply.Thread(t.Context(), Say(Bad, "x"), Snippet{}) != nil || !one.isOver() {
		t.Error("a failure is no end")
	}
}

// The permission to change several at once is judged by groups that are as fresh as for any change.
func TestSeveralAreJudgedByFreshGroups(t *testing.T) {
	for name, test := range map[string]struct {
		then func(*world)
		told string
	}{
		"who may no more":     {func(w *world) { w.join("BOB", "S0BACKEND") }, "You may not deploy"},
		"while Slack is away": {func(w *world) { w.people.breaks(errAway) }, "I cannot ask Slack"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := bulkWorld(t)
				w.says("BOB", "help") // memory knows BOB
				test.then(w)
				if got := w.together("deploy staging api worker").last(); !strings.Contains(got, test.told) || strings.Join(w.changed(), "") != "" {
					t.Errorf("told %q, changed %v", got, w.changed())
				}
			})
		})
	}
}
