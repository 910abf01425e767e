package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

func TestAChangeInAProtectedEnvironmentTakesASecondPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.approvals = "C0OPS"
		reply := w.says("ALICE", `restart prod api --reason "stuck"`)
		id := w.newest().Operation
		if got := reply.last(); !strings.Contains(got, "Asked for approval: S0APPROVERS may approve it until") || w.fleet.restarts > 0 {
			t.Errorf("told %q, restarted %d times", got, w.fleet.restarts)
		}
		asked := w.newest()
		if asked.Event != ledger.Asked || asked.Target != "arn:prod/api" || asked.Reason != "stuck" || asked.Actor.User != "ALICE" ||
			asked.Result != "expires=2000-01-01T00:30:00Z where=C0OPS service=arn:prod/api deployment=ecs-svc/1 revision=arn:task-definition/api:7 desired=2" {
			t.Errorf("asked: %+v", asked)
		}
		card := w.slack.newest(id)
		for _, want := range []string{
			"Restart api in prod wants approval", "Asked by: ALICE", "Service: prod/api", "Revision running: api:7", "Tasks: 2 running, 2 wanted",
			"Why: stuck", "Expires: 2000-01-01T00:30:00Z", "Operation: " + id, "It wants a second person out of S0APPROVERS",
		} {
			if !strings.Contains(plain(card), want) {
				t.Errorf("the card lacks %q:\n%s", want, plain(card))
			}
		}
		if got := buttons(card); got != "[approve="+id+" reject="+id+"]" || card.Tone != Waiting {
			t.Errorf("buttons %s, tone %s", got, card.Tone)
		}
		confirm := card.Buttons[0].Confirm
		if confirm == nil || !strings.HasPrefix(confirm.Text, "Restart api in prod. ") || w.slack.places[id][0].Channel != "C0OPS" {
			t.Errorf("confirm %+v at %v", confirm, w.slack.places[id])
		}

		w.people.ages = nil
		approval := w.clicks("ANN", "approve", id)
		if got := approval.last(); got != "Approved. It is being carried out." {
			t.Errorf("told %q", got)
		}
		if w.people.ages[0] != 0 {
			t.Errorf("the approver was read at age %v, not anew", w.people.ages[0])
		}
		w.finish("arn:prod/api")
		if got := w.of(id); got != "asked approved started accepted succeeded" || w.fleet.restarts != 1 {
			t.Errorf("events %s, %d restarts", got, w.fleet.restarts)
		}
		for _, entry := range w.all() {
			if wants := map[ledger.Event]string{ledger.Approved: "ANN", ledger.Started: "ALICE"}[entry.Event]; wants != "" && entry.Actor.User != wants {
				t.Errorf("%s by %s", entry.Event, entry.Actor.User)
			}
		}
		if purpose := w.fleet.purposes[len(w.fleet.purposes)-1]; !purpose.Approved || purpose.ApprovedBy != "ANN" || purpose.User != "ALICE" || purpose.BreakGlass {
			t.Errorf("purpose %+v", purpose)
		}
		if got := plain(w.slack.newest(id)); !strings.Contains(got, "Done: 2 tasks running") || !strings.Contains(got, "Why: stuck") {
			t.Errorf("card: %s", got)
		}
		if got := w.slack.notice("ALICE"); !strings.Contains(got, "Done: 2 tasks running") {
			t.Errorf("the requester is told %q", got)
		}
	})
}

func TestTheCardShowsWhoApprovedWhileItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		w.clicks("ANN", "approve", id)
		time.Sleep(2 * watchPause)
		synctest.Wait()
		if got := w.slack.last(id); !strings.Contains(got, "Approved by: ANN") || !strings.Contains(got, "new tasks: 0 of 2") {
			t.Errorf("card: %s", got)
		}
	})
}

