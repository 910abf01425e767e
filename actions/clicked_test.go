package actions

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// overtaking is a ledger in which somebody else is faster by one append.
type overtaking struct {
	Ledger
	first sync.Once
	other func()
}

func (o *overtaking) Append(ctx context.Context, decide func(*ledger.State) ([]ledger.Entry, error)) ([]ledger.Entry, error) {
	o.first.Do(o.other)
	return o.Ledger.Append(ctx, decide)
}

// TestWhoeverIsTooLateByAMomentIsTold: what was settled between looking and writing.
func TestWhoeverIsTooLateByAMomentIsTold(t *testing.T) {
	for name, count := range map[string]int{"the last approval": 1, "one of two": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := guardedWorld(t)
				w.rule(guarded(count))
				id := w.asksFor("ALICE", "restart prod api")
				w.runner.Ledger = &overtaking{Ledger: w.stream, other: func() {
					w.write(ledger.Entry{Operation: id, Event: ledger.Rejected, Actor: authz.Actor{Team: "T1", User: "ABE"}, Action: "restart", Environment: "prod", Service: "api"})
				}}
				if got := w.clicks("ANN", "approve", id).last(); !strings.Contains(got, "settled already") || w.fleet.restarts > 0 {
					t.Errorf("told %q", got)
				}
				if got := w.of(id); got != "asked rejected" {
					t.Errorf("events %s", got)
				}
			})
		})
	}
}

// TestAnotherProcessGoesOnOnTheCardThatWasClicked, without looking for it.
func TestAnotherProcessGoesOnOnTheCardThatWasClicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		synctest.Wait()
		w.slack.findErr = errAway
		other, err := NewRunner(w.settings())
		if err != nil {
			t.Fatal(err)
		}
		w.runner.Stop(t.Context())
		w.runner = other // whose end the world sees to
		w.clicks("ANN", "approve", id)
		w.finish("arn:prod/api")
		if got := w.slack.last(id); !strings.Contains(got, "Done: ") || w.fleet.restarts != 1 {
			t.Errorf("card %s", got)
		}
		if cards := w.slack.places[id]; len(cards) != 2 || cards[1].Channel != "ALICE" { // the card, and the notice to whoever asked
			t.Errorf("posted at %v", cards)
		}
	})
}

func TestAServiceThatIsKnownAlreadyNeedsNoWholeDiscovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.fleet.unready = true
		id := w.asksFor("ALICE", "restart prod api")
		if w.clicks("ANN", "approve", id); w.fleet.restarts != 1 {
			t.Errorf("%d restarts", w.fleet.restarts)
		}
	})
}

func TestThreeSecondPersonsAreCountedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.rule(guarded(3))
		id := w.asksFor("ALICE", "restart prod api")
		for position, want := range []string{"Approved. 2 more must approve it.", "Approved. 1 more must approve it.", "Approved. It is being carried out."} {
			if got := w.clicks([]string{"ANN", "ABE", "AMY"}[position], "approve", id).last(); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
		}
	})
}

// TestWhoeverRejectsIsNamedAsTheCompanyHasThem: from another team of a Grid too.
func TestWhoeverRejectsIsNamedAsTheCompanyHasThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		w.runner.Submit(t.Context(), Submission{ID: "f", Actor: authz.Actor{Team: "T9", User: "ANN"}, Form: "reject", Value: id, Reason: "no"}, &fakeReply{})
		if entry := w.newest(); entry.Event != ledger.Rejected || entry.Actor != (authz.Actor{Team: "T1", User: "ANN"}) {
			t.Errorf("entry %+v", entry)
		}
	})
}

// TestOutsidersLearnNothingOfWhatWasWrongWithTheirWords: they are told no before that.
func TestOutsidersLearnNothingOfWhatWasWrongWithTheirWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, text := range []string{"restrat staging api", "restart", "restart staging api --nothing", "restart staging api worker"} {
			if got := w.says("EVE", text).last(); !strings.Contains(got, "I work for members of this company only") {
				t.Errorf("%s: told %q", text, got)
			}
			if entry := w.newest(); !strings.HasPrefix(entry.Reason, "nobody: ") {
				t.Errorf("%s: entry %+v", text, entry)
			}
		}
	})
}

// TestWhatIsNotTheSameIsAskedForBesideIt: another action, or other arguments, on one service.
func TestWhatIsNotTheSameIsAskedForBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plansWorld(t, &planner{plan: Plan{Follow: FollowNothing}})
		one, other := w.asksFor("ALICE", "restart prod api"), w.asksFor("ALICE", "scale prod api")
		short, long := w.asksFor("RITA", "request prod api operator 1h"), w.asksFor("RITA", "request prod api operator 2h")
		for _, id := range []string{one, other, short, long} {
			if got := w.of(id); got != "asked" {
				t.Errorf("%s: %s", id, got)
			}
		}
		if operation, _ := w.stream.Operation(short); strings.Contains(operation.First.Result, "service=") {
			t.Errorf("access is bound to the state of a service: %s", operation.First.Result)
		}
	})
}

