package actions

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// planner makes the plan of an action anew each time it is asked; a test changes it meanwhile.
type planner struct {
	plan  Plan
	err   error
	takes time.Duration
	made  int
}

func (p *planner) action() Action {
	return Action{
		Name: "scale", Example: "scale staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true, AWS: []string{"ecs:UpdateService"},
		Plan: func(context.Context, Call) (Plan, error) {
			p.made++
			time.Sleep(p.takes)
			return p.plan, p.err
		},
		Run: func(context.Context, Call) (Outcome, error) { return Outcome{Change: &fleet.Change{}}, nil },
	}
}

// plansWorld is a guarded world in which scale has that plan, and BACKEND holds it on prod, but
// not run-command.
func plansWorld(t *testing.T, p *planner) *world {
	t.Helper()
	w := guardedWorld(t)
	w.others = append(w.others, p.action())
	var err error
	if w.runner, err = NewRunner(w.settings()); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWhatIsVoidIsToldInTheRefusalsOwnWords: the code that the record has means nothing to people.
func TestWhatIsVoidIsToldInTheRefusalsOwnWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planner{plan: Plan{Follow: FollowNothing}}
		w := plansWorld(t, p)
		id := w.asksFor("ALICE", "scale prod api")
		no := Say(Refusal, "There is no room.")
		no.Body = []Block{Note{Textf("Make some.")}}
		p.err = Refuse(authz.CodeDenied, "no room", no)
		told := w.clicks("ANN", "approve", id).last()
		if entry := w.newest(); entry.Reason != "what was asked for is not possible any more: denied: no room" {
			t.Errorf("entry %+v", entry)
		}
		for where, got := range map[string]string{"reply": told, "card": w.slack.last(id), "notice": w.slack.notice("ALICE")} {
			if !strings.Contains(got, "There is no room.\nMake some.") || strings.Contains(got, "denied") {
				t.Errorf("%s: %s", where, got)
			}
		}
	})
}

// TestWhoeverIsRefusedAPlanBySomebodysChangeIsToldOfThat, and not of what stands in the middle of it.
func TestWhoeverIsRefusedAPlanBySomebodysChangeIsToldOfThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planner{err: Refuse(authz.CodeUnknown, "no revision before", Say(Refusal, "There is none before it."))}
		w := plansWorld(t, p)
		w.says("BOB", "restart staging worker")
		if got := w.says("ALICE", "scale staging api").last(); !strings.Contains(got, "There is none before it.") {
			t.Errorf("beside a change of another service told %q", got)
		}
		w.says("BOB", "restart staging api")
		if got := w.says("ALICE", "scale staging api").last(); !strings.Contains(got, "Another operation is changing this service right now: restart by BOB") {
			t.Errorf("told %q", got)
		}
	})
}

// TestThePlanIsMadeAnewAtTheApproval: what was approved is what can be done now, or nothing.
func TestThePlanIsMadeAnewAtTheApproval(t *testing.T) {
	for _, test := range []struct {
		name   string
		since  func(*planner, *world)
		events string
		plans  int // that were made
		told   string
		void   string
	}{
		{"the same", func(*planner, *world) {}, "asked approved started accepted", 2, "Approved. It is being carried out.", ""},
		{"not possible any more", func(p *planner, _ *world) {
			p.err = Refuse(authz.CodeDenied, "no room", Say(Refusal, "There is no room."))
		}, "asked voided", 2, "What was asked for is not possible any more, so the request is void. Nothing was done.\nThere is no room.", "what was asked for is not possible any more"},
		{"not readable", func(p *planner, _ *world) { p.err = fleet.ErrUnavailable }, "asked", 2, "AWS does not answer", ""},
		{"another one", func(p *planner, _ *world) { p.plan.Bound = []string{"image=other"} }, "asked voided", 2, "The service has changed since this was asked for", "the service has changed since it was asked for: image=one → other"},
		{"none, since whoever asked has left", func(_ *planner, w *world) { w.join("ALICE", "S0NONE") }, "asked voided", 1, "Whoever asked may not do this any more", "the requester may not do it any more (unknown: "},
		{"one that wants more than whoever asked holds", func(p *planner, _ *world) { p.plan.Needs = "run-command" }, "asked voided", 2, "Whoever asked may not do this any more", "the requester may not do it any more (denied: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &planner{plan: Plan{Lines: []Text{Textf("2 → 3 tasks"), Textf("at once")}, Bound: []string{"image=one"}, Follow: FollowNothing}}
				w := plansWorld(t, p)
				id := w.asksFor("ALICE", "scale prod api")
				test.since(p, w)
				if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, test.told) {
					t.Errorf("told %q", got)
				}
				if got := w.of(id); got != test.events || p.made != test.plans {
					t.Errorf("events %s, planned %d times", got, p.made)
				}
				if entry := w.newest(); test.void != "" && !strings.HasPrefix(entry.Reason, test.void) {
					t.Errorf("entry %+v", entry)
				}
				if test.void != "" && !strings.Contains(w.slack.last(id), "Void: "+test.void) {
					t.Errorf("card %s", w.slack.last(id))
				}
			})
		})
	}
}