func TestClicksThatDoNotCount(t *testing.T) {
	for _, test := range []struct {
		name, user, button string
		prepare            func(*world, string)
		told, reason       string
	}{
		{"the requester", "ALICE", "approve", nil, "somebody else has to approve it", "denied: the requester cannot approve"},
		{"the requester from another team of the company", "ALICE2", "approve", func(w *world, _ string) {
			w.people.people["ALICE2"] = authz.Person{Actor: authz.Actor{Team: "T9", User: "ALICE"}, Standing: authz.Insider, Groups: []string{"S0APPROVERS"}}
		}, "somebody else has to approve it", "denied: the requester cannot approve"},
		{"somebody who is no approver", "BOB", "approve", nil, "You are not among those who may approve this.", "denied: not among the approvers"},
		{"somebody of another company", "EVE", "approve", nil, "I work for members of this company only", "nobody: the caller is from another company"},
		{"an approver under a denial", "LEO", "approve", nil, "is denied to S0LEAVING", "denied: denial of group S0LEAVING, line 30"},
		{"an approver who left the group a second ago", "ANN", "approve", func(w *world, _ string) {
			w.says("ANN", "help")
			time.Sleep(time.Second)
			w.join("ANN")
		}, "You are not among those who may approve this.", "denied: not among the approvers"},
		{"an approver while Slack is away", "ANN", "approve", func(w *world, _ string) { w.people.err = errAway }, "I cannot ask Slack", "stale: groups could not be read in time: away"},
		{"an approval before the first discovery", "ANN", "approve", func(w *world, _ string) { w.fleet.refs, w.fleet.unready = nil, true }, "I have not been able to read the fleet", "stale: the fleet has not been read"},
		{"a rejection by somebody who was no approver a moment ago", "BOB", "reject", func(w *world, _ string) { w.says("BOB", "status prod api") }, "You are not among those who may approve this.", "denied: not among the approvers"},
		{"a rejection by an approver who left the group a second ago", "ANN", "reject", func(w *world, _ string) {
			w.says("ANN", "help")
			w.join("ANN")
		}, "You are not among those who may approve this.", "denied: not among the approvers"},
		{"a rejection while Slack is away", "ANN", "reject", func(w *world, _ string) { w.people.err = errAway }, "I cannot ask Slack", "stale: groups could not be read in time: away"},
		{"a rejection by somebody of another company", "EVE", "reject", nil, "I work for members of this company only", "nobody: the caller is from another company"},
		{"a rejection by somebody who is no approver", "BOB", "reject", nil, "You are not among those who may approve this.", "denied: not among the approvers"},
		{"a button that there is none", "ANN", "detonate", nil, "I do not know this button", "unknown: no such button"},
		{"an operation that there is none", "ANN", "approve of nothing", nil, "settled already, or there is none", "unknown: settled, or never asked for"},
		{"an approval while AWS is away", "ANN", "approve", func(w *world, _ string) { w.fleet.readErr = fleet.ErrUnavailable }, "AWS does not answer", "stale: "},
		{"an approval while it is held", "ANN", "approve", func(w *world, _ string) { w.says("BOB", "hold prod api 1h busy") }, "BOB holds api in prod", "held: hold "},
		{"an approval while it is frozen", "ANN", "approve", func(w *world, _ string) {
			rules := guarded(1)
			rules.Environments[1].Freezes = []authz.Freeze{{Line: 7}}
			w.rule(rules)
		}, "prod is frozen at this time", "frozen: freeze of line 7"},
		{"an approval while another operation changes the service", "ANN", "approve", func(w *world, _ string) {
			w.write(ledger.Entry{Operation: "other", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "BOB"}, Action: "restart", Target: "arn:prod/api"})
		}, "Another operation is changing this service", "held: another operation changes this service"},
		{"an approval of what nobody knows any more", "ANN", "approve", func(w *world, _ string) {
			delete(w.runner.Catalog.byName, "restart")
		}, "Something went wrong on my side", "stale: operation "},
		{"a rejection of what nobody knows any more", "ANN", "reject", func(w *world, _ string) {
			delete(w.runner.Catalog.byName, "restart")
		}, "Something went wrong on my side", "stale: operation "},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				id := w.asksFor("ALICE", "restart prod api")
				if test.prepare != nil {
					test.prepare(w, id)
				}
				var reply *fakeReply
				switch test.button {
				case "reject":
					reply = w.submits(test.user, "reject", id, "no")
				case "approve of nothing":
					reply = w.clicks(test.user, "approve", "nothing")
				default:
					reply = w.clicks(test.user, test.button, id)
				}
				if got := reply.last(); !strings.Contains(got, test.told) {
					t.Errorf("told %q, want %q in it", got, test.told)
				}
				if entry := w.newest(); entry.Event != ledger.Refused || !strings.HasPrefix(entry.Reason, test.reason) || entry.Operation == id || entry.Arguments["operation"] == "" {
					t.Errorf("entry %+v, want %q", entry, test.reason)
				}
				if entry := w.newest(); entry.Arguments["operation"] == id && test.button != "detonate" && (entry.Environment != "prod" || entry.Service != "api") {
					t.Errorf("the entry does not say what it was about: %+v", entry)
				}
				if operation, open := w.stream.Operation(id); !open || !operation.IsWaiting() || w.fleet.restarts > 0 {
					t.Errorf("the request does not wait any more: %s", w.of(id))
				}
			})
		})
	}
}

