package actions

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// tail is a log that is followed; a test says what comes of reading it.
type tail struct {
	mutex sync.Mutex
	next  func() (Message, bool, error)
	reads int

	closed int
}

func (f *tail) Next(context.Context, Call) (Message, bool, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.reads++
	if f.next != nil {
		return f.next()
	}
	return Say(Plain, "lines"), false, nil
}

func (f *tail) Last(why Text) Message { return Message{Title: append(Textf("over: "), why...)} }

func (f *tail) Close() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.closed++
}

func (f *tail) becomes(next func() (Message, bool, error)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.next = next
}

func (f *tail) count() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.reads
}

// follows is an action that shows lines in a thread, and goes on for ten minutes.
func (f *tail) follows() Action {
	return Action{
		Name: "tasks", Example: "tasks staging api", Parameters: []Parameter{Environment(), Service()}, Threaded: true, AWS: []string{"logs:FilterLogEvents"},
		Run: func(context.Context, Call) (Outcome, error) {
			return Outcome{Page: &Message{Title: Textf("first")}, Live: f, For: 10 * time.Minute}, nil
		},
		Live: func(Call, time.Time) Live { return f },
	}
}

func tailWorld(t *testing.T, f *tail) *world {
	t.Helper()
	w := newWorldWith(t, f.follows())
	w.places["staging"] = Place{LogsInThread: true}
	return w
}

func (w *world) stops(user, operation string) *fakeReply {
	return w.clicks(user, stopButton, operation)
}

func TestAFollowedLogEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*world, *tail)
		how  string
	}{
		{"when its time is over", func(*world, *tail) { time.Sleep(10 * time.Minute) }, "its time is over"},
		{"when whoever asked stops it", func(w *world, _ *tail) { w.stops("ALICE", "op2") }, "stopped by ALICE"},
		{"when somebody else who may see it stops it", func(w *world, _ *tail) { w.stops("BOB", "op2") }, "stopped by BOB"},
		{"when whoever asked has left the group", func(w *world, _ *tail) { w.join("ALICE", "S0NONE") }, "whoever asked may not see it any more"},
		{"when the service is gone", func(w *world, _ *tail) { w.fleet.becomes(func(f *fakeFleet) { f.refs = nil }) }, "the service is not found any more"},
		{"when it may not be read along any more", func(w *world, _ *tail) {
			w.fleet.becomes(func(*fakeFleet) { w.places = map[string]Place{"staging": {}} })
		}, "log lines go to whoever asks for them alone there now"},
		{"when AWS cannot be read for too long", func(w *world, _ *tail) {
			w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway })
			time.Sleep(outageAge + time.Minute)
		}, "AWS cannot be read"},
		{"when nobody knows any more who follows it", func(w *world, _ *tail) {
			w.people.vanish()
			time.Sleep(time.Minute)
			w.people.breaks(nil)
		}, "whoever asked cannot be read from Slack"},
		{"when something breaks", func(_ *world, f *tail) { f.becomes(func() (Message, bool, error) { panic("an index out of range") }) }, "something went wrong on my side. Reference: op2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &tail{}
				w := tailWorld(t, f)
				w.says("ALICE", "tasks staging api")
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if got := w.of("op2"); got != "started" || w.slack.last("op2") != "lines" {
					t.Fatalf("events %s, shown %s", got, w.slack.last("op2"))
				}
				test.end(w, f)
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if got := w.of("op2"); got != "started succeeded" || w.slack.last("op2") != "over: "+test.how {
					t.Errorf("events %s, shown %s", got, w.slack.last("op2"))
				}
				reads := f.count()
				time.Sleep(time.Minute)
				if f.count() != reads {
					t.Error("it is read all the same")
				}
				if f.closed != 1 {
					t.Errorf("what it held was let go of %d times", f.closed)
				}
				if got := w.stops("BOB", "op2").last(); !strings.Contains(got, "It is not followed any more.") {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

func TestAFollowedLogGoesOn(t *testing.T) {
	for name, trouble := range map[string]func(*world, *tail){
		"while Slack is away":           func(w *world, _ *tail) { w.people.breaks(errAway) },
		"while nothing is discovered":   func(w *world, _ *tail) { w.fleet.becomes(func(f *fakeFleet) { f.refs, f.unready = nil, true }) },
		"while AWS is away":             func(w *world, _ *tail) { w.fleet.becomes(func(f *fakeFleet) { f.readErr = errAway }) },
		"while the log is not readable": func(_ *world, f *tail) { f.becomes(func() (Message, bool, error) { return Message{}, false, errAway }) },
		"where others want it to stop":  func(w *world, _ *tail) { w.stops("MALLORY", "op2") },
		"where nobody knows who stops it": func(w *world, _ *tail) {
			w.people.breaks(errAway)
			if got := w.stops("BOB", "op2").last(); !strings.Contains(got, "I cannot ask Slack") {
				w.t.Errorf("told %q", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &tail{}
				w := tailWorld(t, f)
				w.says("ALICE", "tasks staging api")
				time.Sleep(10 * time.Second)
				trouble(w, f)
				reads := f.count()
				time.Sleep(2 * time.Minute)
				if got := w.of("op2"); got != "started" || f.count() == reads {
					t.Errorf("events %s, %d readings", got, f.count()-reads)
				}
			})
		})
	}
}

func TestAFullPageIsLeftStandingAndTheNextBeginsBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &tail{next: func() (Message, bool, error) { return Say(Plain, "full"), true, nil }}
		w := tailWorld(t, f)
		w.says("ALICE", "tasks staging api")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if posts, reads := len(w.slack.places["op2"]), f.count(); posts != reads || len(w.slack.edits) > 0 {
			t.Errorf("%d messages, %d edits of %d pages", posts, len(w.slack.edits), reads)
		}
	})
}

func TestTooManyFollowedLogsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &tail{}
		w := tailWorld(t, f)
		follow := func(number int) string {
			return w.asks(Request{ID: fmt.Sprint(number), Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "tasks staging api"}).last()
		}
		for number := range livesEach {
			if got := follow(number); strings.Contains(got, "Too many logs") {
				t.Errorf("told %q after %d", got, number)
			}
		}
		if got := follow(livesEach); !strings.Contains(got, "Too many logs are being followed at the moment") {
			t.Errorf("one too many of one person: told %q", got)
		}
		for number := livesEach; number < livesMost; number++ {
			if _, err := w.runner.lives.begin(fmt.Sprint("other", number), fmt.Sprint("U", number)); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.asks(Request{ID: "bob's", Actor: authz.Actor{Team: "T1", User: "BOB"}, Text: "tasks staging api"}).last(); !strings.Contains(got, "Too many logs are being followed at the moment") {
			t.Errorf("told %q", got)
		}
		if entry := w.newest(); entry.Event != ledger.Failed || entry.Reason != "not followed: too many logs are followed" {
			t.Errorf("entry %+v", entry)
		}
		if f.closed != 2 {
			t.Errorf("%d of 2 were closed that are not followed", f.closed)
		}
	})
}

func TestAProgramThatStopsFollowsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &tail{}
		w := tailWorld(t, f)
		w.runner.Stop(t.Context())
		if got := w.says("ALICE", "tasks staging api").last(); !strings.Contains(got, "I am being restarted.") || f.closed != 1 || f.count() > 0 {
			t.Errorf("told %q, closed %d times", got, f.closed)
		}
		if entry := w.newest(); entry.Event != ledger.Failed || entry.Reason != "not followed: the program is stopping" {
			t.Errorf("entry %+v", entry)
		}
	})
}

func TestWhatCannotBeWrittenDownIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &tail{}
		w := tailWorld(t, f)
		w.keeper.Break(errAway)
		reply := w.says("ALICE", "tasks staging api")
		if got := reply.last(); !strings.Contains(got, "The ledger cannot be written") || len(reply.pages) != 1 {
			t.Errorf("told %q", got)
		}
		time.Sleep(time.Minute)
		if f.count() > 0 {
			t.Error("it is followed all the same")
		}
		again := w.asks(Request{ID: "2", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "tasks staging api"})
		if len(again.pages) != 1 || !strings.Contains(plain(again.pages[0]), "The ledger cannot be written at present") {
			t.Errorf("pages %v", again.pages)
		}
		w.keeper.Break(nil)
	})
}

// TestAProgramThatStopsLeavesAFollowedLogOpen for the next one.
func TestAProgramThatStopsLeavesAFollowedLogOpen(t *testing.T) {
	for name, pages := range map[string]int{"between two readings": 1, "before the first page": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &tail{}
				w := tailWorld(t, f)
				stop := func() {
					ctx, cancel := context.WithCancel(t.Context())
					cancel() // nobody waits here
					w.runner.Stop(ctx)
				}
				if pages == 0 {
					f.next = func() (Message, bool, error) { stop(); return Say(Plain, "lines"), false, nil }
				}
				w.says("ALICE", "tasks staging api")
				synctest.Wait()
				stop()
				time.Sleep(time.Hour)
				synctest.Wait()
				if got := w.of("op2"); got != "started" || len(w.slack.cards["op2"]) != pages {
					t.Errorf("events %s, shown %v", got, w.slack.cards["op2"])
				}
			})
		})
	}
}