func TestAPlanThatWantsMoreIsJudgedByThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planner{plan: Plan{Needs: "run-command", Follow: FollowNothing}}
		w := plansWorld(t, p)
		if got := w.says("ALICE", "scale staging api").last(); !strings.Contains(got, "That needs the permission run-command here.") {
			t.Errorf("told %q", got)
		}
		id := w.asksFor("BOB", "scale prod api") // an admin, who holds it
		if entry := w.newest(); !strings.HasSuffix(entry.Result, " needs=run-command") {
			t.Errorf("asked %q", entry.Result)
		}
		rules := guarded(1)
		rules.Denials[0] = authz.Denial{Group: "S0APPROVERS", Actions: []string{"run-command"}, Environments: []string{"prod"}, Line: 31}
		w.rule(rules)
		if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, "is denied to S0APPROVERS") { // who is judged by it too
			t.Errorf("told %q", got)
		}
		w.rule(guarded(1))
		w.clicks("ANN", "approve", id)
		if got := w.of(id); got != "asked approved started accepted" {
			t.Errorf("events %s", got)
		}
	})
}

func TestAPlanThatCannotBeMadeIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planner{err: Refuse(authz.CodeDenied, "too many", Say(Refusal, "At most 20."))}
		w := plansWorld(t, p)
		if got := w.says("ALICE", "scale staging api").last(); got != "At most 20." {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Event != ledger.Refused || p.err.Error() != "denied: too many" {
			t.Errorf("entry %+v", entry)
		}
		p.err = fleet.ErrUnavailable
		if got := w.asks(Request{ID: "2", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "scale staging api"}).last(); !strings.Contains(got, "AWS does not answer") {
			t.Errorf("told %q", got)
		}
	})
}

// TestWhoeverLeavesWhileThePlanIsMadeIsRefused: what was read before a long reading is not
// fresh after it.
func TestWhoeverLeavesWhileThePlanIsMadeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planner{takes: 6 * time.Second, plan: Plan{Follow: FollowNothing}}
		w := plansWorld(t, p)
		time.AfterFunc(time.Second, func() { w.join("ALICE", "S0READERS") })
		if got := w.says("ALICE", "scale staging api").last(); !strings.Contains(got, "I know no environment staging") {
			t.Errorf("told %q", got)
		}
		if got := events(w.all()); got != "refused" {
			t.Errorf("events %s", got)
		}
	})
}