// TestWhoeverMayNotApproveIsToldFromMemory: clicking on and on must not use up what Slack allows.
func TestWhoeverMayNotApproveIsToldFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		for user, told := range map[string]string{"BOB": "You are not among those who may approve this.", "EVE": "you are from another company here"} {
			first := w.clicks(user, "approve", id).last()
			reads := w.people.reads
			if again := w.clicks(user, "approve", id).last(); !strings.Contains(first, told) || again != first || w.people.reads != reads {
				t.Errorf("%s is told %q, then %q, and Slack is asked %d times more", user, first, again, w.people.reads-reads)
			}
			if again := w.submits(user, "reject", id, "no").last(); again != first || w.people.reads != reads {
				t.Errorf("of a rejection %s is told %q, and Slack is asked %d times more", user, again, w.people.reads-reads)
			}
		}
	})
}

// TestAClickOnWhatIsBeingCarriedOut: a request that was approved does not wait any more, and
// does not expire.
func TestAClickOnWhatIsBeingCarriedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		time.Sleep(29 * time.Minute)
		w.clicks("ANN", "approve", id)
		time.Sleep(2 * time.Minute)
		if got := w.clicks("ABE", "approve", id).last(); !strings.Contains(got, "settled already, or there is none") {
			t.Errorf("told %q", got)
		}
		if got := w.of(id); got != "asked approved started accepted" {
			t.Errorf("entries: %s", got)
		}
	})
}

func TestWhatEndsARequest(t *testing.T) {
	for _, test := range []struct {
		name        string
		change      func(*world)
		told, why   string
		shown, note string
	}{
		{"a deployment by somebody else", func(w *world) {
			w.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Deployments[0].ID = "ecs-svc/other" })
		}, "The service has changed", "deployment=ecs-svc/1 → ecs-svc/other", "Void: the service has changed since it was asked for", "Nothing was done"},
		{"another revision", func(w *world) {
			w.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Revision = "arn:task-definition/api:8" })
		}, "The service has changed", "revision=arn:task-definition/api:7 → arn:task-definition/api:8", "Void: ", "Nothing was done"},
		{"another desired count", func(w *world) {
			w.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Desired = 5 })
		}, "The service has changed", "desired=2 → 5", "Void: ", "Nothing was done"},
		{"a service that is gone from memory", func(w *world) { w.fleet.refs = nil }, "The service is not found any more, so the request is void.", "the service is not found any more", "Void: the service is not found any more", "Nothing was done"},
		{"a requester who left the group", func(w *world) { w.join("ALICE", "S0NONE") }, "Whoever asked may not do this any more", "the requester may not do it any more (unknown: ", "Void: the requester may not do it any more", "Nothing was done"},
		{"a requester who is gone", func(w *world) {
			w.people.people["ALICE"] = authz.Person{Actor: authz.Actor{Team: "T1", User: "ALICE"}, Standing: authz.Departed, Groups: []string{"S0BACKEND"}}
		}, "Whoever asked may not do this any more", "(nobody: the caller is deactivated)", "Void: ", "Nothing was done"},
		{"a retagged service", func(w *world) {
			w.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Environment = "staging" })
		}, "Whoever asked may not do this any more", "the service's tag names another environment now", "Void: ", "Nothing was done"},
		{"a denial since", func(w *world) {
			rules := guarded(1)
			rules.Denials[0].Group = "S0BACKEND"
			w.rule(rules)
		}, "Whoever asked may not do this any more", "denial of group S0BACKEND, line 30", "Void: ", "Nothing was done"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				id := w.asksFor("ALICE", "restart prod api")
				test.change(w)
				if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, test.told) {
					t.Errorf("told %q", got)
				}
				if entry := w.newest(); entry.Event != ledger.Voided || entry.Operation != id || !strings.Contains(entry.Reason, test.why) || entry.Target != "arn:prod/api" {
					t.Errorf("entry %+v", entry)
				}
				if got := w.slack.last(id); !strings.Contains(got, test.shown) || !strings.Contains(got, test.note) {
					t.Errorf("card %s", got)
				}
				if got := w.slack.notice("ALICE"); !strings.Contains(got, test.shown) {
					t.Errorf("the requester is told %q", got)
				}
				if w.fleet.restarts > 0 {
					t.Error("restarted")
				}
				if got := w.clicks("ABE", "approve", id).last(); !strings.Contains(got, "settled already") {
					t.Errorf("a later click is told %q", got)
				}
			})
		})
	}
}