func TestAFollowedLogOfAnEarlierRunGoesOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		until  time.Duration
		then   func(*world)
		events string
		reason string
	}{
		{"to its end", 10 * time.Minute, func(*world) {}, "started succeeded", "followed: its time is over"},
		{"not, where its time was over", -time.Minute, func(*world) {}, "started succeeded", "followed: its time was over while the bot was not running"},
		{"not, where the service is gone", 10 * time.Minute, func(w *world) { w.fleet.refs = nil }, "started failed", "not followed any longer: it cannot be read after the restart of the bot"},
		{"not, where AWS is away", 10 * time.Minute, func(w *world) { w.fleet.readErr = errAway }, "started failed", "not followed any longer: it cannot be read after the restart of the bot"},
		{"later, where nothing is discovered yet", time.Hour, func(w *world) { w.fleet.refs, w.fleet.unready = nil, true }, "started", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := tailWorld(t, &tail{})
				place := Where{Channel: "C1", Thread: "9.9"}
				w.write(ledger.Entry{
					Operation: "old", Event: ledger.Started, Actor: authz.Actor{Team: "T1", User: "ALICE"}, Action: "tasks", Environment: "staging", Service: "api",
					Request: "r", Result: untilName + time.Now().Add(rightAge+test.until).UTC().Format(time.RFC3339) + " " + origin{"gone", place}.String(),
				})
				test.then(w)
				w.adopts()
				time.Sleep(rightAge + 11*time.Minute)
				synctest.Wait()
				if got := w.of("old"); got != test.events {
					t.Errorf("events %s", got)
				}
				if entry := w.newest(); test.reason != "" && entry.Reason+entry.Result != test.reason {
					t.Errorf("entry %+v", entry)
				}
			})
		})
	}
}

// heldReading is what was read, with one button.
type heldReading struct {
	asks  bool
	press func() (Outcome, error)
}

func (h heldReading) Buttons() []string { return []string{"older"} }

func (h heldReading) Asks(string) bool { return h.asks }

func (h heldReading) Press(context.Context, Call, string) (Outcome, error) { return h.press() }

// readingWorld has an action whose lines have that button.
func readingWorld(t *testing.T, kept *heldReading) *world {
	t.Helper()
	w := newWorldWith(t, Action{
		Name: "tasks", Example: "tasks staging api", Parameters: []Parameter{Environment(), Service()}, Threaded: true,
		Run: func(context.Context, Call) (Outcome, error) {
			return Outcome{Page: &Message{Title: Textf("first")}, Reading: kept}, nil
		},
	})
	w.places["staging"] = Place{LogsInThread: true}
	return w
}

func TestAButtonOfAReadingBringsWhatItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		discarded := false
		kept := &heldReading{}
		w := readingWorld(t, kept)
		w.says("ALICE", "tasks staging api")
		kept.press = func() (Outcome, error) {
			return Outcome{Page: &Message{Title: Textf("older")}, Message: Say(Plain, "that is all")}, nil
		}
		if got := w.clicks("ALICE", "older", "op1").last(); got != "that is all" || w.slack.last("op1") != "older" {
			t.Errorf("told %q, shown %s", got, w.slack.last("op1"))
		}
		kept.press = func() (Outcome, error) {
			return Outcome{File: &File{Title: "log"}, Discard: func() { discarded = true }}, nil
		}
		if reply := w.clicks("BOB", "older", "op1"); len(reply.files) != 1 || !discarded {
			t.Errorf("files %v, told %q", reply.files, reply.last())
		}
		discarded = false
		reply := &fakeReply{err: errAway}
		w.runner.Click(t.Context(), Click{ID: "c", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Button: "older", Value: "op1", Where: Where{Channel: "C1"}}, reply)
		if !discarded || len(reply.files) > 0 {
			t.Errorf("discarded %v, files %v", discarded, reply.files)
		}
		kept.asks, kept.press = true, func() (Outcome, error) { return Outcome{}, errAway }
		if got := w.clicks("ALICE", "older", "op1").last(); !strings.Contains(got, "Something went wrong on my side") {
			t.Errorf("told %q", got)
		}
	})
}

