package actions

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// slowly is an action whose answer takes a minute.
func slowly(then func() (func(Call) Outcome, error)) Action {
	return Action{
		Name: "doctor", Example: "doctor staging", Parameters: []Parameter{Environment()},
		Run: func(context.Context, Call) (Outcome, error) {
			return Outcome{Message: Say(Working, "it takes a minute"), Later: func(ctx context.Context) (func(Call) Outcome, error) {
				select {
				case <-time.After(time.Minute):
					return then()
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}}, nil
		},
	}
}

func tells(text string) func() (func(Call) Outcome, error) {
	return func() (func(Call) Outcome, error) {
		return func(call Call) Outcome {
			if !call.CoversWhole("staging") {
				text += " in part"
			}
			return Outcome{Message: Say(Good, "%v", text)}
		}, nil
	}
}

func TestWhatTakesLongIsToldInDirectMessages(t *testing.T) {
	for _, row := range []struct {
		name  string
		then  func() (func(Call) Outcome, error)
		amid  func(*world)
		after string // what the notice has
	}{
		{"told when it is done", tells("all is well"), func(*world) {}, "all is well"},
		{"told as far as the caller may know by then", tells("all is well"), func(w *world) { w.people.groups("BOB", "S0BACKEND") }, "all is well in part"},
		{"not told to who lost the right", tells("all is well"), func(w *world) { w.people.groups("BOB") }, ""},
		{"that it failed", func() (func(Call) Outcome, error) { return nil, fleet.ErrDenied }, func(*world) {}, "AWS refused"},
		{"that nobody knows who asks", tells("x"), func(w *world) { w.people.vanish() }, "try again"},
		{"nothing after a panic", func() (func(Call) Outcome, error) { panic("x") }, func(*world) {}, ""},
		{"that the program stops", tells("x"), func(w *world) { w.runner.Stop(context.Background()) }, "I was restarted"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, slowly(row.then))
				if reply := w.says("BOB", "doctor staging"); reply.last() != "it takes a minute" {
					t.Errorf("told %q", reply.last())
				}
				row.amid(w)
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if got := w.slack.notice("BOB"); !strings.Contains(got, row.after) || row.after == "" && got != "" {
					t.Errorf("notice %q, want %q", got, row.after)
				}
				if entries := w.entries(1); events(entries) != "read" {
					t.Errorf("entries %s", events(entries))
				}
			})
		})
	}
}

func TestAFileOfWhatTookLongGoesTheWayOfFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, slowly(func() (func(Call) Outcome, error) {
			return func(Call) Outcome {
				return Outcome{Message: Say(Good, "much"), Snippet: &Snippet{Text: "x", Private: true}}
			}, nil
		}))
		reply := w.says("BOB", "doctor staging")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(reply.threads) != 1 || !reply.threads[0].Private {
			t.Errorf("files %+v", reply.threads)
		}
	})
}

func TestNothingIsLeftForLaterByAProgramThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, slowly(tells("x")))
		w.runner.Stop(t.Context())
		w.says("BOB", "doctor staging")
		time.Sleep(2 * time.Minute)
		if got := w.slack.notice("BOB"); got != "" {
			t.Errorf("notice %q", got)
		}
	})
}

// groups puts somebody into groups.
func (f *fakePeople) groups(user string, groups ...string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	person := f.people[user]
	person.Actor, person.Groups = authz.Actor{Team: "T1", User: user}, groups
	f.people[user] = person
	delete(f.memory, user)
}