func TestARejectionTakesAReasonAndEndsTheRequest(t *testing.T) {
	for user, who := range map[string]string{"ANN": "an approver", "ALICE": "the requester, who withdraws it"} {
		t.Run(who, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				id := w.asksFor("ALICE", "restart prod api")
				if forms := w.clicks(user, "reject", id).forms; len(forms) != 1 || forms[0].ID != "reject" || forms[0].Value != id || !forms[0].Danger {
					t.Fatalf("forms %+v", forms)
				}
				if got := w.submits(user, "reject", id, "not\nnow"+strings.Repeat("x", 600)).last(); got != "Rejected. Whoever asked is told." {
					t.Errorf("told %q", got)
				}
				if entry := w.newest(); entry.Event != ledger.Rejected || entry.Actor.User != user || !strings.HasPrefix(entry.Reason, "not nowx") || len([]rune(entry.Reason)) != longestReason || entry.Target != "arn:prod/api" {
					t.Errorf("entry %+v", entry)
				}
				if got := w.slack.last(id); !strings.Contains(got, "Rejected by "+user+": not") {
					t.Errorf("card %s", got)
				}
				if got := w.slack.notice("ALICE"); !strings.Contains(got, "Rejected by "+user) {
					t.Errorf("the requester is told %q", got)
				}
				if got := w.clicks("ABE", "approve", id).last(); !strings.Contains(got, "settled already") || w.fleet.restarts > 0 {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

func TestARejectionThatCannotBeAskedOrWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		reply := &fakeReply{askErr: errAway}
		w.runner.Click(t.Context(), Click{ID: "c", Actor: authz.Actor{Team: "T1", User: "ANN"}, Button: "reject", Value: id}, reply)
		if got := reply.last(); !strings.Contains(got, "Something went wrong") {
			t.Errorf("told %q", got)
		}
		w.keeper.Break(errAway)
		if got := w.submits("ANN", "reject", id, "no").last(); !strings.Contains(got, "The ledger cannot be written") {
			t.Errorf("told %q", got)
		}
		if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, "The ledger cannot be written") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
		w.keeper.Break(nil)
		time.Sleep(time.Minute)
		if got := w.of(id); got != "asked" {
			t.Errorf("events %s", got)
		}
	})
}

func TestARequestExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.places["prod"] = Place{Expires: 10 * time.Minute}
		w.tends()
		id := w.asksFor("ALICE", "restart prod api")
		time.Sleep(10*time.Minute - 2*time.Second)
		if got := w.of(id); got != "asked" {
			t.Errorf("events %s", got)
		}
		time.Sleep(4 * time.Second)
		if got := w.of(id); got != "asked expired" {
			t.Errorf("events %s", got)
		}
		if got := w.slack.last(id); !strings.Contains(got, "Expired: nobody answered in time.") || len(w.slack.newest(id).Buttons) > 0 {
			t.Errorf("card %s", got)
		}
		if got := w.slack.notice("ALICE"); !strings.Contains(got, "Expired: ") {
			t.Errorf("the requester is told %q", got)
		}
		if got := w.submits("ANN", "reject", id, "too late").last(); !strings.Contains(got, "settled already") {
			t.Errorf("told %q", got)
		}
	})
}

func TestAClickAfterTheTimeIsTooLateEvenWhereNobodyTends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		time.Sleep(30 * time.Minute)
		if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, "This request has expired.") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
		if got := w.of(id); got != "asked expired" {
			t.Errorf("events %s", got)
		}
	})
}

func TestTwoSecondPersons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.rule(guarded(2))
		id := w.asksFor("ALICE", "restart prod api")
		if got := w.slack.last(id); !strings.Contains(got, "It wants 2 other people out of S0APPROVERS") {
			t.Errorf("card %s", got)
		}
		if got := w.clicks("ANN", "approve", id).last(); got != "Approved. 1 more must approve it." || w.fleet.restarts > 0 {
			t.Errorf("told %q, %d restarts", got, w.fleet.restarts)
		}
		synctest.Wait()
		if got := w.slack.last(id); !strings.Contains(got, "Approved by ANN, 1 of 2") || buttons(w.slack.newest(id)) != "[approve="+id+" reject="+id+"]" {
			t.Errorf("card %s", got)
		}
		if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, "You have approved this before") {
			t.Errorf("approving twice is told %q", got)
		}
		time.Sleep(changeAge + 1)
		w.people.broken = map[string]error{"ANN": errAway}
		if got := w.clicks("ABE", "approve", id).last(); !strings.Contains(got, "I cannot ask Slack") || w.fleet.restarts > 0 {
			t.Errorf("told %q", got)
		}
		w.people.broken = nil
		w.join("ANN") // left the approvers: what she approved does not count any more
		if got := w.clicks("ABE", "approve", id).last(); got != "Approved. 1 more must approve it." || w.fleet.restarts > 0 {
			t.Errorf("told %q, %d restarts", got, w.fleet.restarts)
		}
		synctest.Wait()
		if got := w.slack.last(id); !strings.Contains(got, "Approved by ABE, 1 of 2") || strings.Contains(got, "ANN") {
			t.Errorf("card %s", got)
		}
		if got := w.clicks("AMY", "approve", id).last(); got != "Approved. It is being carried out." || w.fleet.restarts != 1 {
			t.Errorf("told %q, %d restarts", got, w.fleet.restarts)
		}
	})
}

func TestOneRequestAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.limits = Limits{OpenRequests: 1}
		id := w.asksFor("ALICE", "restart prod api")
		again := w.asks(Request{ID: "another", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "restart prod prod/api"})
		if got := again.last(); !strings.Contains(got, "You have asked for the same already") {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); !strings.HasPrefix(entry.Reason, "limit: the same request waits for approval already: operation "+id) {
			t.Errorf("entry %+v", entry)
		}
		w.fleet.add("prod", "prod", "web")
		if got := w.says("ALICE", "restart prod web").last(); !strings.Contains(got, "That is too much for one person at a time: the limit per person is reached: 1 open request.") {
			t.Errorf("told %q", got)
		}
		redelivered := w.says("ALICE", "restart prod api") // the very same request once more
		if got := redelivered.last(); strings.Contains(got, "Asked for approval") {
			t.Errorf("told %q", got)
		}
		if got := w.of(id); got != "asked" {
			t.Errorf("events %s", got)
		}
	})
}

func TestChangesPerPersonAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.limits = Limits{Changes: 1, Window: time.Hour}
		w.says("ALICE", "restart staging api")
		w.finish("arn:staging/api")
		if got := w.says("ALICE", "restart staging worker").last(); !strings.Contains(got, "That is too much for one person at a time") || w.fleet.restarts != 1 {
			t.Errorf("told %q, %d restarts", got, w.fleet.restarts)
		}
		w.says("BOB", "restart staging worker")
		w.finish("arn:staging/worker")
		time.Sleep(time.Hour)
		if w.asks(Request{ID: "later", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "restart staging worker"}); w.fleet.restarts != 3 {
			t.Errorf("%d restarts", w.fleet.restarts)
		}
	})
}

func TestWhereNobodyCouldApproveItIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.rule(guarded(4)) // there are three who may and one who is denied
		w.join("LEO")
		if got := w.says("ALICE", "restart prod api").last(); !strings.Contains(got, "Nobody could approve that: it wants 4 other people") || !strings.Contains(got, "Approvers there: S0APPROVERS") {
			t.Errorf("told %q", got)
		}
		w.fleet.add("vault", "vault", "api")
		if got := w.says("BOB", "restart vault api").last(); !strings.Contains(got, "Nobody could approve that: it wants a second person") || !strings.Contains(got, "Approvers there: S0SRE") {
			t.Errorf("told %q", got)
		}
		w.join("BEA", "S0SRE")
		id := ""
		if reply := w.asks(Request{ID: "again", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "restart vault api"}); strings.Contains(reply.last(), "Asked") {
			id = w.newest().Operation
		}
		if w.clicks("BEA", "approve", id); w.fleet.restarts != 1 {
			t.Error("whoever else holds the action cannot approve it")
		}
		if w.slack.places[id][0].Channel != "" { // where it was asked, as no channel is configured
			t.Errorf("posted at %v", w.slack.places[id])
		}
	})
}

func TestAskingWhileTheLedgerIsDownIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.keeper.Break(errAway)
		if got := w.says("ALICE", "restart prod api").last(); !strings.Contains(got, "The ledger cannot be written") || len(w.slack.cards) > 0 {
			t.Errorf("told %q", got)
		}
	})
}

// TestARequestThatArrivesAgainIsNotAskedAgain: neither while it waits nor after it was rejected.
func TestARequestThatArrivesAgainIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		entries := len(w.all())
		again := func() {
			reply := w.says("ALICE", "restart prod api")
			if got := reply.last(); !strings.Contains(got, "On it") || len(w.all()) != entries {
				t.Errorf("told %q, and there are %d entries more", got, len(w.all())-entries)
			}
		}
		again()
		w.submits("ANN", "reject", id, "no")
		entries = len(w.all())
		again()
	})
}