// TestWhoeverPressesAButtonOfAReadingIsJudgedLikeWhoAsks: on Slack as it is now, and on AWS.
func TestWhoeverPressesAButtonOfAReadingIsJudgedLikeWhoAsks(t *testing.T) {
	for _, test := range []struct {
		name, user string
		asks       bool
		then       func(*world)
		told       string
	}{
		{"somebody who may nothing there", "MALLORY", false, func(*world) {}, "I know no environment staging"},
		{"the same, from memory", "MALLORY", false, func(w *world) { w.says("MALLORY", "help") }, "I know no environment staging"},
		{"somebody who left the group a second ago", "ALICE", false, func(w *world) { w.join("ALICE") }, "I know no environment staging"},
		{"somebody of another company", "EVE", false, func(*world) {}, "I work for members of this company only"},
		{"while Slack is away", "ALICE", false, func(w *world) { w.people.vanish() }, "I cannot ask Slack"},
		{"of a service that is gone", "ALICE", false, func(w *world) { w.fleet.refs = nil }, "I know no service api"},
		{"where lines go to whoever asks alone now", "ALICE", false, func(w *world) { w.places["staging"] = Place{} }, "Log lines of staging go to whoever asks for them alone now"},
		{"while AWS is away", "ALICE", true, func(w *world) { w.fleet.readErr = fleet.ErrUnavailable }, "AWS does not answer"},
		{"of a service that was tagged otherwise", "ALICE", true, func(w *world) {
			w.fleet.set("arn:staging/api", func(s *fleet.Service) { s.Environment = "prod" })
		}, "I know no service api"},
		{"while too much waits for AWS", "ALICE", true, func(w *world) {
			for range cap(w.runner.slots) {
				w.runner.slots <- struct{}{}
			}
		}, "AWS does not answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pressed := false
				w := readingWorld(t, &heldReading{asks: test.asks, press: func() (Outcome, error) { pressed = true; return Outcome{}, nil }})
				w.says("ALICE", "tasks staging api")
				test.then(w)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				reply := &fakeReply{}
				w.runner.Click(ctx, Click{ID: "c", Actor: authz.Actor{Team: "T1", User: test.user}, Button: "older", Value: "op1", Where: Where{Channel: "C1"}}, reply)
				if got := reply.last(); !strings.Contains(got, test.told) || pressed {
					t.Errorf("told %q, pressed %v", got, pressed)
				}
				if entry := w.newest(); entry.Event != ledger.Refused || entry.Arguments["of"] != "op1" {
					t.Errorf("entry %+v", entry)
				}
			})
		})
	}
}

// breakingReply breaks where a thread is to be opened.
type breakingReply struct{ *fakeReply }

func (breakingReply) Open(context.Context, Message, bool) (Thread, error) { panic("slack") }

func TestLinesThatCannotBeShownAreRecordedAllTheSame(t *testing.T) {
	for name, reply := range map[string]Reply{"Slack does not take them": &fakeReply{err: errAway}, "opening a thread breaks": breakingReply{&fakeReply{}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := readingWorld(t, &heldReading{})
				w.runner.Do(t.Context(), Request{ID: "r", Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "tasks staging api", Where: Where{Channel: "C1"}}, reply)
				if entry := w.newest(); entry.Event != ledger.Read || entry.Action != "tasks" {
					t.Errorf("entry %+v", entry)
				}
			})
		})
	}
}

// So is one of those that every request makes beside each other.
func TestAFreshReadingThatBreaksIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fleet.reading = func() { panic("an index out of range") }
		if got := w.says("ALICE", "restart staging api").last(); !strings.Contains(got, "Something went wrong on my side") || !w.notes.has("reading panicked: an index out of range") {
			t.Errorf("told %q", got)
		}
	})
}

func TestAReadingThatBreaksIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, Action{
			Name: "tasks", Example: "tasks staging api", Parameters: []Parameter{Environment(), Service()}, Threaded: true,
			Run: func(context.Context, Call) (Outcome, error) { panic("an index out of range") },
		})
		if got := w.says("ALICE", "tasks staging api").last(); !strings.Contains(got, "Something went wrong on my side") || !w.notes.has("tasks panicked: an index out of range") {
			t.Errorf("told %q", got)
		}
	})
}

// Another process goes on with it: nothing is said, and nothing written.
func TestAFollowedLogIsLeftToWhoHasTakenItOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := &task{runner: w.runner, id: "op1"}
		one.following(t.Context(), Call{}, quiet{}, follower{at: livePlace{until: time.Now().Add(time.Hour), grasp: func() Grasp { return Lost }}})
		if entries := w.all(); len(entries) > 0 || w.slack.last("op1") != "" {
			t.Errorf("entries %v, shown %s", entries, w.slack.last("op1"))
		}
	})
}