// What is decided rests on nothing about a person that is older than five seconds, however AWS
// and Slack share out their slowness.
func TestNothingAboutAPersonIsOlderThanAChangeAllows(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		service, plan, slack time.Duration
		reads                int
		events               string
	}{
		"quick":                  {0, 0, 0, 1, "started accepted"},
		"as slow as may be":      {3 * second, 2 * second, 0, 1, "started accepted"},
		"both a little too slow": {3 * second, 2*second + 1, 0, 2, "started accepted"},
		"the service alone":      {5*second + 1, 0, 0, 2, "started accepted"},
		"the plan alone":         {0, 5*second + 1, 0, 2, "started accepted"},
		"each of them":           {5*second + 1, 5*second + 1, 0, 3, "started accepted"},
		"Slack is slow too":      {0, 4 * second, 3 * second, 2, "started accepted"},
		"Slack is far too slow":  {0, 0, 5*second + 1, 0, "refused"},
		"… after a while":        {0, 6 * second, 5*second + 1, 0, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := plansWorld(t, &planner{takes: test.plan, plan: Plan{Follow: FollowNothing}})
				w.people.memory["ALICE"] = w.people.people["ALICE"]
				w.fleet.pause = func() time.Duration { return test.service }
				w.people.pause = func() time.Duration { return test.slack }
				w.says("ALICE", "scale staging api")
				if got := events(w.all()); got != test.events || w.people.reads != test.reads {
					t.Errorf("events %s, %d readings", got, w.people.reads)
				}
				if age := w.ageAtStart("ALICE"); age > 5*time.Second {
					t.Errorf("judged by what is %v old", age)
				}
			})
		})
	}
}

func TestAPreviewOfWhatWouldBeRefusedSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plansWorld(t, &planner{plan: Plan{Follow: FollowNothing}})
		w.says("BOB", "hold staging 1h busy")
		if got := w.says("ALICE", "scale staging api --plan").last(); !strings.Contains(got, "It would be refused now: BOB holds api in staging until") {
			t.Errorf("told %q", got)
		}
	})
}

// lagging is a ledger that cannot read what others wrote.
type lagging struct{ Ledger }

func (lagging) Refresh(context.Context) error { return errAway }

func TestAClickWhileWhatOthersWroteCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		if w.clicks("ANN", "approve", "another"); w.notes.has("what others have written cannot be read") {
			t.Error("it could be read")
		}
		w.runner.Ledger = lagging{w.stream}
		id := w.asksFor("ALICE", "restart prod api")
		if w.clicks("ANN", "approve", id); w.fleet.restarts != 1 || w.notes.has("what others have written cannot be read") {
			t.Errorf("what this process knows needs no look at others: %d restarts", w.fleet.restarts)
		}
		if got := w.clicks("ANN", "approve", "another").last(); !strings.Contains(got, "settled already, or there is none") || !w.notes.has("what others have written cannot be read") {
			t.Errorf("told %q", got)
		}
	})
}

// Whoever approves is judged by groups that are as fresh as a change demands when it is begun:
// those who clicked, and those who approved before.
func TestWhoeverLeavesWhileAnApprovalIsCarriedOutDoesNotApproveIt(t *testing.T) {
	for name, test := range map[string]struct {
		count  int
		leaves func(*world)
		told   string
		events string
	}{
		"who clicks":              {1, func(w *world) { w.join("ANN") }, "not among those who may approve", "asked"},
		"who approved before":     {2, func(w *world) { w.join("ABE") }, "1 more must approve it", "asked approved approved"},
		"nobody":                  {1, func(*world) {}, "", "asked approved started accepted"},
		"Slack does not say":      {1, func(w *world) { w.people.vanish() }, "I cannot ask Slack", "asked"},
		"Slack says another half": {1, func(w *world) { w.people.breaksFor("ANN") }, "I cannot ask Slack", "asked"},
		"Slack says half of it":   {2, func(w *world) { w.people.breaksFor("ABE") }, "I cannot ask Slack", "asked approved"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &planner{plan: Plan{Follow: FollowNothing}}
				w := plansWorld(t, p)
				w.rule(guarded(test.count))
				id := w.asksFor("ALICE", "scale prod api")
				if test.count == 2 {
					w.clicks("ABE", "approve", id)
				}
				p.takes = 6 * time.Second
				time.AfterFunc(time.Second, func() { test.leaves(w) })
				got := w.clicks("ANN", "approve", id).last()
				if !strings.Contains(got, test.told) {
					t.Errorf("told %q", got)
				}
				if got := w.of(id); got != test.events {
					t.Errorf("events %s", got)
				}
			})
		})
	}
}