// TestTheSameChangeIsAskedForOnceWhoeverAsks: approvers are not asked twice for one thing. It is
// another as soon as the service is another, and access is everybody's own.
func TestTheSameChangeIsAskedForOnceWhoeverAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.join("REX", "S0READERS")
		id := w.asksFor("ALICE", "restart prod api")
		w.fleet.add("prod", "prod", "web")
		w.asksFor("OLGA", "restart prod web")
		if got := w.asks(Request{ID: "too", Actor: authz.Actor{Team: "T1", User: "OLGA"}, Text: "restart prod api"}).last(); got != "ALICE has asked for the same already, and it waits for approval." {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Event != ledger.Refused || entry.Reason != "limit: the same request waits for approval already: operation "+id {
			t.Errorf("entry %+v", entry)
		}
		access := w.asksFor("RITA", "request prod api operator 1h")
		w.asksFor("RITA", "request prod web operator 1h")
		w.asksFor("REX", "request prod api operator 1h")
		if got := w.asks(Request{ID: "twice", Actor: authz.Actor{Team: "T1", User: "RITA"}, Text: "request prod api operator 1h"}).last(); got != "You have asked for the same already, and it waits for approval." {
			t.Errorf("told %q", got)
		}
		w.clicks("ANN", "approve", access)
		w.asks(Request{ID: "longer", Actor: authz.Actor{Team: "T1", User: "RITA"}, Text: "request prod api operator 1h"})
		if entry := w.newest(); entry.Event != ledger.Asked {
			t.Errorf("of access that runs already: %+v", entry)
		}
		w.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Desired++ })
		w.asks(Request{ID: "anew", Actor: authz.Actor{Team: "T1", User: "OLGA"}, Text: "restart prod api"})
		if entry := w.newest(); entry.Event != ledger.Asked || entry.Actor.User != "OLGA" {
			t.Errorf("of a service that has changed: %+v", entry)
		}
		w.clicks("ANN", "approve", id)
		synctest.Wait()
		if got := w.of(id); got != "asked voided" {
			t.Errorf("events %s", got)
		}
		w.join("BEA", "S0SRE")
		w.fleet.add("vault", "prod", "api") // it is tagged anew
		w.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Desired = 3 })
		w.asksFor("BEA", "restart vault api")
	})
}

func TestAReviewIsNoRequestOfWhoeverBrokeTheGlass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.limits = Limits{OpenRequests: 1}
		w.breaks()
		w.finish("arn:prod/api")
		w.asksFor("OLGA", "restart prod api")
	})
}

func TestOtherEnvironmentsAreAllButOneInOrder(t *testing.T) {
	rules := Rulebook{Places: map[string]Place{"staging": {}, "prod": {}, "dev": {}, "a": {}, "vault": {}}}
	if got := strings.Join(rules.elsewhere("prod"), " "); got != "a dev staging vault" {
		t.Errorf("got %s", got)
	}
	if got := (Call{elsewhere: rules.elsewhere("a")}).Elsewhere(); len(got) != 4 {
		t.Errorf("got %v", got)
	}
}

func TestWhatCannotBeReadOfAnEndedOperationIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.says("ALICE", "restart staging api")
		id := w.newest().Operation
		w.finish("arn:staging/api")
		w.runner.Ledger = backless{w.stream}
		if got := w.clicks("BOB", "rollback", id).last(); !strings.Contains(got, "Something went wrong on my side") {
			t.Errorf("told %q", got)
		}
	})
}

// backless is a ledger of which nothing can be read back.
type backless struct{ Ledger }

func (backless) Back(context.Context, func(ledger.Entry) bool) error { return errAway }

func TestAnAlarmThatCannotBeRecordedIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runner.Crowded(5, 2)
		if entry := w.newest(); entry.Action != crowdAction || !strings.HasPrefix(entry.Result, "ALARM: Slack counts 5 connections of this app, and the replicas have 2.") {
			t.Errorf("entry %+v", entry)
		}
		w.runner.Ledger = recordless{w.stream}
		w.runner.Crowded(5, 2)
		if !w.notes.has("an alarm is not recorded") {
			t.Errorf("log %q", w.notes.lines)
		}
	})
}

// recordless is a ledger that takes no records any more.
type recordless struct{ Ledger }

func (recordless) Record(ledger.Entry) error { return errAway }

// TestWhatIsNotHeldFirmlyIsNotJudged: a place may be lost for a while, and while AWS is read.
func TestWhatIsNotHeldFirmlyIsNotJudged(t *testing.T) {
	for name, grasps := range map[string][]Grasp{"for a while": {Loose}, "while AWS is read": {Firm, Loose}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.says("ALICE", "restart staging api")
				synctest.Wait()
				var looks atomic.Int64
				var isBack atomic.Bool
				grasp := func() Grasp {
					if isBack.Load() {
						return Firm
					}
					return grasps[int(looks.Add(1)-1)%len(grasps)]
				}
				w.runner.watcher.mutex.Lock()
				w.runner.watcher.open["op1"].grasp = grasp
				w.runner.watcher.mutex.Unlock()
				w.finish("arn:staging/api")
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := events(w.all()); got != "started accepted" || looks.Load() < 2 {
					t.Errorf("events %s after %d looks", got, looks.Load())
				}
				isBack.Store(true)
				time.Sleep(2 * watchPause)
				synctest.Wait()
				if got := events(w.all()); got != "started accepted succeeded" {
					t.Errorf("events %s", got)
				}
			})
		})
	}
}

