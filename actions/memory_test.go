package actions

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/authz"
)

func TestReadsGoOnWhileSlackIsAwayAsLongAsMemoryServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.err = errAway
		people := &forgetful{fakePeople: w.people}
		w.runner.People = people
		w.people.memory["ALICE"] = w.people.people["ALICE"]
		if got := w.says("ALICE", "status staging api").last(); !strings.Contains(got, "stands") {
			t.Errorf("told %q", got)
		}
	})
}

// forgetful remembers only what may be old.
type forgetful struct{ *fakePeople }

func (f *forgetful) Recall(actor authz.Actor, age time.Duration) (authz.Person, bool) {
	if age < outageAge {
		return authz.Person{}, false
	}
	return f.fakePeople.Recall(actor, age)
}

// TestHowLongMemoryServes: reads on membership of the last minute, or of the last five while
// Slack is away; whoever may not approve is told from memory for five seconds.
func TestHowLongMemoryServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		shown := func() bool { return strings.Contains(w.says("ALICE", "status staging api").last(), "stands") }
		if !shown() || w.people.reads != 1 {
			t.Fatalf("%d readings at first", w.people.reads)
		}
		time.Sleep(59 * time.Second)
		if !shown() || w.people.reads != 1 {
			t.Errorf("%d readings within a minute", w.people.reads)
		}
		time.Sleep(2 * time.Second)
		if !shown() || w.people.reads != 2 {
			t.Errorf("%d readings after a minute", w.people.reads)
		}
		w.people.err = errAway
		time.Sleep(4*time.Minute + 50*time.Second)
		if !shown() {
			t.Error("while Slack is away, what is not five minutes old serves")
		}
		time.Sleep(20 * time.Second)
		if shown() {
			t.Error("what is older than five minutes serves")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		id := w.asksFor("ALICE", "restart prod api")
		w.clicks("BOB", "approve", id)
		time.Sleep(4 * time.Second)
		reads := w.people.reads
		if w.clicks("BOB", "approve", id); w.people.reads != reads {
			t.Error("Slack is asked again within five seconds")
		}
		time.Sleep(2 * time.Second)
		if w.clicks("BOB", "approve", id); w.people.reads == reads {
			t.Error("Slack is not asked again after five seconds")
		}
	})
}

// TestASlowSlackIsWaitedForAMoment: three seconds where memory would do, five for a change.
func TestASlowSlackIsWaitedForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "status staging api")
		time.Sleep(2 * time.Minute)
		took := 2 * time.Second
		w.people.pause = func() time.Duration { return took }
		w.people.people["ALICE"] = authz.Person{Actor: authz.Actor{Team: "T1", User: "ALICE"}, Standing: authz.Insider}
		if got := w.says("ALICE", "status staging api").last(); !strings.Contains(got, "I know no environment staging") {
			t.Errorf("Slack's answer is not waited for: %q", got)
		}
		w.people.people["ALICE"] = authz.Person{Actor: authz.Actor{Team: "T1", User: "ALICE"}, Standing: authz.Insider, Groups: []string{"S0BACKEND"}}
		w.people.memory["ALICE"], took = w.people.people["ALICE"], time.Minute
		w.people.since["ALICE"] = time.Now().Add(-2 * time.Minute)
		began := time.Now()
		if got := w.says("ALICE", "status staging api").last(); !strings.Contains(got, "stands") || time.Since(began) != outageLimit {
			t.Errorf("told %q after %v", got, time.Since(began))
		}
		w.people.since["ALICE"], took = time.Now(), 4*time.Second
		if w.says("ALICE", "restart staging api"); w.fleet.restarts != 1 {
			t.Error("four seconds are too long for a change")
		}
		w.people.since["ALICE"], took = time.Now(), 6*time.Second
		if got := w.says("ALICE", "restart staging worker").last(); !strings.Contains(got, "I cannot ask Slack") || w.fleet.restarts != 1 {
			t.Errorf("told %q", got)
		}
	})
}

// TestWhoeverSlackIsAskedAboutIsToldAtOnce: a stranger's answer waits for Slack, a word does not.
func TestWhoeverSlackIsAskedAboutIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if first := w.says("MALLORY", "restart staging api"); len(first.told) != 2 {
			t.Errorf("told %d times while Slack was asked", len(first.told))
		}
		if again := w.says("MALLORY", "restart staging api"); len(again.told) != 1 || w.people.reads != 1 {
			t.Errorf("told %d times from memory, after %d readings", len(again.told), w.people.reads)
		}
	})
}

func TestARequestThatIsGivenUpWhileItWaitsIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for range cap(w.runner.slots) {
			w.runner.slots <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		reply := &hurried{fakeReply: &fakeReply{}}
		w.runner.Do(ctx, Request{Actor: authz.Actor{Team: "T1", User: "ALICE"}, Text: "status staging api"}, reply)
		if w.did() != 0 || !strings.Contains(reply.last(), "Something went wrong") {
			t.Errorf("did %d, told %q", w.did(), reply.last())
		}
		if reply.left != 2*time.Second {
			t.Errorf("there are %v for the last word", reply.left)
		}
		for range cap(w.runner.slots) {
			<-w.runner.slots
		}
	})
}

// hurried looks at how long there is for the latest answer.
type hurried struct {
	*fakeReply
	left time.Duration
}

func (h *hurried) Tell(ctx context.Context, message Message) error {
	if deadline, limited := ctx.Deadline(); limited && ctx.Err() == nil {
		h.left = time.Until(deadline)
	}
	return h.fakeReply.Tell(ctx, message)
}
