package actions

import (
	"context"
	"slices"
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
		p := &planner{takes: 3 * time.Second, plan: Plan{Follow: FollowNothing}}
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
// shares out its slowness.
func TestWhatTheServiceAndThePlanTakeIsCountedTogether(t *testing.T) {
	for name, test := range map[string]struct {
		service, plan time.Duration
		reads         int
	}{
		"quick":                  {0, 0, 1},
		"as slow as may be":      {600 * time.Millisecond, 400 * time.Millisecond, 1},
		"both a little too slow": {600 * time.Millisecond, 401 * time.Millisecond, 2},
		"the service alone":      {1100 * time.Millisecond, 0, 2},
		"the plan alone":         {0, 1100 * time.Millisecond, 2},
		"each of them":           {1100 * time.Millisecond, 1100 * time.Millisecond, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := plansWorld(t, &planner{takes: test.plan, plan: Plan{Follow: FollowNothing}})
				w.people.memory["ALICE"] = w.people.people["ALICE"]
				w.fleet.pause = func() time.Duration { return test.service }
				w.people.reads, w.people.ages = 0, nil
				w.says("ALICE", "scale staging api")
				if got := events(w.all()); got != "started accepted" || w.people.reads != test.reads {
					t.Errorf("events %s, %d readings", got, w.people.reads)
				}
				if oldest := slices.Max(w.people.ages); oldest > 4*time.Second {
					t.Errorf("judged by what is %v old", oldest)
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
				p.takes = 3 * time.Second
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

// Slack is asked once more for those who approve only where time has gone.
func TestApproversAreReadOnceMoreWhereTimeHasGone(t *testing.T) {
	for takes, reads := range map[time.Duration]int{0: 2, time.Second: 2, time.Second + 1: 4} { // who clicks, and who asked
		synctest.Test(t, func(t *testing.T) {
			p := &planner{plan: Plan{Follow: FollowNothing}}
			w := plansWorld(t, p)
			id := w.asksFor("ALICE", "scale prod api")
			p.takes, w.people.reads, w.people.ages = takes, 0, nil
			w.clicks("ANN", "approve", id)
			if got := w.of(id); got != "asked approved started accepted" || w.people.reads != reads {
				t.Errorf("after %v: events %s, %d readings", takes, got, w.people.reads)
			}
			if oldest := slices.Max(w.people.ages); oldest > 4*time.Second {
				t.Errorf("after %v: judged by what is %v old", takes, oldest)
			}
		})
	}
}