// TestWhatMemoryCanAnswerAsksNobody: neither Slack nor AWS.
func TestWhatMemoryCanAnswerAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("BOB", "help")
		for text, want := range map[string]string{"services staging": "listed", "restart staging ecsbot": "That is me", "restart staging nothing": "I know no service nothing"} {
			reads := w.people.reads
			if reply := w.says("BOB", text); !strings.Contains(reply.last(), want) || len(reply.told) != 1 || w.people.reads != reads || len(w.fleet.purposes) > 0 {
				t.Errorf("%s: told %d times, last %q, %d readings of people, %d of AWS", text, len(reply.told), reply.last(), w.people.reads-reads, len(w.fleet.purposes))
			}
		}
	})
}

func TestAPreviewBreaksNoGlass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := plansWorld(t, &planner{plan: Plan{Follow: FollowNothing}})
		reply := w.says("OLGA", "scale prod api --plan --break-glass fire")
		if got := reply.last(); len(reply.forms) > 0 || !strings.Contains(got, "Nothing was done.") || events(w.all()) != "read" {
			t.Errorf("forms %v, told %q", reply.forms, got)
		}
	})
}

// TestTheFormOffersWhatAnAccessGives: to whoever holds no role there.
func TestTheFormOffersWhatAnAccessGives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		rules := guarded(1)
		rules.Requestable[0].Group = "S0NEWCOMERS"
		w.rule(rules)
		w.join("NINA", "S0NEWCOMERS")
		offered := func() string {
			window, _ := w.guides("NINA", map[string]string{ActionField: "restart"})
			if window.last().Action != "restart" {
				return ""
			}
			return values(window.field(t, "environment").Choices)
		}
		id := w.asksFor("NINA", "request prod api operator 1h")
		if got := offered(); got != "" {
			t.Errorf("offered %q before it was approved", got)
		}
		w.clicks("ANN", "approve", id)
		synctest.Wait()
		if got := w.suggests("NINA", "restart", "environment", "", nil); got != "prod" {
			t.Errorf("suggested %q", got)
		}
		if got := w.suggests("BOB", "restart", "service", "ap", map[string]string{"environment": "prod"}); got != "api" {
			t.Errorf("suggested %q", got)
		}
	})
}

func TestLogLinesAreNotSharedWhereTheyAreNobodyElses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		action := Action{Name: "diff", Example: "diff staging api", Parameters: []Parameter{Environment(), Service()}}
		action.Run = func(context.Context, Call) (Outcome, error) {
			return Outcome{Message: Say(Plain, "lines"), Logs: true}, nil
		}
		w := newWorldWith(t, action)
		reply := w.says("BOB", "diff prod api --share")
		if got := reply.last(); len(reply.shared) > 0 || !strings.Contains(got, "Not shared: log lines of prod go to whoever asked for them alone.") {
			t.Errorf("shared %v, told %q", reply.shared, got)
		}
		w.places["staging"] = Place{LogsInThread: true}
		if reply := w.says("BOB", "diff staging api --share"); len(reply.shared) != 1 {
			t.Errorf("shared %v, told %q", reply.shared, reply.last())
		}
	})
}

// TestAGlassThatNeedNotBeBrokenIsNot: where no second person is wanted, nothing is marked.
func TestAGlassThatNeedNotBeBrokenIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		reply := w.says("ALICE", "restart staging api --break-glass fire")
		synctest.Wait()
		if len(reply.forms) > 0 || w.fleet.restarts != 1 {
			t.Errorf("forms %v, told %q", reply.forms, reply.last())
		}
		for _, entry := range w.all() {
			if entry.Action == reviewAction || strings.HasPrefix(entry.Reason, "break-glass") {
				t.Errorf("entry %+v", entry)
			}
		}
		if purpose := w.fleet.purposes[len(w.fleet.purposes)-1]; purpose.BreakGlass {
			t.Errorf("purpose %+v", purpose)
		}
	})
}

// TestAQuestionAboutAServiceNeedsNone: what is answered from memory does not say whether it exists.
func TestAQuestionAboutAServiceNeedsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, Action{
			Name: "can", Example: "can staging api", Parameters: []Parameter{Environment(), Service()}, Open: true, Instant: true,
			Run: func(context.Context, Call) (Outcome, error) { return Outcome{Message: Say(Plain, "you can")}, nil },
		})
		for _, text := range []string{"can staging api", "can staging nothing"} {
			if got := w.says("BOB", text).last(); got != "you can" {
				t.Errorf("%s: told %q", text, got)
			}
		}
	})
}