// For whoever is refused on what was read anew nothing more is read.
func TestWhatIsRefusedIsNotPlanned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planner{plan: Plan{Follow: FollowNothing}}
		w := plansWorld(t, p)
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Environment, s.Conflict = "prod", "its cluster is of prod" })
		if got := w.says("ALICE", "scale staging api").last(); !strings.Contains(got, "I know no service api") || p.made > 0 {
			t.Errorf("told %q, planned %d times", got, p.made)
		}
		if entry := w.newest(); entry.Event != ledger.Refused || !strings.Contains(entry.Reason, "its cluster is of prod") {
			t.Errorf("entry %+v", entry)
		}
	})
}

// A bot that does not know its own service takes nothing for it.
func TestWhatIsNotFoundIsNotTheBotsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		settings := w.settings()
		settings.Own = func(service fleet.Service) bool { return service.ARN == "" }
		var err error
		if w.runner, err = NewRunner(settings); err != nil {
			t.Fatal(err)
		}
		if got := w.says("BOB", "restart staging nothing").last(); !strings.Contains(got, "I know no service nothing") {
			t.Errorf("told %q", got)
		}
	})
}

// ageAtStart is how old what is known of somebody was when the last change was begun; 0 where none was.
func (w *world) ageAtStart(user string) (age time.Duration) {
	for _, entry := range w.all() {
		if entry.Event == ledger.Started {
			age = entry.Time.Sub(w.people.since[user])
		}
	}
	return age
}

// Slack is asked once more for those who approve, and for who asked, only where time has gone; and
// once more where it took so long that others were too old by then.
func TestApproversAreReadOnceMoreWhereTimeHasGone(t *testing.T) {
	const most = 5 * time.Second
	for _, test := range []struct {
		plan, slack time.Duration
		reads       int // at least one of who clicks and one of who asked
	}{{0, 0, 2}, {most, 0, 2}, {most + 1, 0, 4}, {most, 2400 * time.Millisecond, 4}, {3500 * time.Millisecond, time.Second, 4}} {
		synctest.Test(t, func(t *testing.T) {
			p := &planner{plan: Plan{Follow: FollowNothing}}
			w := plansWorld(t, p)
			id := w.asksFor("ALICE", "scale prod api")
			p.takes, w.people.reads = test.plan, 0
			w.people.pause = func() time.Duration { return test.slack }
			w.clicks("ANN", "approve", id)
			if got := w.of(id); got != "asked approved started accepted" || w.people.reads != test.reads {
				t.Errorf("%v: events %s, %d readings", test, got, w.people.reads)
			}
			for _, user := range []string{"ALICE", "ANN"} {
				if age := w.ageAtStart(user); age > most {
					t.Errorf("%v: %s is judged by what is %v old", test, user, age)
				}
			}
		})
	}
}

// Whoever presses a button that changes something is judged by what is read after that.
func TestWhoPressesIsReadAnew(t *testing.T) {
	for name, test := range map[string]struct {
		request Request
		age     time.Duration
	}{
		"typed":     {Request{ID: "r1"}, 4 * time.Second},
		"pressed":   {Request{ID: "r1", pressed: true}, 0},
		"confirmed": {Request{ID: "r1", Confirmed: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := plansWorld(t, &planner{plan: Plan{Follow: FollowNothing}})
				test.request.Actor, test.request.Text, test.request.Where = authz.Actor{Team: "T1", User: "ALICE"}, "scale staging api", Where{Channel: "C1"}
				w.people.memory["ALICE"] = w.people.people["ALICE"]
				w.runner.Do(t.Context(), test.request, &fakeReply{})
				if got := events(w.all()); got != "started accepted" || w.people.ages[0] != test.age {
					t.Errorf("events %s, read at age %v", got, w.people.ages)
				}
			})
		})
	}
}

// blank has nothing at hand of anybody, as where groups change all the time.
type blank struct{ *fakePeople }

func (blank) Recall(authz.Actor, time.Duration) (authz.Person, bool) { return authz.Person{}, false }

func TestWhatIsNeverRecentChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plansWorld(t, &planner{plan: Plan{Follow: FollowNothing}})
		w.runner.People = blank{w.people}
		w.says("ALICE", "scale staging api")
		if got := events(w.all()); got != "refused" || !w.notes.has("groups are not fresh", "too old before it is there") {
			t.Errorf("events %s", got)
		}
	})
}
