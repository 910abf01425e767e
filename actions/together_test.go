package actions

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// What one service would be refused for, several are refused for together, before anything is
// shown to others or done.
func TestSeveralAreRefusedTogether(t *testing.T) {
	glass := authz.Rules{
		Environments: []authz.Environment{{Name: "staging"}, {Name: "prod", Protected: true, Approval: authz.Approval{From: []string{"S0APPROVERS"}, Count: 1}, BreakGlass: []string{"S0SRE"}}},
		Roles:        []authz.Role{{Name: "many", Actions: []string{"deploy", "bulk"}}},
		Grants:       []authz.Grant{{Group: "S0SRE", Role: "many", Environments: []string{"staging", "prod"}, Line: 1}},
	}
	for name, test := range map[string]struct {
		before     func(*world)
		text, want string
	}{
		"in a channel where it is not talked about": {func(w *world) { w.places["staging"] = Place{Channels: []string{"C0ELSE"}} }, "deploy staging api worker", "staging is not talked about here."},
		"the plan there":   {func(w *world) { w.places["staging"] = Place{Channels: []string{"C0ELSE"}} }, "deploy staging --all --plan", "staging is not talked about here."},
		"one by two names": {func(*world) {}, "deploy staging api staging/api worker", "api is named twice."},
		"more than the person has left": {
			func(w *world) { w.limits = Limits{Changes: 2, Window: time.Hour} }, "deploy staging api worker secret",
			"2 changes in 1h, of which 2 are left, and that is 3 services",
		},
		"by breaking the glass": {func(w *world) { w.rule(glass) }, "deploy prod api api2 --break-glass fire", "The glass is broken for one service at a time."},
		"a word that is none, to who may change one only": {func(w *world) {
			one := glass
			one.Roles = []authz.Role{{Name: "many", Actions: []string{"deploy"}}}
			w.rule(one)
		}, "deploy staging api please", "I know no service please in staging."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := bulkWorld(t)
				w.fleet.add("prod", "prod", "api2")
				test.before(w)
				if got := w.says("BOB", test.text).last(); !strings.Contains(got, test.want) {
					t.Errorf("told %q", got)
				}
				synctest.Wait()
				if w.did() > 0 || len(w.slack.cards) > 0 {
					t.Errorf("changed %v, shown %v", w.changed(), w.slack.cards)
				}
			})
		})
	}
}

// A limit that is not reached holds nobody up.
func TestSeveralWithinTheLimitBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.limits = Limits{Changes: 2, Window: time.Hour}
		w.together("deploy staging api worker")
		if got := w.changed(); len(got) != 2 {
			t.Errorf("changed %v", got)
		}
	})
}

// What is refused in the midst is told in words that others may read; the rest is for who asked.
func TestTheCardOfAllSaysWhatOthersMayKnow(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(*world)
		card      string
		told      string
	}{
		"held by somebody": {
			func(w *world) { w.limits = Limits{Changes: 3, Window: time.Hour} },
			"one/twin: That is too much for one person at a time", "",
		},
		"the right is gone": {func(w *world) { w.join("BOB", "S0NONE") }, "one/twin: refused; BOB has been told why", "role"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := bulkWorld(t)
				reply := w.together("deploy staging api worker secret one/twin")
				test.meanwhile(w)
				w.goes("arn:staging/api", "arn:staging/worker", "arn:staging/secret")
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := w.slack.last("op1"); !strings.Contains(got, test.card) {
					t.Errorf("card %s", got)
				}
				if got := reply.last(); test.told != "" && !strings.Contains(got, test.told) {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

// Whoever asked is told in the thread when all is over, and the log where that cannot be.
func TestWhoAskedForSeveralIsToldOfTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*world)
		want string
		tone Tone
	}{
		"all went well": {func(w *world) { w.goes("arn:staging/api", "arn:staging/worker") }, "BOB Deploy 2 services in staging: done", Good},
		"one failed": {func(w *world) {
			w.goes("arn:staging/worker")
			w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "no" })
			time.Sleep(2 * watchPause)
		}, "BOB Deploy 2 services in staging: failed, and none began after: api", Bad},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := bulkWorld(t)
				w.together("deploy staging api worker")
				test.end(w)
				time.Sleep(time.Minute)
				synctest.Wait()
				said := w.slack.replies["BOB"]
				if len(said) == 0 || said[len(said)-1].Title.Plain() != test.want || said[len(said)-1].Tone != test.tone {
					t.Errorf("told %+v", said)
				}
			})
		})
	}
}

func TestAnEndThatCannotBeToldIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.together("deploy staging api worker")
		w.slack.mutex.Lock()
		w.slack.err = errAway
		w.slack.mutex.Unlock()
		w.goes("arn:staging/api", "arn:staging/worker")
		time.Sleep(time.Minute)
		synctest.Wait()
		if !w.notes.has("the requester could not be told in the thread", "operation=op1") {
			t.Errorf("log %q", w.notes.lines)
		}
	})
}

// Of many, what failed stands first, and those that are done share a line.
func TestTheCardOfManyShowsWhatMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		names, arns := []string{}, []string{}
		for number := range linesMost + 5 {
			name := fmt.Sprintf("s%02d", number)
			w.fleet.add("staging", "staging", name)
			names, arns = append(names, name), append(arns, "arn:staging/"+name)
		}
		w.together("deploy staging " + strings.Join(names, " "))
		for position := range arns[:len(arns)-1] {
			w.goes(arns[position])
		}
		last := arns[len(arns)-1]
		w.fleet.set(last, func(s *fleet.Service) { s.Deployments[0].Rollout, s.Deployments[0].Reason = fleet.Failed, "no" })
		time.Sleep(time.Minute)
		synctest.Wait()
		got := w.slack.last("op1")
		if !strings.Contains(got, "So far: 19 done, 1 failed") || !strings.Contains(got, "Done: s00, s01, s02") {
			t.Errorf("card %s", got)
		}
		if failed, done := strings.Index(got, "s19: "), strings.Index(got, "Done: s00"); failed < 0 || failed > done {
			t.Errorf("what failed does not stand first: %s", got)
		}
	})
}

// A program that stops while AWS hangs does not wait for it: what has not begun is told as that.
func TestSeveralWhoseReadingsHangDoNotOutliveTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := bulkWorld(t)
		w.fleet.pause = func() time.Duration { return readLimit }
		w.together("deploy staging api worker")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		w.runner.Stop(ctx)
		if last := w.slack.newest("op1"); ctx.Err() != nil || last.Tone == Working || w.did() > 0 {
			t.Errorf("%v, card %+v", ctx.Err(), last)
		}
	})
}

// What a reading finds that was on its way does not put a part back that is over: the card may wait
// for its turn to be edited still.
func TestWhatComesAfterTheEndIsNotShown(t *testing.T) {
	w := bulkWorld(t)
	asked := &task{runner: w.runner, id: "op1", command: parsed{action: &Action{Name: "deploy"}, environment: "staging"}, request: Request{Actor: authz.Actor{User: "BOB"}}}
	all := &together{task: asked, board: newBoard(asked, Where{Channel: "C1"})}
	one := &part{together: all, command: parsed{service: "api"}, ended: make(chan struct{})}
	all.parts = []*part{one}
	one.show(Say(Working, "0 of 2 running"), false)
	one.end(handedOver, Textf("goes on elsewhere"))
	one.show(Say(Working, "1 of 2 running"), false)
	one.show(Say(Bad, "Failed"), true)
	if got := all.card(true); got.Tone != Warning || !strings.Contains(plain(got), "api: goes on elsewhere") {
		t.Errorf("card %+v", got)
	}
}
