package actions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// lastWords is an action that offers itself where a change has failed.
func lastWords(ran func(Call)) Action {
	return Action{
		Name: "why", Example: "why staging api", Parameters: []Parameter{Environment(), Service()},
		AfterFailure: &Offer{Button: "errors", Label: "Show its logs", Command: func(environment, service string) string {
			return "why " + environment + " " + service
		}},
		Run: func(_ context.Context, call Call) (Outcome, error) {
			ran(call)
			return Outcome{Message: Say(Plain, "its last words")}, nil
		},
	}
}

func TestAFailedChangeOffersWhatWhoeverPressesMayDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran []Call
		w := newWorldWith(t, lastWords(func(call Call) { ran = append(ran, call) }))
		w.says("ALICE", "restart staging api")
		w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout = fleet.Failed })
		time.Sleep(time.Minute)
		synctest.Wait()
		buttons := w.slack.newest("op1").Buttons
		if len(buttons) != 1 || buttons[0].ID != "errors" || buttons[0].Label != "Show its logs" {
			t.Fatalf("buttons %+v", buttons)
		}
		click := func(user string) string {
			reply := &fakeReply{}
			w.runner.Click(t.Context(), Click{
				ID: "click of " + user, Actor: authz.Actor{Team: "T1", User: user}, Button: "errors", Value: buttons[0].Value,
				Card: Card{Channel: "C1", Message: "1.2"}, Where: Where{Channel: "C1"},
			}, reply)
			return reply.last()
		}
		if said := click("MALLORY"); !strings.Contains(said, "no role") || len(ran) != 0 {
			t.Errorf("who holds nothing is told %q, %d ran", said, len(ran))
		}
		if said := click("BOB"); said != "its last words" || len(ran) != 1 || ran[0].Person().Actor.User != "BOB" || ran[0].Service().Name != "api" {
			t.Errorf("who may is told %q, %d ran", said, len(ran))
		}
		time.Sleep(30 * 24 * time.Hour)
		w.runner = w.another()
		if said := click("BOB"); said != "its last words" || len(ran) != 2 {
			t.Errorf("a month and a restart later: told %q, %d ran", said, len(ran))
		}
		buttons[0].Value = "nothing"
		if said := click("BOB"); !strings.Contains(said, "do not know this button") {
			t.Errorf("of nothing: told %q", said)
		}
	})
}

func TestARequestByButtonStandsBelowItsMessage(t *testing.T) {
	for _, row := range []struct {
		says  string
		click Click
		want  Where
	}{
		{"a message", Click{Where: Where{Channel: "C1"}, Card: Card{Channel: "C1", Message: "1.2"}}, Where{Channel: "C1", Thread: "1.2"}},
		{"one in a thread", Click{Where: Where{Channel: "C1", Thread: "1.1"}, Card: Card{Channel: "C1", Message: "1.2"}}, Where{Channel: "C1", Thread: "1.1"}},
		{"one that a person sees alone", Click{Where: Where{Channel: "C1"}}, Where{Channel: "C1"}},
	} {
		if got := row.click.thread(); got != row.want {
			t.Errorf("%s: %+v", row.says, got)
		}
	}
}

func TestClaimsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all claims
		nothing := func(context.Context, Click, Reply) {}
		for i := range claimsMost {
			all.put("file", fmt.Sprint(i), nothing)
		}
		all.put("file", "one more", nothing)
		if _, known := all.find("file", "one more"); !known || len(all.all) != claimsMost {
			t.Errorf("%d are kept, the newest known: %v", len(all.all), known)
		}
		time.Sleep(claimAge)
		all.put("file", "much later", nothing)
		if len(all.all) != 1 {
			t.Errorf("%d are kept of which all but one have run out", len(all.all))
		}
	})
}

// another is a second process on the same ledger.
func (w *world) another() *Runner {
	w.t.Helper()
	settings := w.settings()
	stream, err := ledger.Open(w.t.Context(), w.keeper, ledger.Options{Now: time.Now, Shared: true})
	if err != nil {
		w.t.Fatal(err)
	}
	settings.Ledger = stream
	newID := w.runner.NewID
	settings.NewID = func() string { return "other" + newID() }
	runner, err := NewRunner(settings)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		runner.Stop(context.Background())
		stream.Close(context.Background())
	})
	return runner
}

// page is a reading of one page, which counts what was pressed on it.
type page struct{ pressed *[]string }

func (p page) Buttons() []string { return []string{"older"} }
func (p page) Asks(string) bool  { return false }
func (p page) Press(_ context.Context, call Call, button string) (Outcome, error) {
	*p.pressed = append(*p.pressed, button+" of "+call.Operation())
	return Outcome{Message: Say(Plain, "an older page")}, nil
}

func TestTheButtonsOfAPageWorkInAProcessThatHasNotReadIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pressed []string
		reads := 0
		w := newWorldWith(t, Action{
			Name: "diff", Example: "diff staging api", Parameters: []Parameter{Environment(), Service()}, AWS: []string{"logs:FilterLogEvents"}, Threaded: true,
			Run: func(context.Context, Call) (Outcome, error) {
				reads++
				return Outcome{Page: &Message{Title: Textf("lines")}, Reading: page{&pressed}}, nil
			},
		})
		w.places["staging"] = Place{OperatorRole: "arn:role", Region: "eu-west-1", LogsInThread: true}
		w.runner = w.another() // of two that share the ledger
		w.says("ALICE", "diff staging api")
		id := w.newest().Operation
		other := w.another()
		press := func(user, button, value string) string {
			reply := &fakeReply{}
			other.Click(t.Context(), Click{ID: user, Actor: authz.Actor{Team: "T1", User: user}, Button: button, Value: value, Where: Where{Channel: "C1"}}, reply)
			return reply.last()
		}
		if said := press("MALLORY", "older", id); !strings.Contains(said, "no role") || reads != 1 {
			t.Errorf("who holds nothing is told %q, read %d times", said, reads)
		}
		if said := press("ALICE", "older", id); said != "an older page" || reads != 2 {
			t.Errorf("told %q, read %d times", said, reads)
		}
		if said := press("ALICE", "older", id); said != "an older page" || reads != 2 {
			t.Errorf("what was read again is kept: told %q, read %d times", said, reads)
		}
		if got := strings.Join(pressed, ", "); got != "older of "+id+", older of "+id {
			t.Errorf("pressed %s", got)
		}
		for button, value := range map[string]string{"older": "nothing", "newer": id} {
			if said := press("ALICE", button, value); !strings.Contains(said, "do not know this button") {
				t.Errorf("%s of %s: told %q", button, value, said)
			}
		}
	})
}

// quiet is a followed log in which nothing happens.
type quiet struct{}

func (quiet) Next(context.Context, Call) (Message, bool, error) {
	return Say(Plain, "following"), false, nil
}

func (quiet) Close() {}

func (quiet) Last(why Text) Message { return Message{Title: append(Textf("over: "), why...)} }

func TestAFollowedLogIsStoppedByAProcessThatDoesNotFollowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, Action{
			Name: "diff", Example: "diff staging api", Parameters: []Parameter{Environment(), Service()}, AWS: []string{"logs:FilterLogEvents"}, Threaded: true,
			Live: func(Call, time.Time) Live { return quiet{} },
			Run: func(context.Context, Call) (Outcome, error) {
				return Outcome{Page: &Message{Title: Textf("lines")}, Live: quiet{}, For: time.Hour}, nil
			},
		})
		w.runner = w.another() // of two that share the ledger
		w.says("ALICE", "diff staging api")
		var id string
		for _, operation := range w.runner.Ledger.Open() {
			id = operation.First.Operation
		}
		other := w.another()
		stop := func(user string) string {
			reply := &fakeReply{}
			other.Click(t.Context(), Click{ID: user, Actor: authz.Actor{Team: "T1", User: user}, Button: stopButton, Value: id, Where: Where{Channel: "C1"}}, reply)
			return reply.last()
		}
		if said := stop("MALLORY"); !strings.Contains(said, "no role") || w.of(id) != "started" {
			t.Errorf("who holds nothing is told %q: %s", said, w.of(id))
		}
		stop("BOB")
		time.Sleep(2 * livePause)
		synctest.Wait()
		if got := w.of(id); got != "started succeeded" || w.runner.lives.has(id) {
			t.Errorf("%s, followed still: %v", got, w.runner.lives.has(id))
		}
		if said := stop("BOB"); !strings.Contains(said, "not followed any more") {
			t.Errorf("once more: told %q", said)
		}
	})
}

// noPast is a ledger of which only what is open can be read.
type noPast struct{ Ledger }

func (noPast) Back(context.Context, func(ledger.Entry) bool) error { return errAway }

func TestAButtonThatCannotBeFoundOutAboutDoesNothing(t *testing.T) {
	for _, test := range []struct {
		says          string
		button, value string
		trouble       func(w *world, other *Runner) context.Context
		told          string
	}{
		{"the ledger cannot be read", "older", "page", func(w *world, other *Runner) context.Context {
			other.Ledger = noPast{other.Ledger}
			return w.t.Context()
		}, "Something went wrong on my side"},
		{"it was no page", "older", "listed", nil, "do not know this button"},
		{"its lines cannot be read again", "older", "page", func(w *world, _ *Runner) context.Context {
			w.runErr = errors.New("boom")
			return w.t.Context()
		}, "Something went wrong on my side"},
		{"the program is busy until it stops", "older", "page", func(w *world, other *Runner) context.Context {
			for range cap(other.slots) {
				other.slots <- struct{}{}
			}
			ctx, cancel := context.WithCancel(w.t.Context())
			cancel()
			return ctx
		}, "Something went wrong on my side"},
		{"nothing is followed", stopButton, "change", nil, "do not know this button"},
	} {
		t.Run(test.says, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.places["staging"] = Place{OperatorRole: "arn:role", LogsInThread: true}
				w.write(
					ledger.Entry{Operation: "page", Event: ledger.Read, Action: "logs", Environment: "staging", Service: "api"},
					ledger.Entry{Operation: "listed", Event: ledger.Read, Action: "status", Environment: "staging", Service: "api"},
					ledger.Entry{Operation: "change", Event: ledger.Started, Action: "restart", Environment: "staging", Service: "api", Target: "arn:staging/api"},
				)
				other, ctx, reply := w.another(), t.Context(), &fakeReply{}
				if test.trouble != nil {
					ctx = test.trouble(w, other)
				}
				other.Click(ctx, Click{ID: "c", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Button: test.button, Value: test.value, Where: Where{Channel: "C1"}}, reply)
				if got := reply.last(); !strings.Contains(got, test.told) {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}
